package configs_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/configs"
)

const smallest = "sources: { x: { custom: add, handler: { log: x } } }\n"

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "reactord.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestLoad(t *testing.T) {
	file := write(t, smallest)
	config, err := configs.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if config.File != file || len(config.Sources) != 1 {
		t.Errorf("got %+v", config)
	}
}

// Relative paths are relative to the configuration file, from wherever it is
// loaded.
func TestLoadRelative(t *testing.T) {
	file := write(t, "sources: { x: { vnode: { path: a }, handler: { log: x } } }")
	t.Chdir(filepath.Dir(file))
	config, err := configs.Load("reactord.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := config.Sources[0].Vnode.Path, filepath.Join(filepath.Dir(file), "a"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestLoadMissing(t *testing.T) {
	_, err := configs.Load(filepath.Join(t.TempDir(), "none.yaml"))
	var faults configs.Faults
	if !errors.Is(err, fs.ErrNotExist) || errors.As(err, &faults) {
		t.Errorf("got %v", err)
	}
}

func TestLoadIrregular(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{dir, pipe} {
		if _, err := configs.Load(file); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: got %v", file, err)
		}
	}
}

func TestLimits(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"size", smallest + "#" + strings.Repeat("x", 4<<20), "larger than 4 MiB"},
		{"depth", strings.Repeat("[", 20000), "exceeded max depth"},
		{"merged aliases", bomb(), "more than 100000 values, aliases expanded"},
		{"alias in a key", "sources: &s { x: { custom: add, handler: { log: x } } }\n*s : 1\n", "a key must be a single value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := configs.Parse("x.yaml", []byte(tt.text))
			var faults configs.Faults
			if !errors.As(err, &faults) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %.300v", err)
			}
		})
	}
}

// bomb is a small text in which every queue merges the one before it twice: the
// last of them merges 2^30 maps.
func bomb() string {
	var b strings.Builder
	b.WriteString("queues:\n  q0: &q0 { width: 1 }\n")
	for i := range 30 {
		fmt.Fprintf(&b, "  q%d: &q%d { <<: [*q%d, *q%d] }\n", i+1, i+1, i, i)
	}
	return b.String() + smallest
}

// Faults are told once, though an alias brings in the same text twice.
func TestFaultsOnce(t *testing.T) {
	_, err := configs.Parse("x.yaml", []byte("sources:\n  x: { custom: add, handler: &h { lug: x } }\n  y: { custom: add, handler: *h }\n"))
	var faults configs.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("got %v", err)
	}
	if got := strings.Count(err.Error(), `unknown key "lug"`); got != 1 {
		t.Errorf("told %d times:\n%v", got, err)
	}
}
