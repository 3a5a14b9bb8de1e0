package sources_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
	"github.com/reactord/reactord/test/need"
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

// makeObject makes a file, or a directory when the kind is dir, of that name.
func makeObject(t *testing.T, dir, kind string) (path string) {
	t.Helper()
	path = filepath.Join(dir, kind)
	if kind == "dir" {
		must(t, os.Mkdir(path, 0o700))
	} else {
		must(t, os.WriteFile(path, nil, 0o600))
	}
	return path
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
	const n, most = 1000, 10 * time.Millisecond
	r := start(t)
	var all sources.Vnodes
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	for _, kind := range []string{"file", "dir"} {
		t.Run(kind, func(t *testing.T) {
			path := makeObject(t, dir, kind)
			_, changes := vnode(t, &all, r, path, sources.VnodeRename)
			took := make([]time.Duration, n)
			for i := range n {
				next := filepath.Join(dir, fmt.Sprintf("%s.%d", kind, i))
				began := time.Now()
				must(t, os.Rename(path, next))
				c := receive(t, changes, "rename")
				took[i] = time.Since(began)
				if c.From != path || c.Path != next || c.Op != coalesce.Rename {
					t.Fatalf("rename %s -> %s told as %+v", path, next, c)
				}
				path = next
			}
			slices.Sort(took)
			t.Logf("p50 %v, p99 %v, the last %v", took[n/2], took[n*99/100], took[n-1])
			if took[n/2] > most {
				t.Errorf("half of the renames took %v and more", took[n/2])
			}
		})
	}
}

// V1: an object whose filesystem is unmounted, which only a lazy unmount can while
// it is held, is told revoked, once; one on another filesystem is not.
func TestV1_Revoke(t *testing.T) {
	r := start(t)
	var all sources.Vnodes
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	points := [2]string{filepath.Join(dir, "a"), filepath.Join(dir, "b")}
	for _, p := range points {
		must(t, os.Mkdir(p, 0o755))
		if err := unix.Mount("none", p, "tmpfs", 0, ""); err != nil {
			need.Skip(t, need.Root, "mount: %v", err)
		}
		t.Cleanup(func() { _ = unix.Unmount(p, unix.MNT_DETACH) })
	}
	var changes [2]chan coalesce.Change
	for i, p := range points {
		must(t, os.WriteFile(p+"/f", nil, 0o600))
		_, changes[i] = vnode(t, &all, r, p+"/f", sources.VnodeAll)
	}
	must(t, unix.Unmount(points[0], unix.MNT_DETACH))
	if c := receive(t, changes[0], "revoke"); c.Op != coalesce.Revoke || c.Path != points[0]+"/f" {
		t.Fatalf("%+v", c)
	}
	must(t, unix.Unmount(points[1], unix.MNT_DETACH))
	if c := receive(t, changes[1], "revoke of the other"); c.Op != coalesce.Revoke || c.Path != points[1]+"/f" {
		t.Fatalf("%+v", c)
	}
	select {
	case c := <-changes[0]:
		t.Errorf("told more: %+v", c)
	default:
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

// R8: a descriptor that is closed before its source was cancelled, and whose number
// comes to mean another object, changes nothing: the source goes on telling of the
// one it was made for.
func TestR8_VnodeClosedByOthers(t *testing.T) {
	r := start(t)
	var all sources.Vnodes
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	name := func(n string) string { return filepath.Join(dir, n) }
	for _, n := range []string{"meant", "other"} {
		must(t, os.WriteFile(name(n), nil, 0o600))
	}
	fd, err := unix.Open(name("meant"), unix.O_PATH|unix.O_CLOEXEC, 0)
	must(t, err)
	s, err := all.New("vnode", r.NewQueue("q"), fd, sources.VnodeAll)
	must(t, err)
	changes := make(chan coalesce.Change, 16)
	s.OnEvent(func(e sources.VnodeEvent) {
		for _, c := range e.Changes {
			changes <- c
		}
	})
	must(t, s.Activate())
	other, err := unix.Open(name("other"), unix.O_PATH|unix.O_CLOEXEC, 0)
	must(t, err)
	must(t, unix.Dup3(other, fd, unix.O_CLOEXEC))
	must(t, os.Rename(name("other"), name("other2")))
	must(t, os.Rename(name("meant"), name("meant2")))
	if c := receive(t, changes, "rename"); c.Op != coalesce.Rename || c.From != name("meant") || c.Path != name("meant2") {
		t.Errorf("told of %+v", c)
	}
	end(t, s, func() { _, _ = unix.Close(fd), unix.Close(other) })
	if len(changes) > 0 {
		t.Errorf("told of %+v", <-changes)
	}
}
