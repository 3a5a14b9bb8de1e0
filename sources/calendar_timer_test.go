package sources_test

import (
	"testing"
	"time"

	"github.com/reactord/reactord/internal/clock"
	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
	"github.com/reactord/reactord/sources/calendar"
)

// calendarTimer returns an active timer of an expression, on a clock that is
// turned by hand.
func calendarTimer(t *testing.T, text string, leeway time.Duration) (*sources.CalendarTimer, *clock.Fake, chan sources.Ticks, *reactor.Queue) {
	t.Helper()
	c := new(clock.Fake)
	r := start(t, reactor.WithClock(c), reactor.WithKernel(kernel.WithClock(kernel.Real{}, c)))
	q := r.NewQueue("calendar")
	expression, err := calendar.Parse(text)
	must(t, err)
	tm := sources.NewCalendarTimer("calendar", q, expression, time.UTC, leeway)
	ticks := make(chan sources.Ticks, 64)
	tm.OnEvent(func(n sources.Ticks) { ticks <- n })
	must(t, tm.Activate())
	drain(t, q)
	return tm, c, ticks, q
}

// until is how long it is until the timer is due.
func until(t *testing.T, tm *sources.CalendarTimer) time.Duration {
	t.Helper()
	at, ok := tm.Upcoming()
	if !ok {
		t.Fatal("never due")
	}
	return time.Duration(reactor.WallInstant(at) - tm.Reactor().Now(reactor.Wall))
}

func TestCalendarTimer(t *testing.T) {
	t.Run("T10_NeverEarlyAndWithinItsLeeway", func(t *testing.T) {
		tm, c, ticks, q := calendarTimer(t, "*-*-* 02:30", 10*time.Minute)
		c.Advance(int64(until(t, tm) + 10*time.Minute - 1))
		drain(t, q)
		if len(ticks) != 0 {
			t.Fatal("fired with leeway left, though nobody woke")
		}
		c.Advance(1)
		got := receive(t, ticks, "tick")
		at := time.Unix(0, int64(got.Scheduled)).UTC()
		if got.Count != 1 || at.Hour() != 2 || at.Minute() != 30 || at.Second() != 0 {
			t.Fatalf("%d ticks, due at %v", got.Count, at)
		}
		end(t, tm)
	})
	t.Run("T3_CountedWhileSuspended", func(t *testing.T) {
		tm, c, ticks, q := calendarTimer(t, "*:0/10", 0)
		tm.Suspend()
		c.Advance(int64(until(t, tm)))
		c.Advance(int64(time.Hour))
		drain(t, q)
		tm.Resume()
		if got := receive(t, ticks, "tick"); got.Count != 7 {
			t.Fatalf("%d ticks in an hour of one every ten minutes, both ends included; want 7", got.Count)
		}
		end(t, tm)
	})
	t.Run("T14_ClockIsSet", func(t *testing.T) {
		tm, c, ticks, q := calendarTimer(t, "daily", 0)
		before := until(t, tm)
		c.Step(-int64(time.Hour))
		if now := until(t, tm); now != before+time.Hour {
			t.Errorf("due in %v after the clock was set back by an hour, was %v", now, before)
		}
		c.Step(int64(time.Hour))
		c.Step(int64(50 * time.Hour))
		if got := receive(t, ticks, "tick"); got.Count < 2 {
			t.Fatalf("%d ticks after the clock was set 50 hours forward", got.Count)
		}
		drain(t, q)
		end(t, tm)
	})
	t.Run("T6_NeverDue", func(t *testing.T) {
		tm, c, ticks, q := calendarTimer(t, "*-02-30", 0)
		if at, ok := tm.Upcoming(); ok {
			t.Errorf("due at %v", at)
		}
		c.Advance(int64(100 * time.Hour))
		drain(t, q)
		if len(ticks) != 0 {
			t.Error("fired")
		}
		end(t, tm)
	})
}
