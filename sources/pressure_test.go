package sources_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/sources"
)

const (
	warnText     = "some 100000 1000000"
	criticalText = "full 100000 2000000"
	numbersText  = "some avg10=12.50 avg60=0.85 avg300=5.29 total=2000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n"
)

func TestPressureLevels(t *testing.T) {
	const normal, warn, critical = sources.PressureNormal, sources.PressureWarn, sources.PressureCritical
	t.Run("up at once, down after a calm", func(t *testing.T) {
		b := newPressureBed(t)
		b.files.fire(t, warnText)
		b.want(t, warn, normal, warn)
		b.files.fire(t, criticalText)
		b.want(t, critical, warn, critical)
		b.clock.Advance(int64(3 * time.Second)) // warn's calm is over, critical's isn't
		if b.src.Level() != critical {
			t.Fatalf("the level is %v", b.src.Level())
		}
		b.clock.Advance(int64(2 * time.Second))
		b.want(t, normal, critical, critical)
	})
	t.Run("down by a step", func(t *testing.T) {
		b := newPressureBed(t)
		b.files.fire(t, criticalText)
		b.want(t, critical, normal, critical)
		b.clock.Advance(int64(3500 * time.Millisecond))
		b.files.fire(t, warnText)
		drainLoop(t, b.queue.Reactor())
		b.clock.Advance(int64(time.Second))
		b.want(t, warn, critical, critical)
		b.clock.Advance(int64(2 * time.Second))
		b.want(t, normal, warn, warn)
	})
	t.Run("S12_merges while suspended", func(t *testing.T) {
		b := newPressureBed(t)
		b.src.Suspend()
		b.files.fire(t, criticalText)
		b.until(t, critical)
		b.clock.Advance(int64(10 * time.Second))
		b.until(t, normal)
		b.src.Resume()
		b.want(t, normal, normal, critical)
	})
	t.Run("a firing on the same level is no event", func(t *testing.T) {
		b := newPressureBed(t)
		for range 5 {
			b.files.fire(t, warnText)
			b.until(t, warn)
			drainLoop(t, b.queue.Reactor())
			b.clock.Advance(int64(1500 * time.Millisecond))
		}
		b.want(t, warn, normal, warn)
		b.clock.Advance(int64(2 * time.Second))
		b.want(t, normal, warn, warn)
		if n := b.src.Calls(); n > 2 {
			t.Fatalf("%d calls", n)
		}
	})
	t.Run("numbers", func(t *testing.T) {
		b := newPressureBed(t)
		b.files.fire(t, warnText)
		want := sources.PressureEvent{
			Resource: sources.ResourceMemory, Level: warn, Worst: warn,
			Numbers: &sources.PressureNumbers{
				Some: sources.StallNumbers{Avg10: 12.5, Avg60: 0.85, Avg300: 5.29, Total: 2 * time.Millisecond},
				Full: sources.StallNumbers{Total: 7 * time.Microsecond},
			},
		}
		if diff := cmp.Diff(want, receive(t, b.got, "event")); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Ensure that on a file whose triggers wake each other, and whom others watch
// too, only what fired is believed.
func TestPressureSharedBell(t *testing.T) {
	const normal, warn, critical = sources.PressureNormal, sources.PressureWarn, sources.PressureCritical
	bed := func(t *testing.T) *pressureBed { return newPressureBedOf(t, "/cgroup") }
	t.Run("levels", func(t *testing.T) {
		b := bed(t)
		b.files.fireShared(t, "some 7 7000000", unix.POLLPRI) // somebody else's
		drainLoop(t, b.queue.Reactor())
		b.files.fireShared(t, warnText, unix.POLLPRI)
		b.want(t, warn, normal, warn)
		b.files.fireShared(t, criticalText, unix.POLLPRI)
		b.want(t, critical, warn, critical)
		b.clock.Advance(int64(10 * time.Second))
		b.want(t, normal, critical, critical)
	})
	t.Run("a mark is looked for at the end of a level", func(t *testing.T) {
		b := bed(t)
		b.files.fireShared(t, warnText, unix.POLLPRI)
		b.want(t, warn, normal, warn)
		b.files.mu.Lock()
		for fd, written := range b.files.fds {
			if written == criticalText+"\x00" {
				b.files.fired[fd] = unix.POLLPRI // without a bell, as before kernel 6.5
			}
		}
		b.files.mu.Unlock()
		b.clock.Advance(int64(3 * time.Second))
		b.want(t, critical, warn, critical)
	})
	t.Run("gone", func(t *testing.T) {
		b := bed(t)
		b.files.fireShared(t, criticalText, unix.POLLPRI)
		b.want(t, critical, normal, critical)
		b.files.fireShared(t, "", unix.POLLERR)
		ev := receive(t, b.got, "end")
		if !errors.Is(ev.Err, sources.ErrCgroupGone) || ev.Level != normal || ev.Previous != critical {
			t.Fatalf("%+v", ev)
		}
		b.files.fireShared(t, criticalText, unix.POLLPRI)
		drainLoop(t, b.queue.Reactor())
		drain(t, b.queue)
		if len(b.got) != 0 {
			t.Fatalf("after the end: %+v", <-b.got)
		}
	})
	t.Run("poll fails and is made again", func(t *testing.T) {
		b := bed(t)
		b.faulty.Fail(kernel.Poll, unix.EINTR, unix.EINTR, unix.ENOMEM)
		b.files.fireShared(t, warnText, unix.POLLPRI)
		drainLoop(t, b.queue.Reactor())
		b.files.fireShared(t, "", 0) // its next bell
		b.want(t, warn, normal, warn)
	})
	t.Run("poll fails and no other bell comes", func(t *testing.T) {
		b := bed(t)
		b.faulty.Fail(kernel.Poll, unix.ENOMEM, unix.ENOMEM)
		b.files.fireShared(t, criticalText, unix.POLLPRI)
		drainLoop(t, b.queue.Reactor())
		polls := b.faulty.Calls(kernel.Poll)
		b.clock.Advance(int64(200 * time.Millisecond))
		drainLoop(t, b.queue.Reactor())
		if n := b.faulty.Calls(kernel.Poll) - polls; n != 1 {
			t.Errorf("polled %d times when it was tried again", n)
		}
		b.clock.Advance(int64(200 * time.Millisecond))
		b.want(t, critical, normal, critical)
	})
}
