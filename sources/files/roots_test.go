package files_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/sources/files"
	"github.com/reactord/reactord/test/need"
)

// below watches base/path, which need not exist, and shows paths relative to
// it.
func below(t *testing.T, base, path string) *watched {
	t.Helper()
	return watch(t, start(t), files.Options{Roots: []string{filepath.Join(base, path)}, Recursive: true})
}

// Ensure that a root that doesn't exist is waited for, whatever way it comes,
// and that what is in it by then is told.
func TestFS9_WaitsForRoot(t *testing.T) {
	for _, tc := range []struct {
		name string
		root string
		make func(t *testing.T, base string)
	}{
		{"made", "r", func(t *testing.T, base string) {
			must(t, os.Mkdir(base+"/r", 0o755))
			must(t, os.WriteFile(base+"/r/f", nil, 0o644))
		}},
		{"made_with_all_above", "a/b/c/r", func(t *testing.T, base string) {
			must(t, os.MkdirAll(base+"/a/b/c/r", 0o755))
			must(t, os.WriteFile(base+"/a/b/c/r/f", nil, 0o644))
		}},
		{"moved_in", "a/r", func(t *testing.T, base string) {
			must(t, os.MkdirAll(base+"/tmp/r", 0o755))
			must(t, os.WriteFile(base+"/tmp/r/f", nil, 0o644))
			must(t, os.Rename(base+"/tmp", base+"/a"))
		}},
		{"after_false_starts", "a/b/r", func(t *testing.T, base string) {
			must(t, os.MkdirAll(base+"/a/b", 0o755))
			must(t, os.Rename(base+"/a", base+"/z"))
			must(t, os.WriteFile(base+"/a", nil, 0o644))
			must(t, os.Remove(base+"/a"))
			must(t, os.MkdirAll(base+"/a/b", 0o755))
			must(t, os.WriteFile(base+"/a/b/r", nil, 0o644))
			must(t, os.Remove(base+"/a/b/r"))
			must(t, os.Mkdir(base+"/a/b/r", 0o755))
			must(t, os.WriteFile(base+"/a/b/r/f", nil, 0o644))
		}},
		{"behind_a_link", "link/r", func(t *testing.T, base string) {
			must(t, os.Symlink("../"+filepath.Base(base)+"/there", base+"/link"))
			must(t, os.MkdirAll(base+"/there/r", 0o755))
			must(t, os.WriteFile(base+"/there/r/f", nil, 0o644))
		}},
		{"a_link_itself", "r", func(t *testing.T, base string) {
			must(t, os.Symlink(base+"/there", base+"/r"))
			must(t, os.MkdirAll(base+"/there", 0o755))
			must(t, os.WriteFile(base+"/there/f", nil, 0o644))
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			base := t.TempDir()
			w := below(t, base, tc.root)
			if p := w.problem(files.RootMissing); p.Path != w.dir {
				t.Fatalf("problem %v", p)
			}
			if s := w.source.Status(); !slices.Equal(s.Waiting, []string{w.dir}) {
				t.Fatalf("status %+v", s)
			}
			tc.make(t, base)
			w.closed("f")
			w.expect("create f", "close f")
			w.problem(files.RootFound)
			if s := w.source.Status(); len(s.Waiting) != 0 {
				t.Fatalf("status %+v", s)
			}
		})
	}
}

