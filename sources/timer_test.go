package sources_test

import (
	"testing"
	"time"

	"github.com/reactord/reactord/internal/clock"
	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

const ms = time.Millisecond

// timer returns an active timer on a clock turned by hand; its ticks arrive
// on the channel.
func timer(t *testing.T, s sources.Schedule) (*sources.Timer, *clock.Fake, chan sources.Ticks, *reactor.Queue) {
	t.Helper()
	c := new(clock.Fake)
	r := start(t, reactor.WithClock(c), reactor.WithKernel(kernel.WithClock(kernel.Real{}, c)))
	q := r.NewQueue("timers")
	tm := sources.NewTimer("timer", q, reactor.Monotonic)
	ticks := make(chan sources.Ticks, 64)
	tm.OnEvent(func(n sources.Ticks) { ticks <- n })
	s.Start += r.Now(reactor.Monotonic)
	must(t, tm.SetSchedule(s))
	return tm, c, ticks, q
}

func TestTimers(t *testing.T) {
	t.Run("T1_grid_without_drift", func(t *testing.T) {
		tm, c, ticks, _ := timer(t, sources.Schedule{Start: reactor.Instant(10 * ms), Interval: 10 * ms})
		must(t, tm.Activate())
		var last reactor.Instant
		for i := range 20 {
			c.Advance(int64(10 * ms))
			got := receive(t, ticks, "tick")
			if i > 0 && got.Scheduled != last.Add(10*ms) {
				t.Fatalf("tick %d at %d, the one before at %d", i, got.Scheduled, last)
			}
			last = got.Scheduled
		}
	})
	t.Run("S5_counts_from_start", func(t *testing.T) {
		tm, c, ticks, _ := timer(t, sources.Schedule{Start: reactor.Instant(10 * ms), Interval: 10 * ms})
		c.Advance(int64(105 * ms))
		must(t, tm.Activate())
		if got := receive(t, ticks, "tick"); got.Count != 10 {
			t.Fatalf("%d ticks, want 10", got.Count)
		}
	})
	t.Run("T3_suspended", func(t *testing.T) {
		tm, c, ticks, q := timer(t, sources.Schedule{Start: reactor.Instant(20 * ms), Interval: 20 * ms})
		must(t, tm.Activate())
		drain(t, q)
		tm.Suspend()
		c.Advance(int64(100 * ms))
		drain(t, q)
		tm.Resume()
		if got := receive(t, ticks, "tick"); got.Count != 5 {
			t.Fatalf("%d ticks, want 5", got.Count)
		}
		c.Advance(int64(20 * ms))
		if got := receive(t, ticks, "next tick"); got.Count != 1 {
			t.Fatalf("%d ticks, want 1", got.Count)
		}
	})
	t.Run("T4_once", func(t *testing.T) {
		tm, c, ticks, q := timer(t, sources.Schedule{Start: reactor.Instant(10 * ms), Interval: sources.Once})
		must(t, tm.Activate())
		c.Advance(int64(time.Hour))
		if got := receive(t, ticks, "tick"); got.Count != 1 {
			t.Fatalf("%d ticks, want 1", got.Count)
		}
		c.Advance(int64(time.Hour))
		drain(t, q)
		if len(ticks) != 0 {
			t.Fatal("fired twice")
		}
	})
	t.Run("T5_start_in_the_past", func(t *testing.T) {
		tm, _, ticks, _ := timer(t, sources.Schedule{Start: -reactor.Instant(time.Second), Interval: 100 * ms})
		must(t, tm.Activate())
		if got := receive(t, ticks, "tick"); got.Count != 11 {
			t.Fatalf("%d ticks, want 11", got.Count)
		}
	})
	t.Run("T6_never_set", func(t *testing.T) {
		r := start(t)
		tm := sources.NewTimer("timer", r.NewQueue("q"), reactor.Wall)
		must(t, tm.Activate())
		end(t, tm)
	})
	t.Run("T7_setting_drops_undelivered_ticks", func(t *testing.T) {
		tm, c, ticks, q := timer(t, sources.Schedule{Start: reactor.Instant(10 * ms), Interval: 10 * ms})
		must(t, tm.Activate())
		drain(t, q) // the item that the activation was has run
		q.Suspend()
		c.Advance(int64(60 * ms))
		must(t, tm.SetSchedule(sources.Schedule{Start: tm.Reactor().Now(reactor.Monotonic).Add(50 * ms), Interval: sources.Once}))
		q.Resume()
		drain(t, q)
		if len(ticks) != 0 {
			t.Fatal("ticks of the old schedule were delivered")
		}
		c.Advance(int64(50 * ms))
		if got := receive(t, ticks, "tick"); got.Count != 1 {
			t.Fatalf("%d ticks, want 1", got.Count)
		}
	})
	t.Run("T8_interval_0_is_refused", func(t *testing.T) {
		r := start(t)
		tm := sources.NewTimer("timer", r.NewQueue("q"), reactor.Wall)
		if err := tm.SetSchedule(sources.Schedule{}); err != sources.ErrInterval {
			t.Fatalf("err = %v", err)
		}
	})
	t.Run("T13_boottime_counts_sleep", func(t *testing.T) {
		c := new(clock.Fake)
		r := start(t, reactor.WithClock(c), reactor.WithKernel(kernel.WithClock(kernel.Real{}, c)))
		fired := make(chan reactor.Clock, 2)
		q := r.NewQueue("q")
		for _, id := range []reactor.Clock{reactor.Monotonic, reactor.Boottime} {
			tm := sources.NewTimer("timer", q, id)
			tm.OnEvent(func(sources.Ticks) { fired <- id })
			must(t, tm.SetSchedule(sources.Schedule{Start: r.Now(id).Add(time.Minute), Interval: sources.Once}))
			must(t, tm.Activate())
		}
		c.Sleep(int64(time.Hour))
		if id := receive(t, fired, "timer"); id != reactor.Boottime {
			t.Fatalf("the %v timer fired in sleep", id)
		}
		c.Advance(int64(time.Minute))
		receive(t, fired, "the other timer")
	})
}

// Ensure that timers whose windows overlap share wake-ups: with 100 timers of
// distinct targets within one leeway, the loop returns far less than 100 times.
func TestT10_LeewaySharesWakeUps(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	const n = 100
	fired := make(chan struct{}, n)
	base := r.Now(reactor.Monotonic).Add(20 * ms)
	for i := range n {
		tm := sources.NewTimer("timer", q, reactor.Monotonic)
		tm.OnEvent(func(ticks sources.Ticks) {
			if now := r.Now(reactor.Monotonic); now < ticks.Scheduled {
				t.Errorf("early by %d ns", ticks.Scheduled-now)
			}
			fired <- struct{}{}
		})
		must(t, tm.SetSchedule(sources.Schedule{Start: base.Add(time.Duration(i) * 100 * time.Microsecond), Interval: sources.Once, Leeway: 50 * ms}))
		must(t, tm.Activate())
	}
	before := r.Returns()
	for range n {
		receive(t, fired, "timer")
	}
	if woken := r.Returns() - before; woken > 3 {
		t.Fatalf("%d wake-ups for %d timers in one window", woken, n)
	}
}
