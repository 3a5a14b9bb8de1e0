package clauses_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

func TestS18_HandlersCanBeChanged(t *testing.T) {
	var tr tracer
	r := start(t, reactor.WithTracer(&tr))
	t.Run("S18_BeforeActivation", func(t *testing.T) {
		q := r.NewQueue("q")
		s, first := counting(q, coalesce.Add)
		second := make(chan uint64, 10)
		s.OnEvent(func(v uint64) { second <- v })
		s.Merge(1)
		must(t, s.Activate())
		receive(t, second, "call of the second handler")
		none(t, first, "call of the first handler")
	})
	t.Run("S18_FromTheNextCallOn", func(t *testing.T) {
		q := r.NewQueue("q")
		s := sources.NewData("data", q, coalesce.Add)
		g := newGate()
		first, second := make(chan uint64, 10), make(chan uint64, 10)
		s.OnEvent(func(v uint64) { g.pass(); first <- v })
		must(t, s.Activate())
		s.Merge(1)
		receive(t, g.inside, "call")
		s.OnEvent(func(v uint64) { second <- v }) // during a call, which goes on
		s.Merge(2)
		g.open()
		if v := receive(t, first, "end of the call"); v != 1 {
			t.Fatalf("first handler got %d, want 1", v)
		}
		if v := receive(t, second, "next call"); v != 2 {
			t.Fatalf("second handler got %d, want 2", v)
		}
		none(t, first, "another call of the first handler")
	})
	t.Run("S18_RemovalIsTold", func(t *testing.T) {
		q := r.NewQueue("q")
		s := sources.NewData("cleared", q, coalesce.Add)
		calls := make(chan uint64, 10)
		s.OnEvent(func(v uint64) { calls <- v })
		must(t, s.Activate())
		settle(t, q)
		if tr.told("cleared") != 0 {
			t.Fatal("the tracer was told of an activation that is in order")
		}
		s.OnEvent(nil)
		s.Merge(1)
		settle(t, q)
		none(t, calls, "the handler was removed; call")
		if tr.told("cleared") == 0 {
			t.Error("the tracer was not told that the handler was removed")
		}
	})
	t.Run("S18_LateRegistrationHandlerIsTold", func(t *testing.T) {
		q := r.NewQueue("q")
		s := sources.NewData("late", q, coalesce.Add)
		s.OnEvent(func(uint64) {})
		must(t, s.Activate())
		settle(t, q)
		s.OnRegister(func() {})
		settle(t, q)
		if tr.told("late") == 0 {
			t.Error("the tracer was not told of the late registration handler")
		}
	})
}

// fakeIntake is the kernel's side of a source, as a record.
type fakeIntake struct{ happened *order }

func (i fakeIntake) Register() error { i.happened.add("registered in the kernel"); return nil }
func (i fakeIntake) Rearm()          {}
func (i fakeIntake) Unregister()     { i.happened.add("unregistered in the kernel") }

func TestS19_RegistrationHandler(t *testing.T) {
	var tr tracer
	r := start(t, reactor.WithTracer(&tr))
	t.Run("S19_OnceAfterTheKernelBeforeTheFirstCall", func(t *testing.T) {
		q := r.NewQueue("home")
		var happened order
		word := coalesce.NewWord(coalesce.Add)
		s := reactor.NewSource("s", q, word, fakeIntake{&happened})
		s.OnRegister(func() { happened.add("registration on " + reactor.CurrentLabel()) })
		called := make(chan struct{}, 10)
		s.OnEvent(func(uint64) { happened.add("call"); called <- struct{}{} })
		for range 2 {
			must(t, word.Merge(1)) // data is waiting already
			s.Wake()
		}
		must(t, s.Activate())
		receive(t, called, "call")
		must(t, word.Merge(1))
		s.Wake()
		receive(t, called, "second call")
		happened.is(t, "registered in the kernel", "registration on home", "call", "call")
		end(t, s)
	})
	t.Run("S19_NotIfCancelledFirst", func(t *testing.T) {
		q := r.NewQueue("q")
		var happened order
		s := sources.NewData("s", q, coalesce.Add)
		s.OnEvent(func(uint64) {})
		s.OnRegister(happened.step("registration"))
		q.Suspend()
		must(t, s.Activate())
		s.Cancel()
		q.Resume()
		end(t, s)
		settle(t, q)
		happened.is(t)
	})
	t.Run("S19_SetLateItRunsStraightAway", func(t *testing.T) {
		q := r.NewQueue("q")
		s, _ := counting(q, coalesce.Add)
		must(t, s.Activate())
		settle(t, q)
		registered := make(chan string, 10)
		s.OnRegister(func() { registered <- reactor.CurrentLabel() })
		if where := receive(t, registered, "registration"); where != "q" {
			t.Fatalf("ran on %q, want its target queue", where)
		}
		settle(t, q)
		none(t, registered, "second registration")
		if tr.told("data") == 0 {
			t.Error("the tracer was not told")
		}
	})
}

