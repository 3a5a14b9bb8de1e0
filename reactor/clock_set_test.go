package reactor_test

import (
	"testing"
	"time"

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