// Ensure that what was in a root is told when it goes, whatever way, and what
// is in it when it comes back.
func TestFS9_RootGoesAndComesBack(t *testing.T) {
	for _, tc := range []struct {
		name   string
		gone   func(t *testing.T, base string)
		told   []string
		back   func(t *testing.T, base string)
		backTo []string
	}{
		{"deleted",
			func(t *testing.T, base string) { must(t, os.RemoveAll(base+"/a/r")) },
			[]string{"delete d dir", "delete d/g", "delete f"},
			func(t *testing.T, base string) {
				must(t, os.Mkdir(base+"/a/r", 0o755))
				must(t, os.WriteFile(base+"/a/r/f", nil, 0o644))
			},
			[]string{"create f", "close f"}},
		{"moved_away",
			func(t *testing.T, base string) { must(t, os.Rename(base+"/a/r", base+"/x")) },
			[]string{"delete d dir moved", "delete d/g moved", "delete f moved"},
			func(t *testing.T, base string) { must(t, os.Rename(base+"/x", base+"/a/r")) },
			[]string{"create d dir", "create d/g", "create f", "close d/g", "close f"}},
		{"directory_above_moved_away",
			func(t *testing.T, base string) { must(t, os.Rename(base+"/a", base+"/x")) },
			[]string{"delete d dir moved", "delete d/g moved", "delete f moved"},
			func(t *testing.T, base string) {
				must(t, os.MkdirAll(base+"/a/r", 0o755))
				must(t, os.WriteFile(base+"/x/r/late", nil, 0o644))
				must(t, os.WriteFile(base+"/a/r/f", nil, 0o644))
			},
			[]string{"create f", "close f"}},
		{"replaced",
			func(t *testing.T, base string) {
				must(t, os.Mkdir(base+"/new", 0o755))
				must(t, unix.Renameat2(unix.AT_FDCWD, base+"/new", unix.AT_FDCWD, base+"/a/r", unix.RENAME_EXCHANGE))
			},
			nil,
			func(t *testing.T, base string) {
				must(t, os.WriteFile(base+"/new/late", nil, 0o644))
				must(t, os.WriteFile(base+"/a/r/f", nil, 0o644))
			},
			nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			base := t.TempDir()
			must(t, os.MkdirAll(base+"/a/r/d", 0o755))
			must(t, os.WriteFile(base+"/a/r/d/g", nil, 0o644))
			must(t, os.WriteFile(base+"/a/r/f", nil, 0o644))
			w := below(t, base, "a/r")
			w.settled()
			model := copyOf(t, w.dir)
			tc.gone(t, base)
			if tc.told != nil {
				w.problem(files.RootMissing)
				w.until("deletion", func(changes []coalesce.Change) bool { return count(changes, coalesce.Delete) >= 3+2 })
				w.pauseWith(tc.told)
			}
			tc.back(t, base)
			w.closed("f")
			w.caughtUp()
			if tc.backTo != nil {
				w.pauseWith(tc.backTo)
				return
			}
			if err := model.replayAll(w.changes()); err != nil {
				t.Fatal(err)
			}
			if want := copyOf(t, w.dir); len(want) != len(model) {
				t.Fatalf("replayed %v, want %v", model, want)
			}
		})
	}
}

// Ensure that a root whose old directory lives on, because somebody is in it,
// is noticed to be gone.
func TestFS9_RootHeldOpen(t *testing.T) {
	base := t.TempDir()
	must(t, os.Mkdir(base+"/r", 0o755))
	w := below(t, base, "r")
	w.settled()
	held, err := os.Open(base + "/r")
	must(t, err)
	defer func() { must(t, held.Close()) }()
	must(t, os.RemoveAll(base+"/r"))
	must(t, os.Mkdir(base+"/r", 0o755))
	w.write("f", "")
	w.closed("f")
}

// Ensure that a link that is pointed elsewhere is followed there.
func TestFS9_LinkIsRepointed(t *testing.T) {
	base := t.TempDir()
	for _, release := range []string{"one", "two"} {
		must(t, os.Mkdir(base+"/"+release, 0o755))
		must(t, os.WriteFile(base+"/"+release+"/"+release, nil, 0o644))
	}
	must(t, os.Symlink("one", base+"/current"))
	w := below(t, base, "current")
	w.settled()
	must(t, os.Symlink("two", base+"/next"))
	must(t, os.Rename(base+"/next", base+"/current"))
	w.closed("two")
	w.sorted("delete one rescan", "create two", "close two")
}

// Ensure that a root that is no directory is waited for, and said to be none.
func TestFS9_RootIsAFile(t *testing.T) {
	base := t.TempDir()
	must(t, os.WriteFile(base+"/r", nil, 0o644))
	w := below(t, base, "r")
	if p := w.problem(files.RootMissing); p.Remedy == "" {
		t.Fatalf("problem %v", p)
	}
	must(t, os.Remove(base+"/r"))
	must(t, os.Mkdir(base+"/r", 0o755))
	w.expect()
}