func TestS21_Retargeting(t *testing.T) {
	var tr tracer
	r := start(t, reactor.WithTracer(&tr))
	t.Run("S21_InactiveAtOnce", func(t *testing.T) {
		a, b := r.NewQueue("a"), r.NewQueue("b")
		a.Suspend()
		s := sources.NewData("asleep", a, coalesce.Add)
		where := make(chan string, 10)
		s.OnRegister(func() { where <- reactor.CurrentLabel() })
		s.OnEvent(func(uint64) { where <- reactor.CurrentLabel() })
		s.Merge(1)
		s.SetTarget(b)
		must(t, s.Activate())
		for _, what := range []string{"registration", "call"} {
			if got := receive(t, where, what); got != "b" {
				t.Errorf("%s on %q, want b", what, got)
			}
		}
		if n := a.State().Waiting; n != 0 {
			t.Errorf("%d items wait on the old target", n)
		}
		if tr.told("asleep") != 0 {
			t.Error("the tracer was told of a change that is in order")
		}
		a.Resume()
	})
	t.Run("S21_ActiveBetweenTwoCalls", func(t *testing.T) {
		a, b := r.NewQueue("a"), r.NewQueue("b")
		s := sources.NewData("moved", a, coalesce.Add)
		var inside crowd
		g := newGate()
		where := make(chan string, 10)
		s.OnEvent(func(v uint64) {
			inside.enter()
			defer inside.leave()
			if v == 1 {
				g.pass()
			}
			where <- reactor.CurrentLabel()
		})
		must(t, s.Activate())
		s.Merge(1)
		receive(t, g.inside, "call")
		finishes(t, "retargeting during a call", func() { s.SetTarget(b) }) // asynchronous
		s.Merge(2)
		settle(t, b) // the new target must not begin beside the call on the old one
		none(t, where, "call beside another")
		g.open()
		if got := receive(t, where, "end of the first call"); got != "a" {
			t.Errorf("the call in progress was on %q, want a", got)
		}
		if got := receive(t, where, "second call"); got != "b" {
			t.Errorf("the next call was on %q, want b", got)
		}
		if n := inside.largest(); n != 1 {
			t.Errorf("%d calls at once", n)
		}
		if tr.told("moved") == 0 {
			t.Error("the tracer was not told")
		}
	})
}

// TestS21_UnderLoad retargets, suspends and resumes a source while it is merged
// into: its calls never overlap, nothing is lost, and the cancel handler is one
// and the last.
func TestS21_UnderLoad(t *testing.T) {
	r := start(t, reactor.WithTracer(new(tracer)))
	targets := []*reactor.Queue{r.NewQueue("a"), r.NewQueue("b", reactor.Concurrent()), r.Global(reactor.DefaultQoS)}
	for range share(10, 500) {
		s := sources.NewData("moved", targets[0], coalesce.Add)
		var inside crowd
		var sum atomic.Uint64
		s.OnEvent(func(v uint64) {
			inside.enter()
			defer inside.leave()
			sum.Add(v)
		})
		must(t, s.Activate())
		const each = 300
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				for range each {
					s.Merge(1)
				}
			})
		}
		wg.Go(func() {
			for i := range each {
				s.SetTarget(targets[i%len(targets)])
			}
		})
		wg.Go(func() {
			for range each {
				s.Suspend()
				s.Resume()
			}
		})
		finishes(t, "the load", wg.Wait)
		eventually(t, "all delivered", func() bool { return sum.Load() >= 2*each })
		end(t, s, func() {
			if inside.now() != 0 {
				t.Error("the cancel handler runs beside a call")
			}
		})
		if inside.largest() != 1 || sum.Load() != 2*each {
			t.Fatalf("%d calls at once, sum %d, want 1 and %d", inside.largest(), sum.Load(), 2*each)
		}
	}
}
