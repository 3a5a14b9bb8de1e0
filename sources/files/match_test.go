package files_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources/files"
)

// What the patterns of a source let be told, of renames above all. The tree
// before:
//
//	a.jpg, b.tmp
//	in/c.jpg, in/d.tmp
//	work/x/e.jpg
func TestFS5_Patterns(t *testing.T) {
	jpg := files.Options{Include: []string{"**/*.jpg"}}
	within := files.Options{Include: []string{"in/**"}}
	noWork := files.Options{Ignore: []string{"work", "**/*.tmp"}}
	for _, tc := range []struct {
		name   string
		o      files.Options
		script func(w *watched)
		want   []string
	}{
		{"include_file", jpg, func(w *watched) {
			w.write("n.jpg", "")
			w.write("n.tmp", "")
			w.remove("b.tmp")
			w.remove("a.jpg")
		}, []string{"create n.jpg", "close n.jpg", "delete a.jpg"}},
		{"include_leaves_directories_out", jpg, func(w *watched) { w.mkdir("n/m") }, nil},
		{"include_is_no_border_for_watching", jpg, func(w *watched) { w.write("work/x/n.jpg", "") },
			[]string{"create work/x/n.jpg", "close work/x/n.jpg"}},
		{"rename_both_included", jpg, func(w *watched) { w.rename("a.jpg", "n.jpg") }, []string{"rename n.jpg from a.jpg"}},
		{"rename_new_included", jpg, func(w *watched) { w.rename("b.tmp", "n.jpg") }, []string{"rename n.jpg from b.tmp"}},
		{"rename_old_included", jpg, func(w *watched) { w.rename("a.jpg", "n.tmp") }, []string{"delete a.jpg to n.tmp"}},
		{"rename_none_included", jpg, func(w *watched) { w.rename("b.tmp", "n.tmp") }, nil},
		{"rename_over_included", jpg, func(w *watched) { w.rename("b.tmp", "a.jpg") }, []string{"rename a.jpg from b.tmp"}},
		{"directory_not_included_tells_its_files", jpg, func(w *watched) { w.rename("in", "out") },
			[]string{"rename out/c.jpg from in/c.jpg"}},
		{"directory_comes_in", within, func(w *watched) { w.rename("work/x", "in/x") },
			[]string{"rename in/x from work/x dir", "rename in/x/e.jpg from work/x/e.jpg"}},
		{"directory_goes_out", within, func(w *watched) {
			w.rename("work/x", "in/x")
			w.pause()
			w.forget()
			w.rename("in/x", "work/y")
		}, []string{"delete in/x/e.jpg to work/y/e.jpg", "delete in/x to work/y dir"}},
		{"directory_moved_out", jpg, func(w *watched) {
			must(w.t, os.Rename(w.path("in"), w.t.TempDir()+"/in"))
		}, []string{"delete in/c.jpg moved"}},
		{"directory_moved_in", jpg, func(w *watched) {
			outside := w.t.TempDir() + "/o"
			must(w.t, os.Mkdir(outside, 0o700))
			must(w.t, os.WriteFile(outside+"/n.jpg", nil, 0o600))
			must(w.t, os.WriteFile(outside+"/n.tmp", nil, 0o600))
			w.outlive()
			must(w.t, os.Rename(outside, w.path("o")))
		}, []string{"create o/n.jpg moved"}},
		{"exchange", jpg, func(w *watched) { exchange(w, "a.jpg", "in/c.jpg") },
			[]string{"rename in/c.jpg from a.jpg", "create a.jpg from in/c.jpg moved"}},
		{"exchange_over_the_border", jpg, func(w *watched) { exchange(w, "a.jpg", "b.tmp") },
			[]string{"delete a.jpg to b.tmp", "create a.jpg from b.tmp moved"}},
		{"ignore", noWork, func(w *watched) {
			w.write("work/n", "")
			w.write("work/x/n", "")
			w.write("n.tmp", "")
			w.remove("n.tmp")
			w.remove("b.tmp")
			must(w.t, os.Chmod(w.path("work"), 0o700))
			w.write("n", "")
		}, []string{"create n", "close n"}},
		{"rename_from_ignored", noWork, func(w *watched) {
			w.write("n.tmp", "text")
			w.rename("n.tmp", "n")
			w.remove("n")
		}, []string{"rename n from n.tmp", "delete n"}},
		{"rename_from_ignored_over", noWork, func(w *watched) { w.rename("b.tmp", "a.jpg") },
			[]string{"rename a.jpg from b.tmp"}},
		{"rename_to_ignored", noWork, func(w *watched) { w.rename("a.jpg", "a.tmp") }, []string{"delete a.jpg to a.tmp"}},
		{"rename_between_ignored", noWork, func(w *watched) { w.rename("b.tmp", "c.tmp") }, nil},
		{"directory_from_ignored", noWork, func(w *watched) {
			w.outlive()
			w.rename("work", "done")
			w.pause()
			w.write("done/x/n", "")
		}, []string{"rename done from work dir", "create done/x dir moved", "create done/x/e.jpg moved",
			"create done/x/n", "close done/x/n"}},
		{"directory_to_ignored", noWork, func(w *watched) {
			must(w.t, os.RemoveAll(w.path("work")))
			w.rename("in", "work")
			w.write("work/n", "")
		}, []string{"delete in/c.jpg to work/c.jpg", "delete in to work dir"}},
		{"exchange_with_ignored", noWork, func(w *watched) { exchange(w, "a.jpg", "b.tmp") },
			[]string{"delete a.jpg to b.tmp", "rename a.jpg from b.tmp"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			for _, d := range []string{"in", "work/x"} {
				must(t, os.MkdirAll(dir+"/"+d, 0o755))
			}
			for _, f := range []string{"a.jpg", "b.tmp", "in/c.jpg", "in/d.tmp", "work/x/e.jpg"} {
				must(t, os.WriteFile(dir+"/"+f, nil, 0o644))
			}
			o := tc.o
			o.Roots, o.Recursive = []string{dir}, true
			if len(o.Include) > 0 {
				o.Include = append(slices.Clone(o.Include), "**/"+marker+"*")
			}
			w := watch(t, start(t), o)
			w.settled()
			tc.script(w)
			w.expect(tc.want...)
		})
	}
}

