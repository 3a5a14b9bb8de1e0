package clauses_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

func TestDispatchDrift(t *testing.T) {
	r := start(t)
	n := share(100, 2500)
	const interval = 10 * ms
	s := sources.NewTimer("drift", r.NewQueue("q"), reactor.Monotonic)
	first := r.Now(reactor.Monotonic).Add(interval)
	must(t, s.SetSchedule(sources.Schedule{Start: first, Interval: interval}))
	type tick struct{ scheduled, at reactor.Instant }
	var ticks []tick
	var count uint64
	done := make(chan struct{})
	s.OnEvent(func(e sources.Ticks) {
		if count >= uint64(n) {
			return
		}
		ticks = append(ticks, tick{first.Add(time.Duration(count) * interval), r.Now(reactor.Monotonic)})
		if e.Scheduled != ticks[len(ticks)-1].scheduled {
			t.Errorf("tick %d is scheduled %v off the grid", count, time.Duration(e.Scheduled-ticks[len(ticks)-1].scheduled))
		}
		if count += e.Count; count >= uint64(n) {
			close(done)
		}
	})
	must(t, s.Activate())
	select {
	case <-done:
	case <-time.After(time.Duration(n)*interval + patience):
		t.Fatal("not all ticks")
	}
	end(t, s)
	// The drift is how much the lateness grows from the first half to the second.
	late := func(ticks []tick) (mean time.Duration) {
		for _, k := range ticks {
			mean += time.Duration(k.at - k.scheduled)
		}
		return mean / time.Duration(max(len(ticks), 1))
	}
	drift := late(ticks[len(ticks)/2:]) - late(ticks[:len(ticks)/2])
	limit := 100 * ms // the lenient form, for a loaded machine
	if soak() {
		limit = ms
	}
	if drift > limit || drift < -limit {
		t.Errorf("mean drift %v over %d ticks", drift, n)
	}
}

func TestDispatchSuspendTimer(t *testing.T) {
	r, c := startTurned(t)
	q := r.NewQueue("q")
	s := sources.NewTimer("timer", q, reactor.Monotonic)
	ticks := make(chan uint64, 100)
	s.OnEvent(func(n sources.Ticks) { ticks <- n.Count })
	must(t, s.SetSchedule(sources.Schedule{Start: r.Now(reactor.Monotonic).Add(time.Second), Interval: time.Second}))
	must(t, s.Activate())
	calls, total := 0, uint64(0)
	second := func() {
		c.Advance(int64(time.Second))
		total += receive(t, ticks, "tick")
		calls++
	}
	for range 3 {
		second()
	}
	s.Suspend()
	pass(t, c, q, 3*time.Second)
	none(t, ticks, "tick of a suspended timer")
	s.Resume()
	total += receive(t, ticks, "tick after resume")
	calls++
	for range 3 {
		second()
	}
	if calls != 7 || total != 9 {
		t.Errorf("%d calls with %d ticks, want 7 with 9", calls, total)
	}
	end(t, s)
}

func TestDispatchTimer(t *testing.T) {
	r, c := startTurned(t)
	q := r.NewQueue("q")
	now := r.Now(reactor.Monotonic)
	fired := make(chan int, 10)
	var timers []*sources.Timer
	for i := range 5 { // 1.1 s to 5.1 s
		s := sources.NewTimer(fmt.Sprint("timer ", i), q, reactor.Monotonic)
		s.OnEvent(func(sources.Ticks) { fired <- i })
		must(t, s.SetSchedule(sources.Schedule{Start: now.Add(time.Duration(i)*time.Second + 1100*ms), Interval: sources.Once}))
		must(t, s.Activate())
		timers = append(timers, s)
	}
	ticking := sources.NewTimer("ticking", q, reactor.Monotonic)
	ticks := make(chan uint64, 10)
	released := make(chan struct{})
	ticking.OnCancel(func() { close(released) })
	ticking.OnEvent(func(n sources.Ticks) {
		ticks <- n.Count
		if len(ticks) == 3 { // set and cancelled inside its handler
			if err := ticking.SetSchedule(sources.Schedule{Start: r.Now(reactor.Monotonic), Interval: time.Second}); err != nil {
				t.Error(err)
			}
			ticking.Cancel()
		}
	})
	must(t, ticking.SetSchedule(sources.Schedule{Start: now.Add(time.Second), Interval: time.Second}))
	must(t, ticking.Activate())
	end(t, timers[4])
	for range 6 {
		pass(t, c, q, time.Second)
	}
	receive(t, released, "cancel handler")
	if len(ticks) != 3 {
		t.Errorf("%d ticks, want 3", len(ticks))
	}
	for i := range 4 {
		if got := receive(t, fired, "one-shot"); got != i {
			t.Errorf("one-shot %d came as number %d", got, i)
		}
	}
	none(t, fired, "one-shot that was cancelled")
	for _, s := range timers[:4] {
		end(t, s)
	}
}

func TestDispatchTimerBit31(t *testing.T) {
	r, c := startTurned(t)
	q := r.NewQueue("q")
	s := sources.NewTimer("timer", q, reactor.Monotonic)
	ticks := make(chan uint64, 100)
	s.OnEvent(func(n sources.Ticks) { ticks <- n.Count })
	const interval = 1 << 31 * time.Nanosecond
	must(t, s.SetSchedule(sources.Schedule{Start: r.Now(reactor.Monotonic).Add(interval), Interval: interval}))
	must(t, s.Activate())
	pass(t, c, q, 2*time.Second)
	none(t, ticks, "tick at 2 s")
	c.Advance(int64(2*time.Second) - 2) // just before 4 s
	if n := receive(t, ticks, "tick before 4 s"); n != 1 {
		t.Errorf("%d ticks, want 1", n)
	}
	end(t, s)
}

func TestDispatchTimerBit63(t *testing.T) {
	r, c := startTurned(t)
	q := r.NewQueue("q")
	s := sources.NewTimer("timer", q, reactor.Monotonic)
	ticks := make(chan uint64, 100)
	s.OnEvent(func(n sources.Ticks) { ticks <- n.Count })
	// 2^63 + 1 ns can't be said in a time.Duration; the largest there is stands
	// for all above it.
	must(t, s.SetSchedule(sources.Schedule{Start: r.Now(reactor.Monotonic), Interval: math.MaxInt64}))
	must(t, s.Activate())
	if n := receive(t, ticks, "tick"); n != 1 {
		t.Errorf("%d ticks, want 1", n)
	}
	pass(t, c, q, time.Second)
	none(t, ticks, "second call")
	end(t, s)
}

func TestDispatchTimerSetTime(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	s := sources.NewTimer("timer", q, reactor.Monotonic)
	again := func() error {
		return s.SetSchedule(sources.Schedule{Start: r.Now(reactor.Monotonic).Add(100 * ms), Interval: 100 * ms})
	}
	n := 0
	done := make(chan struct{})
	began := time.Now()
	s.OnEvent(func(sources.Ticks) {
		if err := again(); err != nil {
			t.Error(err)
		}
		if n++; n == 15 {
			close(done)
		}
	})
	must(t, again())
	must(t, s.Activate())
	receive(t, done, "15 ticks")
	end(t, s)
	if took := time.Since(began); took < 1500*ms || took >= 10*time.Second {
		t.Errorf("15 ticks took %v", took)
	}
}