// Ensure that an unmounted root is told empty, and filled when it is mounted
// again.
func TestFS9_Unmounted(t *testing.T) {
	mountPoint := t.TempDir()
	mount := func() {
		if err := unix.Mount("none", mountPoint, "tmpfs", 0, ""); err != nil {
			need.Skip(t, need.Root, "mount: %v", err)
		}
	}
	mount()
	mounted := true
	t.Cleanup(func() {
		if mounted {
			_ = unix.Unmount(mountPoint, unix.MNT_DETACH)
		}
	})
	must(t, os.WriteFile(mountPoint+"/f", nil, 0o644))
	w := below(t, mountPoint, "")
	must(t, unix.Unmount(mountPoint, 0))
	mounted = false
	w.until("deletion", func(changes []coalesce.Change) bool { return count(changes, coalesce.Delete) == 1 })
	w.expect("delete f rescan")
	w.forget()
	mount()
	mounted = true
	w.write("g", "")
	w.closed("g")
	model := copyOf(t, w.dir)
	if len(model) != 2 {
		t.Fatal(model)
	}
}

// Ensure that a file system that goes from inside a tree is told gone.
func TestFS9_UnmountedInside(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Mkdir(dir+"/m", 0o755))
	if err := unix.Mount("none", dir+"/m", "tmpfs", 0, ""); err != nil {
		need.Skip(t, need.Root, "mount: %v", err)
	}
	must(t, os.MkdirAll(dir+"/m/d", 0o755))
	must(t, os.WriteFile(dir+"/m/d/f", nil, 0o644))
	w := below(t, dir, "")
	w.settled()
	model := copyOf(t, dir)
	must(t, unix.Unmount(dir+"/m", 0))
	w.until("deletion", func(changes []coalesce.Change) bool { return count(changes, coalesce.Delete) >= 2 })
	w.write("m/n", "")
	w.closed("m/n")
	w.caughtUp()
	if err := model.replayAll(w.changes()); err != nil {
		t.Fatal(err)
	}
	if want := copyOf(t, dir); len(want) != len(model) {
		t.Fatalf("replayed %v, want %v", model, want)
	}
}

// Ensure that several roots don't get in each other's way, and a rename from
// one to the other is one.
func TestSeveralRoots(t *testing.T) {
	base := t.TempDir()
	one, two := base+"/one", base+"/two"
	must(t, os.Mkdir(one, 0o755))
	must(t, os.Mkdir(two, 0o755))
	w := watch(t, start(t), files.Options{Roots: []string{one, two, base + "/missing"}, Recursive: true})
	w.dir = base
	w.write("one/f", "")
	w.rename("one/f", "two/f")
	must(t, os.RemoveAll(one))
	w.write("two/g", "")
	w.closed("two/g")
	w.mkdir("missing")
	w.write("missing/h", "")
	w.closed("missing/h")
	w.caughtUpIn("two")
	got := w.lines(coalesce.Fold(w.changes()))
	want := []string{"create one/f", "close one/f", "rename two/f from one/f", "create two/g", "close two/g",
		"create missing/h", "close missing/h"}
	if !slices.Equal(got, want) {
		t.Fatalf("told %q, want %q", got, want)
	}
}

// Ensure that a tree that is seen in two places is told in both.
func TestSameTreeTwice(t *testing.T) {
	base := t.TempDir()
	must(t, os.MkdirAll(base+"/tree/d", 0o755))
	must(t, os.Symlink("tree/d", base+"/link"))
	w := watch(t, start(t), files.Options{Roots: []string{base + "/tree", base + "/link"}, Recursive: true})
	w.dir = base
	w.caughtUpIn("tree")
	w.caughtUpIn("tree")
	w.forget()
	w.write("tree/d/f", "")
	w.rename("tree/d/f", "tree/d/g")
	w.rename("tree/d/g", "tree/g")
	w.remove("tree/g")
	w.caughtUpIn("tree")
	w.caughtUpIn("tree/d")
	got := w.lines(w.changes())
	slices.Sort(got)
	want := []string{"close link/f", "close tree/d/f", "create link/f", "create tree/d/f", "delete link/g moved",
		"delete tree/g", "rename link/g from link/f", "rename tree/d/g from tree/d/f", "rename tree/g from tree/d/g"}
	if !slices.Equal(got, want) {
		t.Fatalf("told %q, want %q", got, want)
	}
}
