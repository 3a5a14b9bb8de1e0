package clauses_test

import (
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/reactord/reactord/reactor"
)

func TestQ3_SyncHasItsPlaceAmongAsyncs(t *testing.T) {
	r := start(t)
	t.Run("Q3_Order", func(t *testing.T) {
		q := r.NewQueue("q")
		var happened order
		q.Suspend()
		q.Async(happened.step("async1"))
		var caller, runner string
		returned := make(chan struct{})
		go func() {
			caller = goroutine()
			q.Sync(func() { runner = goroutine(); happened.add("sync2") })
			happened.add("sync2 returned")
			close(returned)
		}()
		eventually(t, "sync waits in the queue", func() bool { return q.State().Waiting == 2 })
		q.Async(func() { <-returned; happened.add("async3") }) // sync has returned by then
		happened.is(t)                                         // suspended
		q.Resume()
		receive(t, returned, "end of sync")
		drain(t, q)
		happened.is(t, "async1", "sync2", "sync2 returned", "async3")
		if runner != caller {
			t.Errorf("the item ran on goroutine %s, the caller is %s", runner, caller)
		}
	})
	t.Run("Q3_FromOneGoroutine", func(t *testing.T) {
		q := r.NewQueue("q")
		n := 0
		for i := range 1000 {
			q.Async(func() { n++ })
			q.Sync(func() {
				if n++; n != 2*i+2 {
					t.Errorf("round %d: sync saw %d", i, n)
				}
			})
		}
	})
	t.Run("Q3_SuspendedItWaits", func(t *testing.T) {
		q := r.NewQueue("q")
		q.Suspend() // idle otherwise
		ran := make(chan struct{})
		go q.Sync(func() { close(ran) })
		eventually(t, "sync waits in the queue", func() bool { return q.State().Waiting == 1 })
		none(t, ran, "item of a suspended queue")
		q.Resume()
		receive(t, ran, "item")
	})
	t.Run("Q3_APanicGoesOnInTheCaller", func(t *testing.T) {
		q := r.NewQueue("q")
		if v := attempt(t, "sync that panics", func() { q.Sync(func() { panic("mine") }) }); v != "mine" {
			t.Fatalf("the caller got %v", v)
		}
		drain(t, q)
		ended := make(chan struct{}) // the end of the goroutine is no different
		go func() { defer close(ended); q.Sync(runtime.Goexit) }()
		receive(t, ended, "end of the goroutine")
		drain(t, q)
	})
}

// deadlock fails the test unless value is a DeadlockError that names the label.
func deadlock(t testing.TB, value any, label string) {
	t.Helper()
	refused(t, value, label)
	var d *reactor.DeadlockError
	if err, ok := value.(error); !ok || !errors.As(err, &d) {
		t.Fatalf("panic with %v (%T), want a DeadlockError", value, value)
	}
}

func TestQ4_SyncOntoOneselfIsDetected(t *testing.T) {
	r := start(t)
	nothing := func() {}
	a := r.NewQueue("alpha")
	b := r.NewQueue("beta")
	child := r.NewQueue("child", reactor.Target(a))
	grandchild := r.NewQueue("grandchild", reactor.Target(child))
	for _, c := range []struct {
		name  string
		label string // of the queue of the call
		run   func(got func(any))
	}{
		{"Sync in Sync", "alpha", func(got func(any)) {
			a.Sync(func() { got(recovered(func() { a.Sync(nothing) })) })
		}},
		{"A, B, A", "alpha", func(got func(any)) {
			a.Sync(func() { b.Sync(func() { got(recovered(func() { a.Sync(nothing) })) }) })
		}},
		{"in an async item", "alpha", func(got func(any)) {
			a.Async(func() { got(recovered(func() { a.Sync(nothing) })) })
		}},
		{"in an async item, A, B, A", "alpha", func(got func(any)) {
			a.Async(func() { b.Sync(func() { got(recovered(func() { a.Sync(nothing) })) }) })
		}},
		{"a child whose target is held", "child", func(got func(any)) {
			a.Async(func() { got(recovered(func() { child.Sync(nothing) })) })
		}},
		{"a grandchild whose target's target is held", "grandchild", func(got func(any)) {
			a.Sync(func() { got(recovered(func() { grandchild.Sync(nothing) })) })
		}},
		{"the target, on a child", "alpha", func(got func(any)) {
			child.Async(func() { got(recovered(func() { a.Sync(nothing) })) })
		}},
		{"the target, under Sync on a grandchild", "alpha", func(got func(any)) {
			grandchild.Sync(func() { got(recovered(func() { a.Sync(nothing) })) })
		}},
		{"a barrier on a serial queue", "alpha", func(got func(any)) {
			a.BarrierSync(func() { got(recovered(func() { a.BarrierSync(nothing) })) })
		}},
	} {
		got := make(chan any, 1)
		finishes(t, c.name, func() { c.run(func(v any) { got <- v }) })
		deadlock(t, receive(t, got, c.name), c.label)
		for _, q := range []*reactor.Queue{a, b, child, grandchild} {
			finishes(t, "a sync after "+c.name, func() { q.Sync(nothing) }) // all of them live
		}
	}
}

