package reactor_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reactord/reactord/internal/clock"
	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
)

// T14: the wall clock's being set is told, with and without alarms on it, forward
// and back, each once; the passing of time, sleep and small corrections are not.
func TestT14_OnClockSet(t *testing.T) {
	r, c := turned(t)
	jumps := make(chan time.Duration, 8)
	if err := r.OnClockSet(func(by time.Duration) { jumps <- by }); err != nil {
		t.Fatal(err)
	}
	told := func(want time.Duration) {
		t.Helper()
		if got := receive(t, jumps, "jump"); got != want {
			t.Fatalf("told of %v, want %v", got, want)
		}
	}
	c.Advance(int64(time.Hour))
	c.Sleep(int64(time.Hour))
	c.Step(int64(time.Hour))
	told(time.Hour)
	fired := make(chan reactor.Instant, 1)
	a := r.NewAlarm(reactor.Wall, func(now reactor.Instant) { fired <- now })
	target := r.Now(reactor.Wall).Add(time.Minute)
	if err := a.Set(target, target); err != nil {
		t.Fatal(err)
	}
	c.Step(-int64(10 * time.Minute))
	told(-10 * time.Minute)
	if len(fired) > 0 {
		t.Fatal("an alarm fired after the clock was set back")
	}
	c.Step(int64(20 * time.Minute))
	told(20 * time.Minute)
	receive(t, fired, "alarm that was jumped over")
	c.Step(int64(time.Millisecond - 1))
	c.Step(int64(2 * time.Second))
	told(2*time.Second + time.Millisecond - 1) // the small one is not forgotten
	if err := r.OnClockSet(nil); err != nil {
		t.Fatal(err)
	}
	c.Step(int64(time.Hour))
	if err := r.OnClockSet(func(by time.Duration) { jumps <- by }); err != nil {
		t.Fatal(err)
	}
	c.Step(int64(time.Second))
	told(time.Second)
}

// preempted is a clock whose reader loses the processor for a while after reading
// the boottime clock, each time or a few times.
type preempted struct {
	*clock.Fake
	times atomic.Int32
}

func (p *preempted) Now(id clock.ID) int64 {
	now := p.Fake.Now(id)
	if id == clock.Boottime && p.times.Add(-1) >= 0 {
		p.Advance(int64(20 * time.Millisecond))
	}
	return now
}

// T14: losing the processor between reading two clocks is no jump.
func TestT14_PreemptedIsNoJump(t *testing.T) {
	for _, times := range []int32{1, 2, 3, 1000} {
		t.Run(fmt.Sprint(times), func(t *testing.T) {
			c := &preempted{Fake: new(clock.Fake)}
			r := start(t, reactor.WithClock(c), reactor.WithKernel(kernel.WithClock(kernel.Real{}, c.Fake)))
			jumps := make(chan time.Duration, 8)
			must(t, r.OnClockSet(func(by time.Duration) { jumps <- by }))
			fired := make(chan struct{}, 1)
			a := r.NewAlarm(reactor.Wall, func(reactor.Instant) { fired <- struct{}{} })
			at := r.Now(reactor.Wall).Add(time.Minute)
			must(t, a.Set(at, at))
			c.times.Store(times)
			c.Advance(int64(2 * time.Minute))
			receive(t, fired, "alarm")
			c.times.Store(0)
			c.Step(int64(time.Hour))
			if by := receive(t, jumps, "jump"); by.Round(time.Second) != time.Hour {
				t.Errorf("told of %v", by)
			}
		})
	}
}
