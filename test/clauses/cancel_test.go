package clauses_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

func TestC1_CancelIsAsynchronousAndIdempotent(t *testing.T) {
	r := start(t)
	t.Run("C1_DuringACall", func(t *testing.T) {
		q := r.NewQueue("q")
		s := sources.NewData("data", q, coalesce.Add)
		var happened order
		cancelled := make(chan struct{})
		g := newGate()
		s.OnEvent(func(uint64) { g.pass(); happened.add("call ended") })
		s.OnCancel(func() { happened.add("cancel handler"); close(cancelled) })
		must(t, s.Activate())
		if s.Cancelled() {
			t.Fatal("cancelled before cancel")
		}
		s.Merge(1)
		receive(t, g.inside, "call")
		finishes(t, "cancel during a call", s.Cancel) // it doesn't wait
		if !s.Cancelled() {
			t.Fatal("not cancelled after cancel")
		}
		for range 3 {
			s.Cancel()
		}
		happened.is(t)
		g.open()
		receive(t, cancelled, "cancel handler")
		s.Cancel()
		settle(t, q)
		happened.is(t, "call ended", "cancel handler")
	})
	t.Run("C1_FromTheHandlers", func(t *testing.T) {
		q := r.NewQueue("q")
		s := sources.NewData("data", q, coalesce.Add)
		var flag atomic.Bool
		cancelled := make(chan struct{}, 10)
		s.OnEvent(func(uint64) { s.Cancel(); flag.Store(s.Cancelled()) })
		s.OnCancel(func() { s.Cancel(); cancelled <- struct{}{} })
		must(t, s.Activate())
		s.Merge(1)
		receive(t, cancelled, "cancel handler")
		settle(t, q)
		none(t, cancelled, "second cancel handler")
		if !flag.Load() {
			t.Fatal("not cancelled after cancel")
		}
	})
	t.Run("C1_FromManyGoroutines", func(t *testing.T) {
		q := r.NewQueue("q", reactor.Concurrent())
		for range 50 {
			s := sources.NewData("data", q, coalesce.Add)
			var handlers atomic.Int32
			s.OnCancel(func() { handlers.Add(1) })
			s.OnEvent(func(uint64) {})
			must(t, s.Activate())
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					s.Merge(1)
					s.Cancel()
					if !s.Cancelled() {
						t.Error("not cancelled after cancel")
					}
				})
			}
			wg.Wait()
			settle(t, q)
			if n := handlers.Load(); n != 1 {
				t.Fatalf("%d cancel handlers", n)
			}
		}
	})
}

func TestC2_PendingIsDroppedAndMergesAreIgnored(t *testing.T) {
	r := start(t)
	t.Run("C2_FromTheHandler", func(t *testing.T) {
		q := r.NewQueue("q")
		s := sources.NewData("data", q, coalesce.Add)
		var happened order
		cancelled := make(chan struct{})
		s.OnEvent(func(v uint64) {
			s.Merge(2)
			s.Cancel()
			s.Merge(4)
			happened.add(fmt.Sprint("call ", v))
		})
		s.OnCancel(func() { s.Merge(8); happened.add("cancel handler"); close(cancelled) })
		must(t, s.Activate())
		s.Merge(1)
		receive(t, cancelled, "cancel handler")
		s.Merge(16)
		settle(t, q)
		happened.is(t, "call 1", "cancel handler")
	})
	t.Run("C2_WhileTheCallWaits", func(t *testing.T) {
		q := r.NewQueue("q")
		s := sources.NewData("data", q, coalesce.Add)
		var happened order
		cancelled := make(chan struct{})
		s.OnEvent(func(uint64) { happened.add("call") })
		s.OnCancel(func() { happened.add("cancel handler"); close(cancelled) })
		must(t, s.Activate())
		settle(t, q)
		q.Suspend()
		s.Merge(1)
		s.Cancel()
		q.Resume()
		receive(t, cancelled, "cancel handler")
		settle(t, q)
		happened.is(t, "cancel handler")
	})
}