func TestQ4_NoFalseAlarm(t *testing.T) {
	r := start(t)
	a, b := r.NewQueue("alpha"), r.NewQueue("beta")
	finishes(t, "sync onto another queue", func() {
		a.Sync(func() { b.Sync(func() {}) })
	})
	finishes(t, "sync onto a queue the caller was on before", func() {
		for range 3 {
			a.Sync(func() {})
		}
	})
	g := closed(t, a) // held by another goroutine: that is waiting, no deadlock
	finished := make(chan any, 1)
	b.Async(func() { finished <- recovered(func() { a.Sync(func() {}) }) })
	eventually(t, "the sync waits", func() bool { return a.State().Waiting == 1 })
	none(t, finished, "sync onto a queue somebody else holds")
	g.open()
	if v := receive(t, finished, "sync"); v != nil {
		t.Fatalf("panic: %v", v)
	}
	started := make(chan any, 1)
	a.Sync(func() { // a goroutine an item starts is not on the queue
		go func() { started <- recovered(func() { a.Sync(func() {}) }) }()
		eventually(t, "the sync waits", func() bool { return a.State().Waiting == 1 })
	})
	if v := receive(t, started, "sync of a goroutine"); v != nil {
		t.Fatalf("panic: %v", v)
	}
}

func TestQ5_NestedSyncOnAConcurrentQueue(t *testing.T) {
	r := start(t)
	q := r.NewQueue("readers", reactor.Concurrent())
	nothing := func() {}
	finishes(t, "sync in sync in sync", func() {
		q.Sync(func() { q.Sync(func() { q.Sync(nothing) }) })
	})
	nested := make(chan any, 1)
	q.Async(func() { nested <- recovered(func() { q.Sync(nothing) }) })
	if v := receive(t, nested, "sync in an async item"); v != nil {
		t.Fatalf("panic: %v", v)
	}
	got := make(chan any, 1)
	q.Async(func() { got <- recovered(func() { q.BarrierSync(nothing) }) })
	deadlock(t, receive(t, got, "barrier sync in a reader"), "readers")
	finishes(t, "reader", func() {
		q.Sync(func() { got <- recovered(func() { q.BarrierSync(nothing) }) })
	})
	deadlock(t, receive(t, got, "barrier sync in a sync reader"), "readers")
	child := r.NewQueue("child", reactor.Target(q))
	child.Async(func() { got <- recovered(func() { q.BarrierSync(nothing) }) })
	deadlock(t, receive(t, got, "barrier sync on the target of the item's queue"), "readers")
	finishes(t, "a barrier after that", func() { q.BarrierSync(nothing) })
}

// TestQ5_NeverAHang: what can't succeed panics and what can succeeds; in the
// cases the clause doesn't decide either will do.
func TestQ5_NeverAHang(t *testing.T) {
	r := start(t)
	nothing := func() {}
	for _, c := range []struct {
		name string
		run  func(q *reactor.Queue, got func(any))
	}{
		{"sync in a barrier", func(q *reactor.Queue, got func(any)) {
			q.BarrierAsync(func() { got(recovered(func() { q.Sync(nothing) })) })
		}},
		{"sync in a barrier sync", func(q *reactor.Queue, got func(any)) {
			q.BarrierSync(func() { got(recovered(func() { q.Sync(nothing) })) })
		}},
		{"barrier sync in a barrier", func(q *reactor.Queue, got func(any)) {
			q.BarrierAsync(func() { got(recovered(func() { q.BarrierSync(nothing) })) })
		}},
		{"sync onto a child in a barrier of the target", func(q *reactor.Queue, got func(any)) {
			child := q.Reactor().NewQueue("readers' child", reactor.Target(q))
			q.BarrierAsync(func() { got(recovered(func() { child.Sync(nothing) })) })
		}},
		{"sync behind a barrier that waits for the caller", func(q *reactor.Queue, got func(any)) {
			q.Async(func() {
				q.BarrierAsync(nothing)
				got(recovered(func() { q.Sync(nothing) }))
			})
		}},
		{"sync in sync behind a barrier that waits for the caller", func(q *reactor.Queue, got func(any)) {
			q.Sync(func() {
				q.BarrierAsync(nothing)
				got(recovered(func() { q.Sync(nothing) }))
			})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := r.NewQueue("readers", reactor.Concurrent())
			got := make(chan any, 1)
			go c.run(q, func(v any) { got <- v })
			if v := receive(t, got, c.name); v != nil {
				deadlock(t, v, "readers")
			}
			finishes(t, "a sync after that", func() { q.Sync(nothing) })
			drain(t, q)
		})
	}
	t.Run("nested sync with every slot taken", func(t *testing.T) {
		q := r.NewQueue("readers", reactor.Width(2))
		got := make(chan any, 2)
		var both sync.WaitGroup
		both.Add(2)
		for range 2 {
			q.Async(func() {
				both.Done()
				both.Wait()
				got <- recovered(func() { q.Sync(nothing) })
			})
		}
		for range 2 {
			if v := receive(t, got, "nested sync"); v != nil {
				deadlock(t, v, "readers")
			}
		}
		drain(t, q)
	})
}
