package files_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/internal/clock"
	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources/files"
)

// Ensure that directories whose watches were refused are watched when they no
// longer would be, that what was missed is told, and that asking again costs one
// call each time however many there are.
func TestRefusedWatchesAreTriedAgain(t *testing.T) {
	for _, cause := range []error{unix.ENOSPC, unix.ENOMEM, unix.EPERM} {
		t.Run(cause.Error(), func(t *testing.T) {
			dir := t.TempDir()
			for i := range 10 {
				must(t, os.MkdirAll(fmt.Sprintf("%s/d%d/e", dir, i), 0o755))
			}
			time := &clock.Fake{}
			k := newSeam()
			k.Kernel = kernel.WithClock(kernel.Real{}, time)
			var refusing atomic.Bool
			var refused atomic.Int32
			refusing.Store(true)
			k.refuseWatches(func(path string) error {
				if !refusing.Load() || !strings.HasPrefix(path, dir+"/d") {
					return nil
				}
				refused.Add(1)
				return cause
			})
			w := watch(t, start(t, reactor.WithKernel(k), reactor.WithClock(time)), files.Options{Roots: []string{dir}, Recursive: true,
				Events: []coalesce.Op{coalesce.Create}})
			w.write("d0/missed", "")
			if cause == unix.ENOSPC { // of many directories, so one call asks for all
				before := refused.Load()
				for range 30 {
					time.Advance(1e9)
					w.caughtUp()
				}
				if n := refused.Load() - before; n < 3 || n > 10 {
					t.Errorf("%d watches were asked for in half a minute", n)
				}
				w.forget()
			}
			refusing.Store(false)
			for !w.has("d0/missed") {
				time.Advance(1e9)
			}
			for s := w.source.Status(); s.Watched != s.Directories; s = w.source.Status() {
				time.Advance(1e9)
			}
			w.forget()
			w.write("d9/e/f", "")
			w.expect("create d9/e/f")
		})
	}
}

// Ensure that trying again isn't put off for ever by what is refused meanwhile.
func TestTryingAgainIsNotPutOff(t *testing.T) {
	time := &clock.Fake{}
	faulty := kernel.NewFaulty(kernel.WithClock(kernel.Real{}, time))
	w := watch(t, start(t, reactor.WithKernel(faulty), reactor.WithClock(time)), files.Options{Recursive: true,
		Events: []coalesce.Op{coalesce.Create}})
	w.settled()
	faulty.Fail(kernel.InotifyAdd, unix.ENOMEM)
	w.mkdir("early")
	w.problem(files.Unreadable)
	w.write("early/missed", "")
	for i := range 20 {
		faulty.Fail(kernel.InotifyAdd, unix.ENOMEM)
		name := fmt.Sprint("late", i)
		w.mkdir(name)
		w.until(name, func([]coalesce.Change) bool { return w.has(name) })
		time.Advance(2e8)
	}
	w.until("what was missed", func([]coalesce.Change) bool { return w.has("early/missed") })
}

// Ensure that a directory that was listed when the kernel didn't say how much is
// queued is not blind to what comes after: a name that was a file and is a directory
// by the time that is told.
func TestPositionRefused(t *testing.T) {
	for _, cause := range []error{unix.EINTR, unix.ENOMEM} {
		t.Run(cause.Error(), func(t *testing.T) {
			k := newSeam()
			faulty := kernel.NewFaulty(k)
			w := watch(t, start(t, reactor.WithKernel(faulty)), files.Options{Recursive: true,
				Events: []coalesce.Op{coalesce.Create, coalesce.Delete}})
			w.settled()
			faulty.Fail(kernel.Readable, slices.Repeat([]error{cause}, 20)...)
			w.mkdir("d")
			w.caughtUp()
			faulty.Heal()
			release := k.stall()
			w.write("d/a", "")
			w.remove("d/a")
			w.mkdir("d/a")
			release()
			w.write("d/a/f", "")
			w.until("what is in it", func([]coalesce.Change) bool { return w.has("d/a/f") })
		})
	}
}

// has reports whether something was told of that path.
func (w *watched) has(rel string) bool {
	return slices.ContainsFunc(w.changes(), func(c coalesce.Change) bool { return c.Path == w.path(rel) })
}
