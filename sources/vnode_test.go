package sources_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// vnode returns an active vnode source for path and its changes.
func vnode(t *testing.T, all *sources.Vnodes, r *reactor.Reactor, path string, mask sources.VnodeMask) (*reactor.Source[sources.VnodeEvent], chan coalesce.Change) {
	t.Helper()
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	must(t, err)
	s, err := all.New(path, r.NewQueue("q"), fd, mask)
	must(t, err)
	changes := make(chan coalesce.Change, 256)
	s.OnEvent(func(e sources.VnodeEvent) {
		for _, c := range e.Changes {
			changes <- c
		}
	})
	must(t, s.Activate())
	t.Cleanup(func() { end(t, s, func() { _ = unix.Close(fd) }) })
	return s, changes
}

func TestV1_EachBit(t *testing.T) {
	r := start(t)
	var all sources.Vnodes
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	file := filepath.Join(dir, "file")
	for _, tc := range []struct {
		name string
		do   func() error
		bit  sources.VnodeMask
		op   coalesce.Op
	}{
		{"attrib", func() error { return os.Chmod(file, 0o640) }, sources.VnodeAttrib, coalesce.Attrib},
		{"extend", func() error { return appendTo(file) }, sources.VnodeExtend, coalesce.Extend},
		{"write", func() error { return os.Truncate(file, 0) }, sources.VnodeWrite, coalesce.Write},
		{"link", func() error { return os.Link(file, file+"2") }, sources.VnodeLink, coalesce.Link},
		{"delete", func() error { return os.Remove(file) }, sources.VnodeDelete, coalesce.Delete},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_ = os.Remove(file + "2")
			must(t, os.WriteFile(file, []byte("text"), 0o600))
			_, changes := vnode(t, &all, r, file, tc.bit)
			must(t, tc.do())
			c := receive(t, changes, tc.name)
			if c.Op != tc.op || c.Path != file {
				t.Fatalf("%v %s", c.Op, c.Path)
			}
		})
	}
}

func appendTo(path string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString("more")
	return errors.Join(err, f.Close())
}

// Ensure that every rename of a file and of a directory is noticed, one after
// the other, with both names.
func TestV2_EveryRename(t *testing.T) {
	n := 200
	if soak() {
		n = 1000
	}
	r := start(t)
	var all sources.Vnodes
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	for _, kind := range []string{"file", "dir"} {
		t.Run(kind, func(t *testing.T) {
			path := filepath.Join(dir, kind)
			if kind == "dir" {
				must(t, os.Mkdir(path, 0o700))
			} else {
				must(t, os.WriteFile(path, nil, 0o600))
			}
			_, changes := vnode(t, &all, r, path, sources.VnodeRename)
			for i := range n {
				next := filepath.Join(dir, fmt.Sprintf("%s.%d", kind, i))
				must(t, os.Rename(path, next))
				c := receive(t, changes, "rename")
				if c.From != path || c.Path != next || c.Op != coalesce.Rename {
					t.Fatalf("rename %s -> %s told as %+v", path, next, c)
				}
				path = next
			}
		})
	}
}

func TestVnodeOfADirectory(t *testing.T) {
	r := start(t)
	var all sources.Vnodes
	dir := t.TempDir()
	_, changes := vnode(t, &all, r, dir, sources.VnodeWrite)
	_, again := vnode(t, &all, r, dir, sources.VnodeWrite) // the same inode
	must(t, os.WriteFile(filepath.Join(dir, "entry"), nil, 0o600))
	for _, ch := range []chan coalesce.Change{changes, again} {
		if c := receive(t, ch, "change"); c.Op != coalesce.Write || !c.Dir {
			t.Fatalf("%+v", c)
		}
	}
}

func TestVnodeMaskIsChecked(t *testing.T) {
	r := start(t)
	var all sources.Vnodes
	for _, mask := range []sources.VnodeMask{0, 1 << 20} {
		if _, err := all.New("v", r.NewQueue("q"), 0, mask); err == nil {
			t.Errorf("mask %#x was taken", mask)
		}
	}
}
