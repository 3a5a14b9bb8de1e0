package sources_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/sources"
)

// V1: that a directory was removed is told, though it is held open, whichever bits
// are asked for besides, and also when it was renamed before.
func TestV1_DirectoryIsRemoved(t *testing.T) {
	r := start(t)
	var all sources.Vnodes
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	for _, mask := range []sources.VnodeMask{sources.VnodeDelete, sources.VnodeAll} {
		for _, elsewhere := range []bool{false, true} {
			t.Run(fmt.Sprint(mask, elsewhere), func(t *testing.T) {
				path := filepath.Join(dir, "d")
				must(t, os.Mkdir(path, 0o755))
				must(t, os.MkdirAll(filepath.Join(dir, "other"), 0o755))
				_, changes := vnode(t, &all, r, path, mask)
				if elsewhere {
					next := filepath.Join(dir, "other", "e")
					must(t, os.Rename(path, next))
					path = next
				}
				must(t, os.Remove(path))
				awaitChange(t, changes, coalesce.Delete, path)
			})
		}
	}
}

// awaitChange waits for a change among others.
func awaitChange(t *testing.T, changes chan coalesce.Change, op coalesce.Op, path string) {
	t.Helper()
	for {
		if c := receive(t, changes, fmt.Sprint(op, " of ", path)); c.Op == op && c.Path == path {
			return
		}
	}
}

// V2: renames within a directory that follow each other without a pause are told
// each, in order, with both names.
func TestV2_RenamesWithoutAPause(t *testing.T) {
	n := 1000
	if soak() {
		n = 20_000
	}
	r := start(t)
	var all sources.Vnodes
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	for _, kind := range []string{"file", "dir"} {
		t.Run(kind, func(t *testing.T) {
			path := makeObject(t, dir, kind)
			s, _ := vnode(t, &all, r, path, sources.VnodeRename)
			told := make(chan coalesce.Change, n)
			s.OnEvent(func(e sources.VnodeEvent) {
				for _, c := range e.Changes {
					told <- c
				}
			})
			name := func(i int) string { return filepath.Join(dir, fmt.Sprintf("%s.%d", kind, i)) }
			must(t, os.Rename(path, name(0)))
			for i := 1; i < n; i++ {
				must(t, os.Rename(name(i-1), name(i)))
			}
			for i := range n {
				if c := receive(t, told, fmt.Sprint("rename ", i)); c.Op != coalesce.Rename || c.From != path || c.Path != name(i) {
					t.Fatalf("rename %d: %+v, want it from %s", i, c, path)
				}
				path = name(i)
			}
		})
	}
}

// V2: an object that goes from directory to directory is followed, and what takes its
// name, or one of its other names, is not taken for it.
func TestV2_NamesOfOthers(t *testing.T) {
	r := start(t)
	var all sources.Vnodes
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	name := func(n ...string) string { return filepath.Join(append([]string{dir}, n...)...) }
	must(t, os.Mkdir(name("a"), 0o755))
	must(t, os.Mkdir(name("b"), 0o755))
	must(t, os.WriteFile(name("a", "f"), nil, 0o600))
	_, changes := vnode(t, &all, r, name("a", "f"), sources.VnodeRename|sources.VnodeLink|sources.VnodeDelete)
	expect := func(op coalesce.Op, from, path string) {
		t.Helper()
		if c := receive(t, changes, "change"); c.Op != op || c.From != from || c.Path != path {
			t.Fatalf("%+v, want %v from %q to %q", c, op, from, path)
		}
	}
	must(t, os.Rename(name("a", "f"), name("b", "f")))
	expect(coalesce.Rename, name("a", "f"), name("b", "f"))
	must(t, os.WriteFile(name("a", "f"), nil, 0o600))
	must(t, os.Rename(name("a", "f"), name("a", "g"))) // another
	must(t, os.Rename(name("b", "f"), name("b", "g")))
	expect(coalesce.Rename, name("b", "f"), name("b", "g"))
	must(t, os.Rename(name("b", "g"), name("a", "h")))
	expect(coalesce.Rename, name("b", "g"), name("a", "h"))
	must(t, os.Link(name("a", "h"), name("a", "i")))
	expect(coalesce.Link, "", name("a", "h"))
	must(t, os.Rename(name("a", "i"), name("a", "j"))) // its other name
	must(t, os.Rename(name("a", "g"), name("a", "h"))) // takes its name
	expect(coalesce.Link, "", name("a", "h"))
	must(t, os.Rename(name("a", "h"), name("a", "k"))) // another
	must(t, os.Remove(name("a", "j")))
	expect(coalesce.Link, "", name("a", "h"))
	expect(coalesce.Delete, "", name("a", "h"))
}

// V2: what names leave behind: no watch of a directory that nobody is in any more.
func TestV2_DirectoriesAreLeft(t *testing.T) {
	r := start(t)
	var all sources.Vnodes
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	path := filepath.Join(dir, "f")
	must(t, os.WriteFile(path, nil, 0o600))
	_, changes := vnode(t, &all, r, path, sources.VnodeRename)
	var next string
	for i := range 20 {
		sub := filepath.Join(dir, fmt.Sprint("d", i))
		must(t, os.Mkdir(sub, 0o755))
		next = filepath.Join(sub, "f")
		must(t, os.Rename(path, next))
		awaitChange(t, changes, coalesce.Rename, next)
		path = next
	}
	must(t, os.Rename(next, next+"2"))
	awaitChange(t, changes, coalesce.Rename, next+"2")
	fds, err := os.ReadDir("/proc/self/fdinfo")
	must(t, err)
	most := 0
	for _, fd := range fds {
		text, _ := os.ReadFile("/proc/self/fdinfo/" + fd.Name())
		most = max(most, strings.Count(string(text), "inotify wd:"))
	}
	if most > 1 {
		t.Errorf("%d watches in one inotify instance, want 1 in each", most)
	}
}
