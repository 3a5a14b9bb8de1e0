package clauses_test

import (
	"runtime"
	"testing"
	"weak"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

func TestC5_SuspensionCoversTheCancelHandler(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	s := sources.NewData("data", q, coalesce.Add)
	var happened order
	cancelled := make(chan struct{})
	s.OnEvent(func(uint64) { happened.add("call") })
	s.OnCancel(func() { happened.add("cancel handler"); close(cancelled) })
	must(t, s.Activate())
	s.Suspend()
	s.Suspend()
	s.Merge(1)
	s.Cancel()
	settle(t, q)
	s.Resume()
	settle(t, q)
	happened.is(t) // suspended once still
	s.Resume()
	receive(t, cancelled, "cancel handler")
	settle(t, q)
	happened.is(t, "cancel handler")
}

func TestC6_CancelledBeforeActivation(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	var happened order
	word := coalesce.NewWord(coalesce.Add)
	s := reactor.NewSource("s", q, word, fakeIntake{&happened})
	cancelled := make(chan struct{})
	s.OnRegister(happened.step("registration"))
	s.OnEvent(func(uint64) { happened.add("call") })
	s.OnCancel(func() { happened.add("cancel handler"); close(cancelled) })
	must(t, word.Merge(1))
	s.Wake()
	s.Cancel()
	settle(t, q)
	happened.is(t)
	_ = s.Activate()
	receive(t, cancelled, "cancel handler")
	settle(t, q)
	if got := happened.all(); got[len(got)-1] != "cancel handler" {
		t.Fatalf("happened: %v, want the cancel handler last", got)
	}
	for _, what := range happened.all() {
		if what == "registration" || what == "call" {
			t.Errorf("%s ran", what)
		}
	}
}

func TestC7_CancelHandlerWaitsForItsQueue(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	s, calls := counting(q, coalesce.Add)
	cancelled := make(chan struct{}, 1)
	s.OnCancel(func() { cancelled <- struct{}{} })
	must(t, s.Activate())
	settle(t, q)
	q.Suspend()
	s.Cancel()
	settle(t, r.NewQueue("another"))
	none(t, cancelled, "cancel handler on a suspended queue")
	q.Resume()
	receive(t, cancelled, "cancel handler")
	none(t, calls, "call")
}

func TestC8_CancelHandlerSetAfterCancel(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	s, _ := counting(q, coalesce.Add)
	must(t, s.Activate())
	s.Cancel()
	settle(t, q)
	cancelled := make(chan string, 10)
	s.OnCancel(func() { cancelled <- reactor.CurrentLabel() })
	if where := receive(t, cancelled, "cancel handler"); where != "q" {
		t.Errorf("ran on %q, want its target queue", where)
	}
	s.OnCancel(func() { cancelled <- "second" }) // one has run: C3
	settle(t, q)
	none(t, cancelled, "another cancel handler")
}

// ballast is something a handler holds on to.
type ballast struct{ _ [64]int }

// laden returns a handler and a look at what it holds on to.
func laden() (handler func(), held weak.Pointer[ballast]) {
	b := new(ballast)
	return func() { runtime.KeepAlive(b) }, weak.Make(b)
}

func TestC9_HandlersAreLetGo(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	s := sources.NewData("data", q, coalesce.Add)
	var held [3]weak.Pointer[ballast]
	func() {
		var register, event, cancel func()
		register, held[0] = laden()
		event, held[1] = laden()
		cancel, held[2] = laden()
		s.OnRegister(register)
		s.OnEvent(func(uint64) { event() })
		s.OnCancel(cancel)
	}()
	must(t, s.Activate())
	s.Merge(1)
	settle(t, q)
	runtime.GC()
	if held[1].Value() == nil {
		t.Fatal("the event handler of an active source was let go")
	}
	s.Cancel()
	settle(t, q)
	for i, name := range []string{"registration", "event", "cancel"} {
		collected(t, "what the "+name+" handler holds", func() bool { return held[i].Value() == nil })
	}
	runtime.KeepAlive(s)
}

func TestC10_SettingACancelledTimer(t *testing.T) {
	r, c := startTurned(t)
	q := r.NewQueue("q")
	s := sources.NewTimer("timer", q, reactor.Monotonic)
	ticks := make(chan struct{}, 100)
	s.OnEvent(func(sources.Ticks) { ticks <- struct{}{} })
	must(t, s.Activate())
	soon := func() sources.Schedule {
		return sources.Schedule{Start: r.Now(reactor.Monotonic).Add(10 * ms), Interval: 10 * ms}
	}
	q.Suspend()
	s.Cancel()
	must(t, s.SetSchedule(soon())) // the cancel handler still waits
	q.Resume()
	end(t, s)
	must(t, s.SetSchedule(soon()))
	pass(t, c, q, 100*ms)
	none(t, ticks, "tick of a cancelled timer")
}
