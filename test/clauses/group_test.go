package clauses_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reactord/reactord/reactor"
)

func TestGR1_WaitUntilEmpty(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	var g reactor.Group // its zero value is ready
	finishes(t, "wait on an empty group", g.Wait)
	if !g.WaitFor(0) || !g.WaitFor(time.Hour) {
		t.Error("an empty group isn't empty")
	}
	must(t, g.WaitContext(t.Context()))
	g.Enter()
	g.Enter()
	if g.WaitFor(0) {
		t.Error("a poll found an entered group empty")
	}
	for _, left := range []int{2, 1} {
		began := time.Now()
		if g.WaitFor(50 * ms) {
			t.Errorf("a wait succeeded with %d to leave", left)
		}
		if took := time.Since(began); took < 50*ms || took > 5*time.Second {
			t.Errorf("a wait of 50 ms took %v", took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := g.WaitContext(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("WaitContext: %v", err)
		}
		if left == 2 {
			g.Leave()
		}
	}
	waited := make(chan bool, 1)
	go func() { waited <- g.WaitFor(time.Hour) }()
	q.Async(g.Leave)
	if !receive(t, waited, "end of wait") {
		t.Error("wait failed though the group became empty")
	}
}

func TestGR2_NotifyWhenEmpty(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	t.Run("GR2_AtOnce", func(t *testing.T) {
		g := reactor.NewGroup("g")
		on := make(chan string, 1)
		q.Suspend()
		g.Notify(q, func() { on <- reactor.CurrentLabel() })
		if n := q.State().Waiting; n != 1 {
			t.Errorf("%d items wait, want 1: it is submitted at once", n)
		}
		q.Resume()
		if l := receive(t, on, "notification"); l != "q" {
			t.Errorf("on %q", l)
		}
	})
	t.Run("GR2_AllThatAreRegistered", func(t *testing.T) {
		g := reactor.NewGroup("g")
		g.Enter()
		g.Enter()
		notified := make(chan int, 10)
		for i := range 3 {
			g.Notify(q, func() { notified <- i })
		}
		g.Leave()
		drain(t, q)
		none(t, notified, "notification before the last leave")
		g.Leave()
		for i := range 3 {
			if got := receive(t, notified, "notification"); got != i {
				t.Errorf("notification %d came as number %d", got, i)
			}
		}
		drain(t, q)
		none(t, notified, "fourth notification")
	})
	t.Run("GR2_FurtherGenerations", func(t *testing.T) {
		g := reactor.NewGroup("g")
		var happened order
		q.Suspend()
		for _, word := range []string{"first", "second"} {
			g.Enter()
			g.Notify(q, happened.step(word))
			g.Leave()
		}
		g.Enter() // a new generation holds nothing back
		q.Resume()
		drain(t, q)
		happened.is(t, "first", "second")
		g.Notify(q, happened.step("third"))
		drain(t, q)
		happened.is(t, "first", "second")
		g.Leave()
		drain(t, q)
		happened.is(t, "first", "second", "third")
	})
	t.Run("GR2_FromANotification", func(t *testing.T) {
		g := reactor.NewGroup("g")
		again := make(chan struct{})
		g.Enter()
		g.Notify(q, func() {
			g.Enter()
			g.Notify(q, func() { close(again) })
			g.Leave()
		})
		g.Leave()
		receive(t, again, "notification of the next generation")
	})
}

func TestGR3_SeveralMayWait(t *testing.T) {
	start(t)
	g := reactor.NewGroup("g")
	g.Enter()
	const n = 10
	woken := make(chan struct{}, n)
	for i := range n {
		go func() {
			if i%2 == 0 {
				g.Wait()
			} else if !g.WaitFor(time.Hour) {
				t.Error("a wait failed")
			}
			woken <- struct{}{}
		}()
	}
	if g.WaitFor(10 * ms) { // its end leaves the others waiting
		t.Error("a wait succeeded")
	}
	none(t, woken, "waiter of a group that isn't empty")
	g.Leave()
	for range n {
		receive(t, woken, "waiter")
	}
}

func TestGR4_UnbalancedLeavePanics(t *testing.T) {
	r := start(t)
	g := reactor.NewGroup("mygroup")
	panics(t, "mygroup", g.Leave)
	g.Enter()
	g.Leave()
	panics(t, "mygroup", g.Leave)
	notified := make(chan struct{})
	g.Notify(r.NewQueue("q"), func() { close(notified) }) // it is none the worse for it
	receive(t, notified, "notification")
	if !g.WaitFor(0) {
		t.Error("not empty")
	}
}

func TestGR4_AnEnteredGroupIsKept(t *testing.T) {
	r := start(t)
	q, home := r.NewQueue("q"), r.NewQueue("home")
	notified := make(chan struct{})
	q.Suspend()
	func() { // nothing but the item in q refers to the group
		g := reactor.NewGroup("g")
		g.Async(q, func() {})
		g.Notify(home, func() { close(notified) })
	}()
	for range 5 {
		runtime.GC()
	}
	none(t, notified, "notification")
	q.Resume()
	receive(t, notified, "notification")
}

func TestGR5_AsyncIsEnterAsyncLeave(t *testing.T) {
	var tr tracer
	r := start(t, reactor.WithTracer(&tr))
	q := r.NewQueue("q")
	g := reactor.NewGroup("g")
	q.Suspend()
	ran := false // guarded by the group
	g.Async(q, func() { ran = true })
	if g.WaitFor(0) {
		t.Fatal("the group wasn't entered before the item ran")
	}
	q.Resume()
	finishes(t, "wait", g.Wait)
	if !ran {
		t.Fatal("left before the item ran")
	}
	inner := make(chan struct{})
	g.Async(q, func() { g.Async(q, func() { close(inner) }) })
	finishes(t, "wait for an item that submits another", g.Wait)
	receive(t, inner, "inner item")
	g.Async(q, func() { panic("an item that panics leaves as well") })
	finishes(t, "wait for an item that panics", g.Wait)
	drain(t, q)
	if n := tr.threw("q"); n != 1 {
		t.Errorf("%d panics were reported, want 1", n)
	}
}

// TestGR2_NotifyRacesTheLastLeave: whoever is first, it fires once.
func TestGR2_NotifyRacesTheLastLeave(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q", reactor.Concurrent())
	g := reactor.NewGroup("g")
	for cycle := range share(3000, 200_000) {
		g.Enter()
		var fired atomic.Int32
		notified := make(chan struct{}, 2)
		var wg sync.WaitGroup
		wg.Go(g.Leave)
		wg.Go(func() { g.Notify(q, func() { fired.Add(1); notified <- struct{}{} }) })
		wg.Wait()
		receive(t, notified, "notification")
		if !g.WaitFor(time.Second) || fired.Load() != 1 {
			t.Fatalf("cycle %d: fired %d times", cycle, fired.Load())
		}
	}
}
