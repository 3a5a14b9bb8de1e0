package clauses_test

import (
	"testing"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

func TestS11_SuspensionIsLookedAtBetweenCalls(t *testing.T) {
	r := start(t)
	t.Run("S11_InsideTheHandler", func(t *testing.T) {
		q := r.NewQueue("q")
		s := sources.NewData("data", q, coalesce.Add)
		calls := make(chan uint64, 10)
		s.OnEvent(func(v uint64) {
			if v == 1 {
				s.Merge(2)
				s.Suspend()
				s.Merge(4)
			}
			calls <- v // the call itself goes on
		})
		must(t, s.Activate())
		s.Merge(1)
		receive(t, calls, "call")
		settle(t, q)
		none(t, calls, "call after suspend")
		s.Resume()
		if v := receive(t, calls, "call"); v != 6 {
			t.Fatalf("data %d, want 6", v)
		}
	})
	t.Run("S11_OnTheTargetQueue", func(t *testing.T) {
		q := r.NewQueue("q")
		s, calls := counting(q, coalesce.Add)
		must(t, s.Activate())
		settle(t, q)
		q.Suspend()
		q.Async(s.Suspend)
		s.Merge(1) // it waits right behind the item that suspends it
		q.Resume()
		settle(t, q)
		none(t, calls, "call after suspend on the target queue")
		s.Resume()
		receive(t, calls, "call")
	})
	t.Run("S11_FromElsewhere", func(t *testing.T) {
		q := r.NewQueue("q")
		s := sources.NewData("data", q, coalesce.Add)
		g := newGate()
		calls := make(chan uint64, 10)
		s.OnEvent(func(v uint64) {
			if v == 1 {
				g.pass()
			}
			calls <- v
		})
		must(t, s.Activate())
		s.Merge(1)
		receive(t, g.inside, "call")
		finishes(t, "suspend during a call", s.Suspend) // it doesn't wait for the call
		s.Merge(2)
		g.open()
		receive(t, calls, "end of the call that was not interrupted")
		settle(t, q)
		none(t, calls, "call after suspend")
		s.Resume()
		receive(t, calls, "call")
	})
}

func TestS12_SuspendedEventsMerge(t *testing.T) {
	r, c := startTurned(t)
	q := r.NewQueue("q")
	for _, kind := range []struct {
		mode coalesce.Mode
		want uint64
	}{{coalesce.Add, 50}, {coalesce.Or, 10}, {coalesce.Replace, 10}} {
		s, calls := counting(q, kind.mode)
		must(t, s.Activate())
		s.Suspend()
		for range 5 {
			s.Merge(10)
		}
		settle(t, q)
		s.Resume()
		if v := receive(t, calls, "call"); v != kind.want {
			t.Errorf("%v: data %d, want %d", kind.mode, v, kind.want)
		}
		settle(t, q)
		none(t, calls, "second call")
	}
	items := sources.NewItems[int]("items", q, 0)
	lists := make(chan []int, 10)
	items.OnEvent(func(l []int) { lists <- l })
	must(t, items.Activate())
	items.Suspend()
	for i := range 5 {
		must(t, items.Send(i))
	}
	items.Resume()
	if l := receive(t, lists, "list"); len(l) != 5 || l[0] != 0 || l[4] != 4 {
		t.Errorf("list %v, want 0 to 4", l)
	}
	timer := sources.NewTimer("timer", q, reactor.Monotonic)
	ticks := make(chan uint64, 10)
	timer.OnEvent(func(n sources.Ticks) { ticks <- n.Count })
	must(t, timer.SetSchedule(sources.Schedule{Start: r.Now(reactor.Monotonic).Add(20 * ms), Interval: 20 * ms}))
	must(t, timer.Activate())
	timer.Suspend()
	c.Advance(int64(100 * ms))
	settle(t, q)
	timer.Resume()
	if n := receive(t, ticks, "tick"); n != 5 {
		t.Errorf("%d ticks, want 5", n)
	}
	end(t, timer)
}

func TestS13_TargetThatCannotRunMerges(t *testing.T) {
	r := start(t)
	t.Run("S13_Suspended", func(t *testing.T) {
		q := r.NewQueue("q")
		s, calls := counting(q, coalesce.Add)
		must(t, s.Activate())
		settle(t, q)
		q.Suspend()
		for range 4 {
			s.Merge(1)
		}
		q.Resume()
		if v := receive(t, calls, "call"); v != 4 {
			t.Fatalf("data %d, want 4", v)
		}
		settle(t, q)
		none(t, calls, "second call")
	})
	t.Run("S13_Busy", func(t *testing.T) {
		q := r.NewQueue("q")
		s, calls := counting(q, coalesce.Add)
		must(t, s.Activate())
		settle(t, q)
		g := closed(t, q)
		for range 4 {
			s.Merge(1)
		}
		g.open()
		if v := receive(t, calls, "call"); v != 4 {
			t.Fatalf("data %d, want 4", v)
		}
		settle(t, q)
		none(t, calls, "second call")
	})
}

func TestS17_WithoutHandlerEventsAreDropped(t *testing.T) {
	var tr tracer
	r := start(t, reactor.WithTracer(&tr))
	q := r.NewQueue("q")
	s := sources.NewData("deaf", q, coalesce.Add)
	s.Merge(1)
	must(t, s.Activate())
	s.Merge(2)
	settle(t, q)
	if tr.told("deaf") == 0 {
		t.Error("the tracer was not told of the activation without a handler")
	}
	calls := make(chan uint64, 10)
	s.OnEvent(func(v uint64) { calls <- v })
	settle(t, q)
	none(t, calls, "a dropped event was kept; call")
	s.Merge(4)
	if v := receive(t, calls, "call"); v != 4 {
		t.Fatalf("data %d, want 4", v)
	}
}
