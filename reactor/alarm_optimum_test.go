package reactor_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"github.com/reactord/reactord/internal/clock"
	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
)

// armings tells of each time the monotonic timerfd is set to.
type armings struct {
	*kernel.Clocked
	at chan reactor.Instant
}

func (a armings) TimerfdSet(fd int, clock int32, at int64) error {
	err := a.Clocked.TimerfdSet(fd, clock, at)
	if clock == unix.CLOCK_MONOTONIC {
		a.at <- reactor.Instant(at)
	}
	return err
}

// window is when one alarm may fire.
type window struct{ from, to reactor.Instant }

// stab is the least number of points that every window has one of: the latest
// point of the window that ends first, again and again.
func stab(windows []window) int {
	slices.SortFunc(windows, func(a, b window) int { return cmp.Compare(a.to, b.to) })
	points, last := 0, reactor.Instant(-1)
	for _, w := range windows {
		if w.from > last {
			points, last = points+1, w.to
		}
	}
	return points
}

// T9, T10: a set of periodic alarms with leeway wakes the loop as seldom as their
// windows allow, which interval stabbing computes, and sets the timerfd once each
// time.
func TestT9_WakeUpsAreMinimal(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		turned := new(clock.Fake)
		k := armings{kernel.WithClock(kernel.Real{}, turned), make(chan reactor.Instant, 1024)}
		r := reactor.New(reactor.WithClock(turned), reactor.WithKernel(k))
		defer func() {
			if err := r.Close(); err != nil {
				rt.Error(err)
			}
		}()
		begin := r.Now(reactor.Monotonic)
		end := begin.Add(10 * time.Second)
		var windows []window // of alarms that must have fired by end
		fired := 0
		for range rapid.IntRange(1, 30).Draw(rt, "timers") {
			interval := time.Duration(rapid.IntRange(10, 3000).Draw(rt, "interval")) * time.Millisecond
			leeway := interval * time.Duration(rapid.IntRange(0, 50).Draw(rt, "percent")) / 100
			next := begin.Add(interval)
			for at := next; at.Add(leeway) <= end; at = at.Add(interval) {
				windows = append(windows, window{at, at.Add(leeway)})
			}
			var a *reactor.Alarm
			a = r.NewAlarm(reactor.Monotonic, func(now reactor.Instant) {
				if now < next || now > next.Add(leeway) {
					rt.Errorf("fired at %d, outside of %d to %d", now, next, next.Add(leeway))
				}
				if next.Add(leeway) <= end {
					fired++ // on the loop, read after the timerfd was set
				}
				next = next.Add(interval)
				_ = a.Set(next, next.Add(leeway))
			})
			if err := a.Set(next, next.Add(leeway)); err != nil {
				rt.Fatal(err)
			}
		}
		var at reactor.Instant
		for len(k.at) > 0 {
			at = <-k.at // the last is the earliest
		}
		wakeUps := 0
		for at <= end {
			turned.Advance(int64(at - r.Now(reactor.Monotonic)))
			at = receive(t, k.at, "the timerfd set after a wake-up")
			wakeUps++
		}
		if len(k.at) > 0 {
			rt.Error("the timerfd was set twice in one wake-up")
		}
		if want := stab(windows); wakeUps != want || fired != len(windows) {
			rt.Fatalf("%d wake-ups for %d of %d windows, %d would do", wakeUps, fired, len(windows), want)
		}
	})
}
