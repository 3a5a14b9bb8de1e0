package files_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources/files"
)

// Ensure that after an overflow the difference is told, all of it marked.
func TestFS3_DifferenceAfterOverflow(t *testing.T) {
	for _, tc := range []struct {
		name   string
		script func(w *watched)
		want   []string
	}{
		{"new", func(w *watched) { w.write("n", "") }, []string{"create n rescan", "close n rescan"}},
		{"new_directory", func(w *watched) {
			w.mkdir("n/m")
			w.write("n/m/f", "")
		}, []string{"create n dir rescan", "create n/m dir rescan", "create n/m/f rescan", "close n/m/f rescan"}},
		{"gone", func(w *watched) { w.remove("f") }, []string{"delete f rescan"}},
		{"gone_directory", func(w *watched) { must(w.t, os.RemoveAll(w.path("d"))) },
			[]string{"delete d/g rescan", "delete d dir rescan"}},
		{"content", func(w *watched) { w.write("f", "other") }, []string{"close f rescan"}},
		{"metadata", func(w *watched) { must(w.t, os.Chmod(w.path("f"), 0o600)) }, []string{"attrib f rescan"}},
		{"metadata_of_directory", func(w *watched) { must(w.t, os.Chmod(w.path("d"), 0o711)) },
			[]string{"attrib d dir rescan"}},
		{"renamed", func(w *watched) { w.rename("f", "d/e") }, []string{"rename d/e from f rescan"}},
		{"renamed_over", func(w *watched) { w.rename("f", "d/g") }, []string{"rename d/g from f rescan"}},
		{"renamed_and_written", func(w *watched) {
			w.rename("f", "e")
			w.write("e", "other")
		}, []string{"rename e from f rescan", "close e rescan"}},
		{"renamed_directory", func(w *watched) {
			w.rename("d", "e")
			w.write("e/n", "")
		}, []string{"rename e from d dir rescan", "create e/n rescan", "close e/n rescan"}},
		{"moved_within_what_moved", func(w *watched) {
			w.rename("d", "e")
			w.rename("e/g", "e/h")
		}, []string{"rename e from d dir rescan", "rename e/h from e/g rescan"}},
		{"moved_out_of_what_is_gone", func(w *watched) {
			w.rename("d/g", "g")
			w.remove("d")
		}, []string{"rename g from d/g rescan", "delete d dir rescan"}},
		{"moved_into_what_is_new", func(w *watched) {
			w.mkdir("n/m")
			w.rename("f", "n/m/f")
		}, []string{"create n dir rescan", "create n/m dir rescan", "rename n/m/f from f rescan"}},
		{"rotated", func(w *watched) {
			w.rename("d/g", "h")
			w.rename("f", "d/g")
			w.write("f", "")
		}, []string{"rename h from d/g rescan", "rename d/g from f rescan", "create f rescan", "close f rescan"}},
		{"exchanged", func(w *watched) {
			w.rename("f", "t")
			w.rename("d/g", "f")
			w.rename("t", "d/g")
		}, nil},
		{"recreated", func(w *watched) {
			w.remove("f")
			w.mkdir("f")
		}, []string{"delete f rescan", "create f dir rescan"}},
		{"nothing", func(*watched) {}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.Mkdir(dir+"/d", 0o755))
			must(t, os.WriteFile(dir+"/f", []byte("f"), 0o644))
			must(t, os.WriteFile(dir+"/d/g", []byte("g"), 0o644))
			k := newSeam()
			w := watch(t, start(t, reactor.WithKernel(k)), files.Options{Roots: []string{dir}, Recursive: true})
			w.settled()
			model := copyOf(t, dir)
			release := k.stall()
			k.overflow()
			tc.script(w)
			w.write("last", "") // so that something is lost
			release()
			w.closed("last")
			w.pause()
			got := slices.DeleteFunc(w.lines(w.before), func(line string) bool { return strings.Contains(line, " last") })
			if tc.name == "exchanged" { // which of the two is told as a rename is open
				if err := model.replayAll(w.before); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(copyOf(t, dir).names(), model.names()); diff != "" {
					t.Fatalf("tree (-want +replayed):\n%s", diff)
				}
				return
			}
			slices.Sort(got)
			slices.Sort(tc.want)
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("told (-want +got):\n%s", diff)
			}
			if w.problem(files.Overflow).Limit == 0 || w.source.Status().Overflows != 1 || w.source.Status().Rescans != 1 {
				t.Fatalf("problems %v, status %+v", w.problems, w.source.Status())
			}
		})
	}
}

// Ensure that a queue of the kernel's that really overflowed loses nothing.
func TestFS3_RealOverflow(t *testing.T) {
	if testing.Short() {
		t.Skip("makes more files than the kernel's queue holds")
	}
	k := newSeam()
	w := watch(t, start(t, reactor.WithKernel(k)), files.Options{Recursive: true,
		Events: []coalesce.Op{coalesce.Create, coalesce.Delete, coalesce.Close}})
	release := k.stall()
	const made = 12_000 // three records each, of 16,384
	for i := range made {
		w.write(fmt.Sprint("f", i), "x")
	}
	for i := 0; i < made; i += 10 {
		w.remove(fmt.Sprint("f", i))
	}
	release()
	w.until("close of all", func(changes []coalesce.Change) bool {
		closed := map[string]bool{}
		for _, c := range changes {
			if c.Op == coalesce.Close {
				closed[c.Path] = true
			}
		}
		for i := range made {
			if i%10 > 0 && !closed[w.path(fmt.Sprint("f", i))] {
				return false
			}
		}
		return true
	})
	w.caughtUp()
	model := replica{}
	if err := model.replayAll(w.changes()); err != nil {
		t.Fatal(err)
	}
	want := copyOf(t, w.dir)
	delete(want, w.dir)
	if diff := cmp.Diff(want.names(), model.names()); diff != "" {
		t.Fatalf("tree (-want +replayed):\n%s", diff)
	}
	if w.source.Status().Overflows == 0 {
		t.Fatal("no overflow")
	}
}

// Ensure that a handler that doesn't keep up neither loses anything nor lets
// memory grow.
func TestDV1_Behind(t *testing.T) {
	w := prepare(t, start(t), files.Options{Recursive: true, MaxPending: 50})
	t.Cleanup(w.end)
	must(t, w.source.Activate())
	model := copyOf(t, w.dir)
	w.source.Suspend()
	for i := range 100 {
		w.mkdir(fmt.Sprintf("d%d", i))
		for j := range 5 {
			w.write(fmt.Sprintf("d%d/f%d", i, j), "x")
		}
	}
	w.problem(files.Behind)
	if n := w.source.Status().Pending; n > 50 {
		t.Fatalf("%d changes wait", n)
	}
	for i := range 50 {
		must(t, os.RemoveAll(w.path(fmt.Sprintf("d%d", i))))
	}
	w.source.Resume()
	w.until("close of all", func(changes []coalesce.Change) bool {
		closed := map[string]bool{}
		for _, c := range changes {
			if c.Op == coalesce.Close && !strings.Contains(c.Path, marker) {
				closed[c.Path] = true
			}
		}
		for i := 50; i < 100; i++ {
			for j := range 5 {
				if !closed[w.path(fmt.Sprintf("d%d/f%d", i, j))] {
					return false
				}
			}
		}
		return true
	})
	w.caughtUp()
	if err := model.replayAll(w.changes()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(copyOf(t, w.dir).names(), model.names()); diff != "" {
		t.Fatalf("tree (-want +replayed):\n%s", diff)
	}
}
