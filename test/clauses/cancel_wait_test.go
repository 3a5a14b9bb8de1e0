package clauses_test

import (
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

func TestC11_WaitsForTheCallInProgress(t *testing.T) {
	r := start(t)
	for _, q := range []*reactor.Queue{r.NewQueue("serial"), r.NewQueue("concurrent", reactor.Concurrent()), r.Global(reactor.DefaultQoS)} {
		s := sources.NewData("data", q, coalesce.Add)
		var happened order
		g := newGate()
		s.OnEvent(func(uint64) { g.pass(); happened.add("call ended") })
		must(t, s.Activate())
		s.Merge(1)
		receive(t, g.inside, "call")
		s.Merge(2)
		returned := make(chan any, 1)
		go func() {
			v := recovered(s.CancelAndWait)
			happened.add("returned")
			returned <- v
		}()
		eventually(t, "the cancel", s.Cancelled)
		happened.is(t)
		g.open()
		if v := receive(t, returned, "end of the wait"); v != nil {
			t.Fatalf("panic: %v", v)
		}
		s.Merge(4)
		drain(t, r.NewQueue("another"))
		happened.is(t, "call ended", "returned")
	}
}

// TestC11_TwoMayWait: neither has set a cancel handler, so neither panics.
func TestC11_TwoMayWait(t *testing.T) {
	r := start(t)
	for range 50 {
		s := sources.NewData("data", r.NewQueue("q"), coalesce.Add)
		g := newGate()
		s.OnEvent(func(uint64) { g.pass() })
		must(t, s.Activate())
		s.Merge(1)
		receive(t, g.inside, "call")
		returned := make(chan any, 2)
		for range 2 {
			go func() { returned <- recovered(s.CancelAndWait) }()
		}
		eventually(t, "the cancel", s.Cancelled)
		g.open()
		for range 2 {
			if v := receive(t, returned, "end of a wait"); v != nil {
				t.Fatalf("panic: %v", v)
			}
		}
		finishes(t, "waiting for what has ended", s.CancelAndWait)
	}
}

func TestC11_TheKernelHasLetGo(t *testing.T) {
	r := start(t)
	rd, wr := pipe(t)
	s := sources.NewRead("read", r.NewQueue("q"), rd)
	called := make(chan struct{}, 1000)
	s.OnEvent(func(sources.Ready) { called <- struct{}{}; _, _ = unix.Read(rd, make([]byte, 16)) })
	must(t, s.Activate())
	_, err := unix.Write(wr, []byte("x"))
	must(t, err)
	receive(t, called, "call")
	finishes(t, "cancel and wait", s.CancelAndWait)
	if polled(t, rd) {
		t.Error("the kernel still watches the descriptor")
	}
	shut(t, rd, wr)
}

func TestC11_ActivatesAnInactiveSource(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	s := sources.NewData("data", q, coalesce.Add)
	var happened order
	s.OnRegister(happened.step("registration"))
	s.OnEvent(func(uint64) { happened.add("call") })
	s.Merge(1)
	finishes(t, "cancel and wait", s.CancelAndWait)
	if got := s.State(); got != "cancelled" {
		t.Errorf("state %q, want cancelled", got)
	}
	settle(t, q)
	happened.is(t)
}

func TestC11_WhatItPanicsOn(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	t.Run("C11_ACancelHandler", func(t *testing.T) {
		s, calls := counting(q, coalesce.Add)
		s.OnCancel(func() {})
		must(t, s.Activate())
		panics(t, "data", s.CancelAndWait)
		if !s.Cancelled() {
			s.Merge(1)
			receive(t, calls, "call")
		}
		s.Cancel()
	})
	t.Run("C11_FromItsHandler", func(t *testing.T) {
		for _, q := range []*reactor.Queue{q, r.NewQueue("concurrent", reactor.Concurrent())} {
			s := sources.NewData("data", q, coalesce.Add)
			got := make(chan any, 1)
			s.OnEvent(func(uint64) { got <- recovered(s.CancelAndWait) })
			must(t, s.Activate())
			s.Merge(1)
			refused(t, receive(t, got, "call"), "data")
			finishes(t, "cancel and wait from elsewhere", s.CancelAndWait)
		}
	})
	t.Run("C11_OnItsQueue", func(t *testing.T) {
		// Not in the clause: but it must not hang either, with the source's turn
		// behind the item that waits.
		q := r.NewQueue("the target queue")
		s, _ := counting(q, coalesce.Add)
		must(t, s.Activate())
		settle(t, q)
		got := make(chan any, 1)
		q.Async(func() { got <- recovered(s.CancelAndWait) })
		if v := receive(t, got, "cancel and wait in an item of the target queue"); v != nil {
			refused(t, v, "the target queue")
		}
		finishes(t, "cancel and wait from elsewhere", s.CancelAndWait)
	})
	t.Run("C11_Suspended", func(t *testing.T) {
		s, _ := counting(q, coalesce.Add)
		must(t, s.Activate())
		s.Suspend()
		panics(t, "data", s.CancelAndWait)
		s.Resume()
		finishes(t, "cancel and wait after resume", s.CancelAndWait)
		inactive, _ := counting(q, coalesce.Add)
		inactive.Suspend()
		panics(t, "data", inactive.CancelAndWait)
	})
	t.Run("C11_ManyAtOnce", func(t *testing.T) {
		for range share(200, 5000) {
			s, _ := counting(q, coalesce.Add)
			must(t, s.Activate())
			var wg sync.WaitGroup
			wg.Go(func() { s.Merge(1) })
			wg.Go(s.Cancel)
			wg.Go(func() {
				if v := recovered(s.CancelAndWait); v != nil {
					t.Errorf("panic: %v", v)
				}
			})
			finishes(t, "cancel and wait beside a merge and a cancel", wg.Wait)
		}
	})
}
