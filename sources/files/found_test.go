package files_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources/files"
)

// Ensure that `mkdir -p a/b/c/d && touch a/b/c/d/f`, a thousand times, is told
// in full: every directory and file created once, every file closed once.
func TestFS2_ThousandDeepTouches(t *testing.T) {
	w := watch(t, start(t), files.Options{Recursive: true})
	const trees = 1000
	for i := range trees {
		deep := fmt.Sprintf("a%d/b/c/d", i)
		w.mkdir(deep)
		w.write(deep+"/f", "")
	}
	w.until("close of all", func(changes []coalesce.Change) bool {
		return count(changes, coalesce.Close) >= trees
	})
	changes := w.caughtUp()
	seen := map[string]int{}
	for _, line := range w.lines(changes) {
		seen[line]++
	}
	for i := range trees {
		path := fmt.Sprintf("a%d", i)
		want := []string{"create " + path + " dir", "create " + path + "/b dir", "create " + path + "/b/c dir",
			"create " + path + "/b/c/d dir", "create " + path + "/b/c/d/f", "close " + path + "/b/c/d/f"}
		for _, line := range want {
			if seen[line] != 1 {
				t.Errorf("%s: %d times", line, seen[line])
			}
			delete(seen, line)
		}
	}
	if len(seen) > 0 {
		t.Errorf("more: %v", seen)
	}
}

func count(changes []coalesce.Change, op coalesce.Op) int {
	n := 0
	for _, c := range changes {
		if c.Op == op {
			n++
		}
	}
	return n
}

// Ensure that a file that was found, and whose real close could not be seen,
// is closed when it is quiet.
func TestFS2_CloseOfQuiet(t *testing.T) {
	k := newSeam()
	w := watch(t, start(t, reactor.WithKernel(k)), files.Options{Recursive: true})
	release := k.stall()
	w.mkdir("d")
	w.write("d/f", "text") // before anybody could watch d
	release()
	w.closed("d/f")
	w.expect("create d dir", "create d/f", "close d/f")
}

// Ensure that a real close doesn't wait for quiet, and that quiet doesn't tell
// it again.
func TestFS2_RealCloseNeverWaits(t *testing.T) {
	k := newSeam()
	w := watch(t, start(t, reactor.WithKernel(k)), files.Options{Recursive: true})
	release := k.stall()
	w.mkdir("d")
	f, err := os.Create(w.path("d/f"))
	must(t, err)
	release()
	w.caughtUp()
	must(t, f.Close())
	w.expect("create d dir", "create d/f", "close d/f")
	other := "later"
	w.write(other, "")
	w.closed(other)
	for i := range 2 { // two more rounds of quiet, by files that need it
		k.overflow()
		name := fmt.Sprint("lost", i)
		w.write(name, "x")
		w.closed(name)
	}
	if n := countOf(w.changes(), coalesce.Close, w.path("d/f")); n > 0 {
		t.Fatalf("closed again, %d times", n)
	}
}

func countOf(changes []coalesce.Change, op coalesce.Op, path string) int {
	n := 0
	for _, c := range changes {
		if c.Op == op && c.Path == path {
			n++
		}
	}
	return n
}

// Ensure that a file that was told closed for being quiet is told closed again
// by its writer if, and only if, the writer has written since.
func TestFS2_RealCloseAfterQuiet(t *testing.T) {
	for _, tc := range []struct {
		name string
		late string
		want []string
	}{
		{"unchanged", "", nil},
		{"written_since", "more", []string{"close d/f"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			k := newSeam()
			w := watch(t, start(t, reactor.WithKernel(k)), files.Options{Recursive: true, Events: []coalesce.Op{
				coalesce.Create, coalesce.Close}})
			release := k.stall()
			w.mkdir("d")
			f, err := os.Create(w.path("d/f"))
			must(t, err)
			_, err = f.WriteString("text")
			must(t, err)
			release()
			w.closed("d/f")
			w.expect("create d dir", "create d/f", "close d/f")
			w.forget()
			_, err = f.WriteString(tc.late)
			must(t, err)
			must(t, f.Close())
			w.expect(tc.want...)
		})
	}
}

