package configs_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/reactord/reactord/configs"
)

// No text makes the parser panic. Its faults have a place, a message and no
// character that moves the cursor; a right configuration stays one when comments
// stand around it.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"*.yaml", "examples/*.yaml", "testdata/*.yaml", "testdata/faults/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		config, err := configs.Parse("x.yaml", text)
		if err != nil {
			checkFaults(t, config, err)
			return
		}
		if bytes.HasPrefix(text, []byte("\ufeff")) {
			return // nothing can stand before the mark
		}
		commented := "# before\n" + string(text) + "\n# after\n"
		if _, err := configs.Parse("x.yaml", []byte(commented)); err != nil {
			t.Errorf("with comments: %v", err)
		}
	})
}

func checkFaults(t *testing.T, config *configs.Config, err error) {
	t.Helper()
	var faults configs.Faults
	if !errors.As(err, &faults) || len(faults) == 0 || config != nil {
		t.Fatalf("got %v, %v", config, err)
	}
	for _, fault := range faults {
		if fault.Line < 1 || fault.Col < 1 || fault.Msg == "" || fault.File != "x.yaml" {
			t.Errorf("fault %+v", fault)
		}
		if shown := fault.Error(); !utf8.ValidString(shown) || bytes.ContainsAny([]byte(shown), "\x00\x1b\r") {
			t.Errorf("shown as %q", shown)
		}
	}
}
