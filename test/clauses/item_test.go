package clauses_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reactord/reactord/reactor"
)

func TestBL1_Cancel(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	t.Run("BL1_BeforeTheStart", func(t *testing.T) {
		ran := make(chan struct{}, 1)
		notified := make(chan struct{}, 1)
		w := reactor.NewWorkItem(func() { ran <- struct{}{} })
		q.Suspend()
		q.AsyncItem(w)
		w.Notify(q, func() { notified <- struct{}{} })
		if w.Cancelled() {
			t.Error("cancelled before cancel")
		}
		w.Cancel()
		if !w.Cancelled() {
			t.Error("not cancelled after cancel")
		}
		none(t, notified, "notification before its execution")
		if w.WaitFor(0) {
			t.Error("it was completed before its turn")
		}
		q.Resume()
		finishes(t, "wait", w.Wait)
		receive(t, notified, "notification")
		drain(t, q)
		none(t, ran, "body of a cancelled item")
	})
	t.Run("BL1_WhileItRuns", func(t *testing.T) {
		g := newGate()
		var happened order
		w := reactor.NewWorkItem(func() { g.pass(); happened.add("body ended") })
		q.AsyncItem(w)
		receive(t, g.inside, "body")
		w.Cancel()
		if !w.Cancelled() {
			t.Error("not cancelled after cancel")
		}
		g.open()
		finishes(t, "wait", w.Wait)
		happened.is(t, "body ended")
		if !w.Cancelled() {
			t.Error("the flag didn't stay set")
		}
	})
	t.Run("BL1_TheFlagStaysSet", func(t *testing.T) {
		ran := 0
		w := reactor.NewWorkItem(func() { ran++ })
		q.SyncItem(w)
		w.Cancel()
		q.SyncItem(w) // nobody waits for it, so that it may run again
		w.Perform()
		if ran != 1 || !w.Cancelled() {
			t.Errorf("ran %d times, want 1; cancelled: %v", ran, w.Cancelled())
		}
	})
	t.Run("BL1_BySync", func(t *testing.T) {
		w := reactor.NewWorkItem(func() { t.Error("the body of a cancelled item ran") })
		w.Cancel()
		w.Cancel()
		finishes(t, "sync of a cancelled item", func() { q.SyncItem(w) })
		if !w.WaitFor(0) {
			t.Error("its execution doesn't count as completed")
		}
		finishes(t, "perform of a cancelled item", reactor.NewWorkItem(func() {}).Perform)
	})
}

func TestBL2_OneSuccessfulWait(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	q.Suspend()
	w := reactor.NewWorkItem(func() {})
	q.AsyncItem(w)
	for range 3 { // these don't use it up
		if w.WaitFor(ms) {
			t.Error("a wait succeeded before the item ran")
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.WaitContext(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("WaitContext: %v", err)
	}
	q.Resume()
	if !w.WaitFor(time.Hour) {
		t.Error("wait failed")
	}
	broken(t, "a second wait after success", w.Wait)
	broken(t, "a second wait after success", func() { w.WaitFor(0) })
}

// broken fails the test unless f panics on purpose: an item has no label.
func broken(t *testing.T, what string, f func()) {
	t.Helper()
	refused(t, attempt(t, what, f), "")
}

func TestBL2_RunMoreThanOnce(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	ran := 0
	for _, run := range []func(*reactor.WorkItem){
		q.AsyncItem, q.SyncItem, (*reactor.WorkItem).Perform,
	} {
		w := reactor.NewWorkItem(func() { ran++ })
		run(w)
		drain(t, q)
		run(w) // by itself that is no misuse
		drain(t, q)
		broken(t, "wait for an item that ran twice", w.Wait)
		broken(t, "wait for an item that ran twice", func() { w.WaitFor(0) })
		broken(t, "notify of an item that ran twice", func() { w.Notify(q, func() {}) })
	}
	if ran != 6 {
		t.Errorf("ran %d times, want 6", ran)
	}
}

func TestBL2_Notify(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	home := r.NewQueue("home")
	w := reactor.NewWorkItem(func() {})
	notified := make(chan string, 10)
	tell := func() { notified <- reactor.CurrentLabel() }
	for range 3 {
		w.Notify(home, tell)
	}
	drain(t, home)
	none(t, notified, "notification before the item ran")
	q.AsyncItem(w)
	for range 3 {
		if l := receive(t, notified, "notification"); l != "home" {
			t.Errorf("notification on %q", l)
		}
	}
	w.Notify(home, tell) // after completion: at once
	receive(t, notified, "notification after completion")
	finishes(t, "wait beside notifications", w.Wait)
	drain(t, home)
	none(t, notified, "notification too many")
}

func TestBL3_TheBarrierFlag(t *testing.T) {
	r := start(t)
	t.Run("BL3_OnAConcurrentQueue", func(t *testing.T) {
		q := r.NewQueue("concurrent", reactor.Concurrent())
		g := closed(t, q)
		began := make(chan struct{}, 1)
		q.AsyncItem(reactor.NewWorkItem(func() { began <- struct{}{} }, reactor.AsBarrier()))
		after := make(chan struct{}, 1)
		q.Async(func() { after <- struct{}{} })
		drain(t, r.NewQueue("another"))
		none(t, began, "barrier beside an item before it")
		none(t, after, "item before the barrier it follows")
		q.AsyncItem(reactor.NewWorkItem(func() {})) // without the flag it would run beside
		g.open()
		receive(t, began, "barrier")
		receive(t, after, "item after the barrier")
		finishes(t, "sync of a barrier", func() {
			q.SyncItem(reactor.NewWorkItem(func() {
				if v := recovered(q.AssertBarrier); v != nil {
					t.Error(v)
				}
			}, reactor.AsBarrier()))
		})
		plain := make(chan any, 1)
		q.AsyncItem(reactor.NewWorkItem(func() { plain <- recovered(q.AssertBarrier) }))
		if receive(t, plain, "item") == nil {
			t.Error("an item without the flag ran as a barrier")
		}
	})
	t.Run("BL3_OnAGlobalQueue", func(t *testing.T) {
		q := r.Global(reactor.DefaultQoS)
		var both sync.WaitGroup
		both.Add(2)
		met := make(chan struct{}, 2)
		for range 2 {
			q.AsyncItem(reactor.NewWorkItem(func() { both.Done(); both.Wait(); met <- struct{}{} }, reactor.AsBarrier()))
		}
		for range 2 {
			receive(t, met, "meeting of two barriers on a global queue")
		}
	})
	t.Run("BL3_OnASerialQueue", func(t *testing.T) {
		q := r.NewQueue("serial")
		var happened order
		q.Async(happened.step("1"))
		q.AsyncItem(reactor.NewWorkItem(happened.step("2"), reactor.AsBarrier()))
		q.Async(happened.step("3"))
		drain(t, q)
		happened.is(t, "1", "2", "3")
	})
	t.Run("BL3_PerformIsMakeAndCall", func(t *testing.T) {
		var here atomic.Bool
		caller := goroutine()
		reactor.Perform(func() { here.Store(goroutine() == caller) }, reactor.AsBarrier())
		if !here.Load() {
			t.Error("it didn't run on the caller's goroutine before perform returned")
		}
	})
}
