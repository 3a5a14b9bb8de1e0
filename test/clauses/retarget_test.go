package clauses_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reactord/reactord/reactor"
)

func TestH4_SetTargetIsABarrierBetweenItems(t *testing.T) {
	r := start(t)
	for _, option := range []reactor.QueueOption{reactor.Width(1), reactor.Concurrent()} {
		from, to := r.NewQueue("from"), r.NewQueue("to")
		q := r.NewQueue("q", option)
		must(t, q.SetTarget(from))
		drain(t, q)
		on := make(chan string, 10)
		tell := func() {
			switch {
			case recovered(from.AssertOn) == nil:
				on <- "from"
			case recovered(to.AssertOn) == nil:
				on <- "to"
			default:
				on <- "neither"
			}
		}
		g := newGate()
		q.Async(func() { tell(); g.pass(); tell() })
		q.Async(tell)
		receive(t, g.inside, "item")
		var err error
		finishes(t, "SetTarget beside an item", func() { err = q.SetTarget(to) }) // asynchronous
		must(t, err)
		q.Async(tell)
		drain(t, to)
		if len(on) != 1 {
			t.Fatalf("%d items began beside the change, want 1", len(on))
		}
		g.open()
		for i, want := range []string{"from", "from", "from", "to"} {
			if got := receive(t, on, "item"); got != want {
				t.Errorf("step %d was on %q, want %q", i, got, want)
			}
		}
	}
}

// TestH4_SetTargetUnderLoad: whatever target it is on, a serial queue stays one,
// and the target's other items keep out.
func TestH4_SetTargetUnderLoad(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	targets := []*reactor.Queue{r.NewQueue("a"), r.NewQueue("b"), r.Global(reactor.Utility)}
	var inside crowd
	ran := 0 // guarded by q
	item := func() {
		inside.enter()
		defer inside.leave()
		ran++
	}
	n := share(2000, 100_000)
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range n {
			if err := q.SetTarget(targets[i%len(targets)]); err != nil {
				t.Errorf("SetTarget: %v", err)
			}
		}
	})
	for range 2 {
		wg.Go(func() {
			for range n {
				q.Async(item)
				q.Sync(item)
			}
		})
	}
	finishes(t, "the load", wg.Wait)
	drain(t, q)
	if inside.largest() != 1 || ran != 4*n {
		t.Errorf("%d of %d items ran, %d at once", ran, 4*n, inside.largest())
	}
}

func TestH4_SetTargetOfAConcurrentQueueUnderLoad(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q", reactor.Concurrent())
	targets := []*reactor.Queue{r.NewQueue("a"), r.NewQueue("b", reactor.Width(2)), r.Global(reactor.Utility)}
	var readers, writers crowd
	var ran atomic.Int64
	read := func() {
		readers.enter()
		if writers.now() != 0 {
			t.Error("a reader beside a barrier")
		}
		readers.leave()
		ran.Add(1)
	}
	write := func() {
		writers.enter()
		if readers.now() != 0 {
			t.Error("a barrier beside a reader")
		}
		writers.leave()
		ran.Add(1)
	}
	n := share(1000, 50_000)
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range n {
			if err := q.SetTarget(targets[i%len(targets)]); err != nil {
				t.Errorf("SetTarget: %v", err)
			}
		}
	})
	for range 2 {
		wg.Go(func() {
			for i := range n {
				q.Async(read)
				q.Sync(read)
				if i%8 == 0 {
					q.BarrierAsync(write)
					q.BarrierSync(write)
				}
			}
		})
	}
	finishes(t, "the load", wg.Wait)
	drain(t, q)
	if want := int64(2 * (2*n + 2*((n+7)/8))); ran.Load() != want || writers.largest() != 1 {
		t.Errorf("%d of %d ran, %d barriers at once", ran.Load(), want, writers.largest())
	}
}

func TestH4_WhatIsRefused(t *testing.T) {
	r := start(t)
	other := r.NewQueue("other")
	t.Run("H4_MadeWithATarget", func(t *testing.T) {
		q := r.NewQueue("fixed", reactor.Target(other))
		refusedWith(t, q.SetTarget(r.NewQueue("another")), reactor.ErrTargetFixed)
		staysOn(t, q, other)
	})
	t.Run("H4_ActivatedFromInactive", func(t *testing.T) {
		q := r.NewQueue("awake", reactor.Inactive())
		must(t, q.SetTarget(other))
		q.Activate()
		refusedWith(t, q.SetTarget(r.NewQueue("another")), reactor.ErrTargetFixed)
		staysOn(t, q, other)
	})
	t.Run("H4_TargetedByOthers", func(t *testing.T) {
		q := r.NewQueue("targeted")
		must(t, q.SetTarget(other))
		child := r.NewQueue("child", reactor.Target(q))
		refusedWith(t, q.SetTarget(r.NewQueue("another")), reactor.ErrTargetInUse)
		staysOn(t, child, other)
	})
	t.Run("H4_Cycles", func(t *testing.T) {
		q := r.NewQueue("self")
		refusedWith(t, q.SetTarget(q), reactor.ErrTargetCycle)
		a, b, c := r.NewQueue("a"), r.NewQueue("b"), r.NewQueue("c")
		must(t, b.SetTarget(a))
		must(t, c.SetTarget(b))
		drain(t, c)
		// a is targeted by b: either reason will do, as long as it is refused.
		if err := a.SetTarget(c); !errors.Is(err, reactor.ErrTargetCycle) && !errors.Is(err, reactor.ErrTargetInUse) {
			t.Errorf("a cycle of three: %v", err)
		}
		asleep := r.NewQueue("asleep", reactor.Inactive())
		above := r.NewQueue("above", reactor.Inactive())
		must(t, above.SetTarget(asleep))
		if err := asleep.SetTarget(above); !errors.Is(err, reactor.ErrTargetCycle) && !errors.Is(err, reactor.ErrTargetInUse) {
			t.Errorf("a cycle of inactive queues: %v", err)
		}
		asleep.Activate()
		above.Activate()
		for _, q := range []*reactor.Queue{q, a, b, c, asleep, above} {
			drain(t, q) // none of them is the worse for it
		}
	})
	t.Run("H4_CyclesUnderWay", func(t *testing.T) {
		// Both changes are asynchronous; one of them must be refused, or come to
		// nothing, before the queues target each other.
		for range 50 {
			a, b := r.NewQueue("a"), r.NewQueue("b")
			var wg sync.WaitGroup
			var first, second error
			wg.Go(func() { first = a.SetTarget(b) })
			wg.Go(func() { second = b.SetTarget(a) })
			wg.Wait()
			if first == nil && second == nil {
				t.Fatal("two queues target each other")
			}
			drain(t, a)
			drain(t, b)
		}
	})
}

func refusedWith(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("SetTarget: %v, want %v", err, want)
	}
}

// staysOn fails the test unless q's items run on target.
func staysOn(t *testing.T, q, target *reactor.Queue) {
	t.Helper()
	on := make(chan any, 1)
	q.Async(func() { on <- recovered(target.AssertOn) })
	if v := receive(t, on, "item"); v != nil {
		t.Errorf("%s left its target: %v", q.Label(), v)
	}
}