// Ensure that a file that is still being written is not told closed for having
// been found.
func TestFS2_NotQuietWhileWritten(t *testing.T) {
	k := newSeam()
	w := watch(t, start(t, reactor.WithKernel(k)), files.Options{Recursive: true})
	release := k.stall()
	w.mkdir("d")
	f, err := os.Create(w.path("d/slow"))
	must(t, err)
	w.write("d/probe0", "")
	release()
	// Every probe is a file that is only closed by quiet: as long as probes
	// are, f was due too.
	for i := range 3 {
		w.closed(fmt.Sprint("d/probe", i))
		_, err = f.WriteString("more")
		must(t, err)
		release := k.stall()
		w.mkdir(fmt.Sprint("e", i))
		w.write(fmt.Sprintf("e%d/x", i), "")
		must(t, os.Rename(w.path(fmt.Sprintf("e%d/x", i)), w.path(fmt.Sprint("d/probe", i+1))))
		release()
	}
	must(t, f.Close())
	w.closed("d/slow")
	if n := countOf(w.caughtUp(), coalesce.Close, w.path("d/slow")); n > 2 {
		t.Fatalf("told closed %d times", n)
	}
}

// Ensure that what exists at the start is not reported, or reported in full
// when that is asked for.
func TestFS4_Initial(t *testing.T) {
	make := func(t *testing.T) string {
		dir := t.TempDir()
		must(t, os.MkdirAll(dir+"/d/e", 0o755))
		must(t, os.WriteFile(dir+"/d/f", nil, 0o644))
		return dir
	}
	t.Run("silent", func(t *testing.T) {
		w := watch(t, start(t), files.Options{Roots: []string{make(t)}, Recursive: true})
		w.expect()
	})
	t.Run("reported", func(t *testing.T) {
		w := watch(t, start(t), files.Options{Roots: []string{make(t)}, Recursive: true, Initial: true})
		w.closed("d/f")
		w.sorted("create d dir", "create d/e dir", "create d/f", "close d/f")
	})
	t.Run("not_recursive", func(t *testing.T) {
		w := watch(t, start(t), files.Options{Roots: []string{make(t)}, Initial: true})
		w.write("d/n", "")
		w.write("n", "")
		w.expect("create d dir", "create n", "close n")
		if s := w.source.Status(); s.Watched != 1 {
			t.Fatalf("%d directories watched", s.Watched)
		}
	})
}

// Ensure that names are bytes (EV4).
func TestEV4_OddNames(t *testing.T) {
	odd := []string{"a b", "line\nbreak", "\xff\xfe", "'\"", "*", "-", "é", "\x01", "%s", "a\\b", strings.Repeat("x", 255)}
	w := watch(t, start(t), files.Options{Recursive: true, Include: []string{"**"}})
	for _, name := range odd {
		w.mkdir(name)
		w.write(name+"/f", "")
	}
	for _, name := range odd {
		w.closed(name + "/f")
	}
	changes := w.caughtUp()
	for _, name := range odd {
		if !slices.ContainsFunc(changes, func(c coalesce.Change) bool { return c.Path == w.path(name) && c.Dir }) {
			t.Errorf("%q was not told", name)
		}
	}
}

// Ensure that paths begin as the root was written.
func TestEV4_PathsAsWritten(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Mkdir(dir+"/real", 0o755))
	must(t, os.Symlink("real", dir+"/link"))
	for _, written := range []string{dir + "/link", dir + "/real/", dir + "/./real", dir + "/real/../link"} {
		t.Run(strings.ReplaceAll(strings.TrimPrefix(written, dir+"/"), "/", "_"), func(t *testing.T) {
			w := watch(t, start(t), files.Options{Roots: []string{written}, Recursive: true})
			must(t, os.WriteFile(dir+"/real/f", nil, 0o644))
			want := strings.TrimSuffix(written, "/") + "/f"
			w.until("close of "+want, func(changes []coalesce.Change) bool {
				return slices.ContainsFunc(changes, func(c coalesce.Change) bool { return c.Path == want })
			})
		})
	}
}
