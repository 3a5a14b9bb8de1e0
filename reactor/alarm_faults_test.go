package reactor_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/clock"
	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
)

// Ensure that an alarm whose timerfd was refused again and again still fires.
func TestAlarmRefused(t *testing.T) {
	for _, c := range []reactor.Clock{reactor.Monotonic, reactor.Boottime, reactor.Wall} {
		t.Run(c.String(), func(t *testing.T) {
			k, tr := faulty()
			k.Fail(kernel.TimerfdSet, slices.Repeat([]error{unix.ENOMEM}, refusals)...)
			r := start(t, reactor.WithKernel(k), reactor.WithTracer(tr))
			fired := make(chan struct{}, 1)
			a := r.NewAlarm(c, func(reactor.Instant) { fired <- struct{}{} })
			at := r.Now(c).Add(time.Millisecond)
			must(t, a.Set(at, at))
			receive(t, fired, "alarm")
			if n := k.Calls(kernel.TimerfdSet); n > refusals+3 {
				t.Errorf("set %d times, %d of them refused", n, refusals)
			}
			tr.once(t, unix.ENOMEM)
			// The end of one that is refused is an end, too.
			k.Fail(kernel.TimerfdSet, slices.Repeat([]error{unix.ENOMEM}, refusals)...)
			at = r.Now(c).Add(time.Hour)
			must(t, a.Set(at, at))
		})
	}
}

// Ensure that a timerfd that can't be read neither keeps its alarms nor turns in
// circles.
func TestAlarmUnread(t *testing.T) {
	for _, cause := range []error{unix.EINTR, unix.EAGAIN, unix.EMFILE, unix.ECANCELED} {
		t.Run(cause.Error(), func(t *testing.T) {
			k := kernel.NewFaulty(kernel.Real{})
			r := start(t, reactor.WithKernel(k), reactor.WithTracer(&told{}))
			fired := make(chan struct{}, 1)
			a := r.NewAlarm(reactor.Wall, func(reactor.Instant) { fired <- struct{}{} })
			for range 5 {
				k.Fail(kernel.Read, cause)
				at := r.Now(reactor.Wall).Add(time.Millisecond)
				must(t, a.Set(at, at))
				receive(t, fired, "alarm")
			}
			if n := k.Calls(kernel.Read); n > 20 {
				t.Errorf("%d reads for 5 alarms", n)
			}
		})
	}
}

// forgetful is a kernel on which the wall clock's being set is told by the next
// call that sets a timerfd, and by nothing else: as Linux does when that comes
// before the loop has looked.
type forgetful struct {
	*kernel.Clocked
	mu    sync.Mutex
	steps int // told by as many calls
}

func (f *forgetful) TimerfdSet(fd int, clock int32, at int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if clock == unix.CLOCK_REALTIME && f.steps > 0 {
		f.steps--
		_ = f.Clocked.TimerfdSet(fd, clock, at)
		return unix.ECANCELED
	}
	return f.Clocked.TimerfdSet(fd, clock, at)
}

// T14: that the wall clock was set is told at once, also when the first to notice
// is the call that sets the timerfd anew.
func TestT14_ClockSetNoticedBySetting(t *testing.T) {
	c := new(clock.Fake)
	deaf := new(clock.Fake) // of the timerfd: it isn't set
	deaf.Advance(1)
	k := &forgetful{Clocked: kernel.WithClock(kernel.Real{}, deaf)}
	r := start(t, reactor.WithClock(c), reactor.WithKernel(k))
	jumps := make(chan time.Duration, 8)
	must(t, r.OnClockSet(func(by time.Duration) { jumps <- by }))
	a := r.NewAlarm(reactor.Wall, func(reactor.Instant) {})
	at := r.Now(reactor.Wall).Add(24 * time.Hour)
	c.Step(int64(time.Hour))
	k.mu.Lock()
	k.steps = 1
	k.mu.Unlock()
	must(t, a.Set(at, at))
	if got := receive(t, jumps, "jump"); got != time.Hour {
		t.Errorf("told of %v", got)
	}
	a.Stop()
}
