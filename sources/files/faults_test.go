package files_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/internal/clock"
	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources/files"
)

// Ensure that a limit of watches that is hit is told with its number, the
// number needed and the remedy, that all that fits is watched, and the rest is
// known.
func TestWatchLimit(t *testing.T) {
	dir := t.TempDir()
	for i := range 10 {
		must(t, os.MkdirAll(fmt.Sprintf("%s/d%d/e", dir, i), 0o755))
	}
	k := newSeam()
	granted := 0
	k.refuseWatches(func(path string) error {
		if !strings.HasPrefix(path, dir+"/") {
			return nil // on the way to the root, and the root
		}
		if granted++; granted > 5 {
			return unix.ENOSPC
		}
		return nil
	})
	w := watch(t, start(t, reactor.WithKernel(k)), files.Options{Roots: []string{dir}, Recursive: true})
	p := w.problem(files.WatchLimit)
	if p.Limit == 0 || p.Need != 21 || !errors.Is(p, unix.ENOSPC) || !strings.Contains(p.Remedy, "sysctl -w fs.inotify.max_user_watches=") {
		t.Fatalf("problem: %v", p)
	}
	if s := w.source.Status(); s.Watched != 6 || s.Directories != 21 {
		t.Fatalf("status %+v", s)
	}
	w.caughtUp()
	n := 0
	for _, p := range w.problems {
		if p.Kind == files.WatchLimit {
			n++
		}
	}
	if n != 1 {
		t.Fatalf("told %d times", n)
	}
}

// Ensure that a directory that can't be watched is told, that the rest is
// watched, and that it is watched when its mode changes.
func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	must(t, os.MkdirAll(dir+"/closed/in", 0o755))
	must(t, os.MkdirAll(dir+"/open/in", 0o755))
	k := newSeam()
	k.refuseWatches(func(path string) error {
		if filepath.Base(path) == "closed" {
			return unix.EACCES
		}
		return nil
	})
	w := watch(t, start(t, reactor.WithKernel(k)), files.Options{Roots: []string{dir}, Recursive: true})
	if p := w.problem(files.Unreadable); p.Path != dir+"/closed" || !errors.Is(p, unix.EACCES) {
		t.Fatalf("problem: %v", p)
	}
	w.write("open/in/f", "")
	w.expect("create open/in/f", "close open/in/f")
	w.forget()
	k.refuseWatches(nil)
	w.write("closed/missed", "")
	must(t, os.Chmod(w.path("closed"), 0o700))
	w.closed("closed/missed")
	w.write("closed/f", "")
	w.expect("attrib closed dir", "create closed/missed rescan", "close closed/missed rescan", "create closed/f", "close closed/f")
}

// Ensure that without an inotify instance the source waits for one, and then
// tells what it has missed.
func TestInstanceLimit(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(dir+"/old", nil, 0o644))
	time := &clock.Fake{}
	faulty := kernel.NewFaulty(kernel.WithClock(kernel.Real{}, time))
	faulty.Fail(kernel.InotifyInit, unix.EMFILE, unix.EMFILE)
	w := watch(t, start(t, reactor.WithKernel(faulty), reactor.WithClock(time)), files.Options{Roots: []string{dir}, Recursive: true,
		Events: []coalesce.Op{coalesce.Create, coalesce.Delete}}) // a close may come, or not, as time goes by
	if p := w.problem(files.InstanceLimit); p.Limit == 0 || !strings.Contains(p.Remedy, "fs.inotify.max_user_instances") {
		t.Fatalf("problem: %v", p)
	}
	w.write("missed", "")
	w.remove("old")
	for faulty.Calls(kernel.InotifyInit) < 3 {
		time.Advance(1e8)
	}
	w.until("what was missed", func(changes []coalesce.Change) bool { return len(changes) >= 2 })
	w.sorted("create missed rescan", "delete old rescan")
	w.forget()
	w.write("new", "")
	w.expect("create new")
}

// Ensure that a directory that can't be listed for want of a descriptor is
// listed when there is one.
func TestDescriptorsUsedUp(t *testing.T) {
	time := &clock.Fake{}
	k := newSeam()
	k.Kernel = kernel.WithClock(kernel.Real{}, time)
	w := watch(t, start(t, reactor.WithKernel(k), reactor.WithClock(time)), files.Options{Recursive: true,
		Events: []coalesce.Op{coalesce.Create}})
	w.settled()
	release := k.stall()
	w.mkdir("new/d")
	w.write("new/d/f", "")
	var taken []int
	for {
		fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if errors.Is(err, unix.EMFILE) {
			break
		}
		must(t, err)
		taken = append(taken, fd)
	}
	release()
	p := w.problem(files.Unreadable)
	for _, fd := range taken {
		must(t, unix.Close(fd))
	}
	if !errors.Is(p, unix.EMFILE) || p.Path != w.path("new") {
		t.Fatalf("problem: %v", p)
	}
	for len(w.changes()) < 3 {
		time.Advance(1e8)
	}
	w.expect("create new dir", "create new/d dir rescan", "create new/d/f rescan")
}

// Ensure that a machine without inotify is told at once, and nothing is left.
func TestNoInotify(t *testing.T) {
	faulty := kernel.NewFaulty(kernel.Real{})
	faulty.Fail(kernel.InotifyInit, unix.ENOSYS)
	w := prepare(t, start(t, reactor.WithKernel(faulty)), files.Options{Recursive: true})
	if err := w.source.Activate(); !errors.Is(err, unix.ENOSYS) {
		t.Fatalf("Activate() = %v", err)
	}
	w.end()
}

