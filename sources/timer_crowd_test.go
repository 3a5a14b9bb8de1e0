package sources_test

import (
	"testing"
	"time"

	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// T3, T10: 25,000 timers that fall due at once behind a suspended queue delay
// another one by no more than its leeway and 5 ms. The best of some tries counts:
// it is about work that the crowd makes, not about who else uses the processors.
func TestT10_ACrowdDoesNotDelay(t *testing.T) {
	const crowd, leeway, tries = 25_000, 2 * ms, 10
	r := start(t)
	held := r.NewQueue("held")
	held.Suspend()
	due := r.Now(reactor.Monotonic).Add(500 * ms)
	timers := make([]*sources.Timer, crowd)
	for i := range timers {
		timers[i] = sources.NewTimer("crowd", held, reactor.Monotonic)
		timers[i].OnEvent(func(sources.Ticks) {})
		must(t, timers[i].SetSchedule(sources.Schedule{Start: due, Interval: 50 * ms}))
		must(t, timers[i].Activate())
	}
	q := r.NewQueue("free")
	late := make(chan time.Duration, 1)
	one := sources.NewTimer("one", q, reactor.Monotonic)
	one.OnEvent(func(n sources.Ticks) { late <- time.Duration(r.Now(reactor.Monotonic) - n.Scheduled) })
	must(t, one.SetSchedule(sources.Schedule{Start: due.Add(1), Interval: sources.Once, Leeway: leeway}))
	must(t, one.Activate())
	first := receive(t, late, "the tick beside the crowd")
	best := first
	for range tries {
		// Those that are late take no part in wake-ups any more.
		at := r.Now(reactor.Monotonic).Add(20 * ms)
		must(t, one.SetSchedule(sources.Schedule{Start: at, Interval: sources.Once, Leeway: leeway}))
		best = min(best, receive(t, late, "a tick"))
	}
	t.Logf("beside %d timers that fall due: %v late; behind them, at best: %v", crowd, first, best)
	if best > leeway+5*ms {
		t.Errorf("%v late at best, with %v leeway", best, leeway)
	}
	for _, timer := range timers {
		timer.Cancel()
	}
	one.Cancel()
	held.Resume()
	drain(t, held)
	drain(t, q)
}
