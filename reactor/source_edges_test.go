package reactor_test

import (
	"runtime"
	"testing"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
)

// Ensure that what is pending is delivered whatever becomes of the registration
// handler.
func TestS19_NothingIsStranded(t *testing.T) {
	for name, f := range map[string]func(){"panic": func() { panic("oops") }, "goexit": runtime.Goexit, "return": nop} {
		t.Run(name, func(t *testing.T) {
			r := start(t, reactor.WithTracer(quiet{}))
			word := coalesce.NewWord(coalesce.Add)
			s := reactor.NewSource("s", r.NewQueue("q"), word, nil)
			got := make(chan uint64, 1)
			s.OnEvent(func(v uint64) { got <- v })
			s.OnRegister(f)
			_ = word.Merge(7)
			if err := s.Activate(); err != nil {
				t.Fatal(err)
			}
			if v := receive(t, got, "what was merged before"); v != 7 {
				t.Errorf("got %d", v)
			}
			s.CancelAndWait()
			s.CancelAndWait() // again: it has ended
		})
	}
}

// Ensure that a registration handler set late doesn't run after the cancel.
func TestS19_LateAndCancelled(t *testing.T) {
	r := start(t, reactor.WithTracer(quiet{}))
	q := r.NewQueue("q")
	s := reactor.NewSource("s", q, coalesce.NewWord(coalesce.Add), nil)
	s.OnEvent(func(uint64) {})
	if err := s.Activate(); err != nil {
		t.Fatal(err)
	}
	drain(t, q)
	q.Suspend()
	s.OnRegister(func() { t.Error("the registration handler ran after the cancel") })
	s.Cancel()
	q.Resume()
	drain(t, q)
}

// Ensure that CancelAndWait of a source that has ended waits for nothing, also
// on its queue.
func TestC11_AfterTheEnd(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	s := reactor.NewSource("s", q, coalesce.NewWord(coalesce.Add), nil)
	s.OnEvent(func(uint64) {})
	if err := s.Activate(); err != nil {
		t.Fatal(err)
	}
	s.CancelAndWait()
	q.Sync(s.CancelAndWait)
}

func TestS21_TargetOfAnotherReactor(t *testing.T) {
	r, other := start(t), reactor.New()
	s := reactor.NewSource("s", r.NewQueue("q"), coalesce.NewWord(coalesce.Add), nil)
	panicWith(t, func() { s.SetTarget(other.NewQueue("foreign")) }, `"s"`, `"foreign"`, "another reactor")
}
