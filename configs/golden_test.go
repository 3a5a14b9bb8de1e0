package configs_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reactord/reactord/configs"
)

var update = flag.Bool("update", false, "write the golden files anew")

// CF1: every file of testdata/faults has the faults of the golden file beside it.
func TestFaults(t *testing.T) {
	files, err := filepath.Glob("testdata/faults/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			golden(t, faultsOf(t, file), strings.TrimSuffix(file, ".yaml")+".golden")
		})
	}
}

// What is planned is refused with "not yet" at its place, and nothing else is.
func TestPlanned(t *testing.T) {
	faults := faultsOf(t, "testdata/planned.yaml")
	for _, f := range faults {
		if !strings.Contains(f.Msg, "not yet") {
			t.Errorf("another fault: %v", f)
		}
	}
	golden(t, faults, "testdata/planned.golden")
}

func faultsOf(t *testing.T, file string) configs.Faults {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	config, err := configs.Parse(filepath.Base(file), text)
	var faults configs.Faults
	if !errors.As(err, &faults) || config != nil {
		t.Fatalf("got %v, %v", config, err)
	}
	sorted := slices.IsSortedFunc(faults, func(a, b configs.Fault) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Col - b.Col
	})
	if !sorted {
		t.Error("not sorted by place")
	}
	return faults
}

func golden(t *testing.T, faults configs.Faults, file string) {
	t.Helper()
	got := faults.Error() + "\n"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}
