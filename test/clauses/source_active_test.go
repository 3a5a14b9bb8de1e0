package clauses_test

import (
	"testing"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
)

func TestS7_ActivatingTwiceDoesNothing(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	s, calls := counting(q, coalesce.Add)
	registered := make(chan struct{}, 10)
	s.OnRegister(func() { registered <- struct{}{} })
	must(t, s.Activate())
	must(t, s.Activate())
	settle(t, q)
	if n := len(registered); n != 1 {
		t.Fatalf("registered %d times", n)
	}
	s.Suspend()
	must(t, s.Activate())
	s.Merge(1)
	settle(t, q)
	none(t, calls, "a second activate took a suspension back; call")
	s.Resume()
	receive(t, calls, "call")

	q.Activate() // an active queue
	q.Suspend()
	q.Activate()
	ran := make(chan struct{}, 1)
	q.Async(func() { ran <- struct{}{} })
	if n := q.State().Suspended; n != 1 {
		t.Fatalf("queue is suspended %d times, want 1", n)
	}
	none(t, ran, "activate took a suspension back; item")
	q.Resume()
	receive(t, ran, "item")
}

func TestS8_ResumeOfWhatIsInactive(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	t.Run("S8_ASourceIsActivated", func(t *testing.T) {
		s, calls := counting(q, coalesce.Add)
		s.Merge(3)
		s.Resume()
		if v := receive(t, calls, "call"); v != 3 {
			t.Fatalf("data %d, want 3", v)
		}
		panics(t, "data", s.Resume) // it is active now: S9
	})
	t.Run("S8_AQueuePanics", func(t *testing.T) {
		inactive := r.NewQueue("asleep", reactor.Inactive())
		panics(t, "asleep", inactive.Resume)
		ran := make(chan struct{}, 1)
		inactive.Async(func() { close(ran) })
		drain(t, q)
		none(t, ran, "resume activated the queue; item")
		inactive.Activate()
		receive(t, ran, "item")
	})
}

func TestS9_SuspensionsNest(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	s, calls := counting(q, coalesce.Add)
	must(t, s.Activate())
	for range 3 {
		s.Suspend()
	}
	s.Merge(1)
	for range 2 {
		s.Resume()
	}
	settle(t, q)
	none(t, calls, "one suspension is left; call")
	s.Resume()
	receive(t, calls, "call")
	for range 2 {
		panics(t, "data", s.Resume)
	}
	s.Suspend() // a panic must not have spoiled the count
	s.Merge(1)
	settle(t, q)
	none(t, calls, "suspended; call")
	s.Resume()
	receive(t, calls, "call")

	target := r.NewQueue("nested")
	for range 3 {
		target.Suspend()
	}
	ran := make(chan struct{}, 1)
	target.Async(func() { ran <- struct{}{} })
	target.Resume()
	target.Resume()
	if n := target.State().Suspended; n != 1 {
		t.Fatalf("suspended %d times, want 1", n)
	}
	none(t, ran, "one suspension is left; item")
	target.Resume()
	receive(t, ran, "item")
	for range 2 {
		panics(t, "nested", target.Resume)
	}
	drain(t, target)
}

func TestS10_InactivityIsNoSuspension(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	t.Run("S10_SuspendedThenActivated", func(t *testing.T) {
		s, calls := counting(q, coalesce.Add)
		s.Suspend()
		s.Suspend()
		s.Merge(1)
		must(t, s.Activate())
		s.Merge(2)
		settle(t, q)
		s.Resume()
		settle(t, q)
		none(t, calls, "suspended; call")
		s.Resume()
		if v := receive(t, calls, "call"); v != 3 {
			t.Fatalf("data %d, want 3", v)
		}
		settle(t, q)
		none(t, calls, "second call")
	})
	t.Run("S10_ResumeUsesUpTheCountOnly", func(t *testing.T) {
		s, calls := counting(q, coalesce.Add)
		s.Suspend()
		s.Merge(1)
		s.Resume()
		settle(t, q)
		none(t, calls, "it was never activated; call")
		must(t, s.Activate())
		receive(t, calls, "call")
	})
}