// Ensure that what is ignored is not even watched.
func TestFS5_IgnoredIsNeverWatched(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{"src", "node_modules/deep", "src/node_modules/deeper"} {
		must(t, os.MkdirAll(dir+"/"+d, 0o755))
	}
	k := newSeam()
	w := watch(t, start(t, reactor.WithKernel(k)), files.Options{Roots: []string{dir}, Recursive: true,
		Ignore: []string{"**/node_modules"}})
	w.mkdir("new/node_modules/deepest")
	w.rename("new", "newer")
	w.caughtUp()
	for _, path := range k.watches() {
		if slices.Contains([]string{"node_modules", "deep", "deeper", "deepest"}, filepath.Base(path)) {
			t.Errorf("%s was watched", path)
		}
	}
	if s := w.source.Status(); s.Directories != 4 || s.Watched != 4 {
		t.Errorf("status %+v", s)
	}
}

// Ensure that the events are filtered first, and half a move counts as a
// rename.
func TestFS1_Events(t *testing.T) {
	script := func(w *watched) {
		w.write("a", "text")
		w.rename("a", "b")
		must(w.t, os.Chmod(w.path("b"), 0o600))
		outside := w.t.TempDir()
		must(w.t, os.Rename(w.path("b"), outside+"/b"))
		must(w.t, os.Rename(outside+"/b", w.path("c")))
		w.remove("c")
	}
	for _, tc := range []struct {
		events []coalesce.Op
		want   []string
	}{
		{[]coalesce.Op{coalesce.Create}, []string{"create a", "create c moved"}},
		{[]coalesce.Op{coalesce.Close, coalesce.Rename}, []string{"close a", "rename b from a", "delete b moved", "create c moved"}},
		{[]coalesce.Op{coalesce.Delete}, []string{"delete b moved", "delete c"}},
		{[]coalesce.Op{coalesce.Attrib}, []string{"attrib b"}},
		{[]coalesce.Op{coalesce.Write}, []string{"write a"}},
	} {
		t.Run(tc.events[0].String(), func(t *testing.T) {
			w := watch(t, start(t), files.Options{Recursive: true, Events: tc.events})
			script(w)
			// The last is told when all before it is, whatever it is.
			w.until("everything", func(changes []coalesce.Change) bool { return len(changes) >= len(tc.want) })
			if got := w.lines(coalesce.Fold(w.changes())); !slices.Equal(got, tc.want) {
				t.Fatalf("told %q, want %q", got, tc.want)
			}
		})
	}
}