// Ensure that interrupted calls are made again.
func TestInterrupted(t *testing.T) {
	faulty := kernel.NewFaulty(kernel.Real{})
	w := prepare(t, start(t, reactor.WithKernel(faulty)), files.Options{Recursive: true})
	t.Cleanup(w.end)
	faulty.Fail(kernel.InotifyAdd, unix.EINTR, unix.EINTR, nil, unix.EINTR)
	must(t, w.source.Activate())
	faulty.Fail(kernel.Read, unix.EINTR, nil, unix.EINTR, unix.EINTR)
	w.write("f", "")
	w.expect("create f", "close f")
}

// Ensure that a read that fails for good is told once and tried again.
func TestReadFails(t *testing.T) {
	faulty := kernel.NewFaulty(kernel.Real{})
	w := watch(t, start(t, reactor.WithKernel(faulty)), files.Options{Recursive: true})
	w.settled()
	faulty.Fail(kernel.Read, unix.EIO)
	w.write("f", "")
	if p := w.problem(files.Failed); !errors.Is(p, unix.EIO) {
		t.Fatalf("problem: %v", p)
	}
	w.closed("f") // though nothing else happens
	w.expect("create f", "close f")
}

// Ensure that cancel ends everything at any time: while records wait, while a
// rename is held, while files are quiet, while a root is missing.
func TestCancelAnyTime(t *testing.T) {
	for _, tc := range []struct {
		name   string
		script func(w *watched, k *seam)
	}{
		{"idle", func(*watched, *seam) {}},
		{"records_wait", func(w *watched, k *seam) {
			release := k.stall()
			for i := range 100 {
				w.mkdir(fmt.Sprint(i))
			}
			release()
		}},
		{"rename_held", func(w *watched, k *seam) {
			w.write("f", "")
			w.caughtUp()
			must(w.t, os.Rename(w.path("f"), w.t.TempDir()+"/f"))
		}},
		{"files_quiet", func(w *watched, k *seam) {
			release := k.stall()
			w.mkdir("d")
			w.write("d/f", "")
			release()
			w.caughtUp()
		}},
		{"root_missing", func(w *watched, k *seam) {
			must(w.t, os.RemoveAll(w.dir))
			w.problem(files.RootMissing)
		}},
		{"overflowed", func(w *watched, k *seam) {
			k.overflow()
			w.mkdir("a/b/c")
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			k := newSeam()
			w := activate(t, start(t, reactor.WithKernel(k)), files.Options{Recursive: true})
			tc.script(w, k)
			w.end()
			told := len(w.changes())
			_ = os.WriteFile(w.path("late"), nil, 0o644)
			if n := len(w.changes()); n != told {
				t.Fatalf("%d changes told after the end", n-told)
			}
			if w.source.State() != "cancelled" {
				t.Fatal(w.source.State())
			}
		})
	}
}

// Ensure that faults of the options are told, all at once.
func TestNewValidates(t *testing.T) {
	for _, tc := range []struct {
		name string
		o    files.Options
		want []string
	}{
		{"no_root", files.Options{}, []string{"no root"}},
		{"relative", files.Options{Roots: []string{"a/b"}}, []string{"not an absolute path"}},
		{"nul", files.Options{Roots: []string{"/a\x00b"}}, []string{"NUL"}},
		{"pattern", files.Options{Roots: []string{"/a"}, Include: []string{"["}, Ignore: []string{"{"}},
			[]string{`pattern "["`, `pattern "{"`}},
		{"event", files.Options{Roots: []string{"/a"}, Events: []coalesce.Op{coalesce.Revoke}}, []string{`"revoke"`}},
		{"negative", files.Options{Roots: []string{"/a"}, MaxPending: -1}, []string{"-1"}},
		{"twice", files.Options{Roots: []string{"/a", "/a/"}}, []string{"twice"}},
		{"inside", files.Options{Roots: []string{"/a", "/a/b/c"}, Recursive: true}, []string{"inside"}},
		{"inside_the_top", files.Options{Roots: []string{"/", "/a"}, Recursive: true}, []string{"inside"}},
		{"beside", files.Options{Roots: []string{"/a", "/ab"}, Recursive: true}, nil},
		{"inside_but_not_recursive", files.Options{Roots: []string{"/a", "/a/b"}}, nil},
		{"inside_what_is_ignored", files.Options{Roots: []string{"/a", "/a/b/c"}, Recursive: true, Ignore: []string{"b"}}, nil},
		{"several", files.Options{Roots: []string{"a", "b"}, MaxPending: -1}, []string{`"a"`, `"b"`, "-1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := files.New("label", nil, tc.o)
			if (err != nil) != (tc.want != nil) {
				t.Fatalf("New() = %v", err)
			}
			for _, text := range tc.want {
				if !strings.Contains(err.Error(), text) || !strings.Contains(err.Error(), `"label"`) {
					t.Errorf("%q is not in %q", text, err)
				}
			}
		})
	}
}

// Ensure that an idle source does nothing at all.
func TestIdle(t *testing.T) {
	k := newSeam()
	r := start(t, reactor.WithKernel(k))
	w := watch(t, r, files.Options{Recursive: true})
	w.write("f", "")
	w.caughtUp()
	w.caughtUp()
	k.mu.Lock()
	reads := k.reads
	k.mu.Unlock()
	returns := r.Returns()
	<-time.After(3 * 100 * time.Millisecond) // what could be due is
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.reads > reads+1 || r.Returns() > returns+1 {
		t.Fatalf("%d reads and %d returns of the loop while idle", k.reads-reads, r.Returns()-returns)
	}
}
