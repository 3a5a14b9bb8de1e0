package clauses_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/reactord/reactord/reactor"
)

func TestQ1_SerialIsStrictlyFIFO(t *testing.T) {
	r := start(t)
	t.Run("Q1_Order", func(t *testing.T) {
		q := r.NewQueue("q")
		const n = 10_000
		next := 0 // guarded by nothing but the queue: the race detector watches
		var inside crowd
		for i := range n {
			q.Async(func() {
				inside.enter()
				defer inside.leave()
				if next != i {
					t.Errorf("item %d ran as number %d", i, next)
				}
				next++
			})
		}
		drain(t, q)
		if next != n || inside.largest() != 1 {
			t.Fatalf("%d of %d ran, %d at once", next, n, inside.largest())
		}
	})
	t.Run("Q1_OrderOfEachSubmitter", func(t *testing.T) {
		q := r.NewQueue("q")
		const submitters, each = 8, 500
		var last [submitters]int
		var wg sync.WaitGroup
		for g := range submitters {
			wg.Go(func() {
				for i := 1; i <= each; i++ {
					q.Async(func() {
						if last[g] != i-1 {
							t.Errorf("submitter %d: item %d after item %d", g, i, last[g])
						}
						last[g] = i
					})
				}
			})
		}
		wg.Wait()
		drain(t, q)
		for g, n := range last {
			if n != each {
				t.Errorf("submitter %d: %d of %d ran", g, n, each)
			}
		}
	})
	t.Run("Q1_AsyncNeverBlocks", func(t *testing.T) {
		q := r.NewQueue("q")
		g := closed(t, q)
		ran := 0
		finishes(t, "100,000 asyncs behind a blocked item", func() {
			for range 100_000 {
				q.Async(func() { ran++ })
			}
		})
		g.open()
		drain(t, q)
		if ran != 100_000 {
			t.Fatalf("%d ran", ran)
		}
		inner := make(chan struct{})
		q.Async(func() { q.Async(func() { close(inner) }) }) // nor inside an item
		receive(t, inner, "item submitted by an item")
	})
}

func TestQ2_ConcurrentUpToItsWidth(t *testing.T) {
	r := start(t)
	t.Run("Q2_DequeuesInOrder", func(t *testing.T) {
		q := r.NewQueue("two", reactor.Width(2))
		if q.Width() != 2 {
			t.Fatalf("width %d", q.Width())
		}
		const n = 20
		var inside crowd
		began, leave := make(chan int, n), make([]chan struct{}, n)
		for i := range n {
			leave[i] = make(chan struct{})
			q.Async(func() {
				inside.enter()
				defer inside.leave()
				began <- i
				<-leave[i]
			})
		}
		first, second := receive(t, began, "first"), receive(t, began, "second")
		if first+second != 1 {
			t.Fatalf("items %d and %d began, want 0 and 1", first, second)
		}
		for i := 2; i < n; i++ { // one ends, the next in order begins
			close(leave[i-2])
			if got := receive(t, began, "next"); got != i {
				t.Fatalf("item %d began, want %d", got, i)
			}
		}
		close(leave[n-2])
		close(leave[n-1])
		drain(t, q)
		if inside.largest() != 2 {
			t.Fatalf("%d at once, want 2", inside.largest())
		}
	})
	t.Run("Q2_WithoutBound", func(t *testing.T) {
		for _, q := range []*reactor.Queue{r.NewQueue("concurrent", reactor.Concurrent()), r.Global(reactor.DefaultQoS)} {
			const n = 50
			var inside sync.WaitGroup
			inside.Add(n)
			met := make(chan struct{}, n)
			for range n {
				q.Async(func() { inside.Done(); inside.Wait(); met <- struct{}{} })
			}
			for range n {
				receive(t, met, "meeting of all items on "+q.Label())
			}
		}
	})
}

func TestQ6_SuspendAndResume(t *testing.T) {
	r := start(t)
	for _, q := range []*reactor.Queue{r.NewQueue("serial"), r.NewQueue("concurrent", reactor.Concurrent())} {
		var happened order
		g := newGate()
		q.Async(func() { g.pass(); happened.add("running item ended") })
		receive(t, g.inside, "item")
		finishes(t, "suspend beside an item", q.Suspend)
		q.Suspend()
		ended := make(chan struct{})
		q.Async(func() { happened.add("next item"); close(ended) })
		g.open()
		eventually(t, "the running item ends", func() bool { return q.State().Running == 0 })
		happened.is(t, "running item ended")
		q.Resume()
		if s := q.State(); s.Waiting != 1 || s.Suspended != 1 {
			t.Fatalf("state %+v, want 1 waiting, suspended once", s)
		}
		q.Resume()
		receive(t, ended, "next item")
		happened.is(t, "running item ended", "next item")
	}
	t.Run("Q6_ATargetHoldsBackWhatTargetsIt", func(t *testing.T) {
		base := r.NewQueue("base")
		q := r.NewQueue("q", reactor.Concurrent(), reactor.Target(r.NewQueue("middle", reactor.Target(base))))
		base.Suspend()
		ran := make(chan string, 3)
		q.Async(func() { ran <- "async" })
		q.BarrierAsync(func() { ran <- "barrier" })
		go q.Sync(func() { ran <- "sync" })
		drain(t, r.NewQueue("another"))
		none(t, ran, "item of a suspended target")
		base.Resume()
		for range 3 {
			receive(t, ran, "item")
		}
	})
	t.Run("Q6_FromAnItem", func(t *testing.T) {
		q := r.NewQueue("self")
		var happened order
		q.Suspend()
		q.Async(func() { q.Suspend(); happened.add("suspends itself") })
		ended := make(chan struct{})
		q.Async(func() { happened.add("after"); close(ended) })
		q.Resume()
		eventually(t, "the item ended", func() bool { s := q.State(); return s.Suspended == 1 && s.Running == 0 })
		happened.is(t, "suspends itself")
		q.Resume()
		receive(t, ended, "item after resume")
	})
}

func TestQ7_InactiveQueues(t *testing.T) {
	r := start(t)
	q := r.NewQueue("asleep", reactor.Inactive())
	base := r.NewQueue("base")
	var happened order
	where := make(chan any, 1)
	for _, word := range []string{"1", "2", "3"} {
		q.Async(happened.step(word))
	}
	q.Async(func() { where <- recovered(base.AssertOn) })
	must(t, q.SetTarget(base))
	drain(t, base)
	happened.is(t)
	panics(t, "asleep", q.Resume)
	q.Activate()
	if v := receive(t, where, "items"); v != nil {
		t.Errorf("the items didn't run on the target set before activation: %v", v)
	}
	happened.is(t, "1", "2", "3")
	q.Activate() // S7
	if err := q.SetTarget(r.NewQueue("another")); !errors.Is(err, reactor.ErrTargetFixed) {
		t.Errorf("SetTarget after activation: %v", err)
	}
	drain(t, q)
}

func TestQ7_ActivationUnderLoad(t *testing.T) {
	r := start(t)
	base := r.NewQueue("base")
	for range share(100, 5000) {
		q := r.NewQueue("asleep", reactor.Inactive())
		ran := 0 // guarded by the queue
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				for range 20 {
					q.Async(func() { ran++ })
				}
			})
		}
		wg.Go(func() { q.Sync(func() { ran++ }) })
		wg.Go(func() {
			if err := q.SetTarget(base); err != nil {
				t.Errorf("SetTarget of an inactive queue: %v", err)
			}
			q.Activate()
		})
		finishes(t, "the load", wg.Wait)
		drain(t, q)
		if ran != 61 {
			t.Fatalf("%d of 61 ran", ran)
		}
	}
}
