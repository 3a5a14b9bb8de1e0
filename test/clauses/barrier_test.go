package clauses_test

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/reactord/reactord/reactor"
)

func TestB1_BarrierRunsAlone(t *testing.T) {
	r := start(t)
	for _, q := range []*reactor.Queue{r.NewQueue("concurrent", reactor.Concurrent()), r.NewQueue("eight", reactor.Width(8))} {
		var readers, writers crowd
		before, barrier, after := make([]gate, 3), newGate(), make(chan struct{}, 3)
		for i := range before {
			before[i] = newGate()
			q.Async(func() { readers.enter(); before[i].pass(); readers.leave() })
		}
		q.BarrierAsync(func() {
			if n := readers.now(); n != 0 {
				t.Errorf("%d items beside the barrier", n)
			}
			writers.enter()
			barrier.pass()
			writers.leave()
		})
		for range 3 {
			q.Async(func() {
				if writers.now() != 0 {
					t.Error("an item beside the barrier")
				}
				after <- struct{}{}
			})
		}
		for _, g := range before { // all at once, although a barrier waits
			receive(t, g.inside, "item before the barrier")
		}
		for i, g := range before {
			none(t, barrier.inside, fmt.Sprintf("%d items before it still run; barrier", len(before)-i))
			g.open()
		}
		receive(t, barrier.inside, "barrier")
		none(t, after, "item after the barrier, beside it")
		barrier.open()
		for range 3 {
			receive(t, after, "item after the barrier")
		}
	}
}

func TestB1_BarrierSync(t *testing.T) {
	r := start(t)
	q := r.NewQueue("concurrent", reactor.Concurrent())
	var happened order
	g := newGate()
	q.Async(func() { g.pass(); happened.add("before") })
	receive(t, g.inside, "item")
	returned := make(chan struct{})
	var caller, runner string
	go func() {
		caller = goroutine()
		q.BarrierSync(func() { runner = goroutine(); happened.add("barrier") })
		close(returned)
	}()
	eventually(t, "the barrier waits", func() bool { return q.State().Waiting == 1 })
	q.Async(func() { <-returned; happened.add("after") })
	happened.is(t)
	g.open()
	receive(t, returned, "end of the barrier")
	drain(t, q)
	happened.is(t, "before", "barrier", "after")
	if runner != caller {
		t.Errorf("the barrier ran on goroutine %s, the caller is %s", runner, caller)
	}
}

// TestB1_Model submits items and barriers in any order: each sees exactly the
// effects of what the barriers before it, and it if it is one, must have seen.
func TestB1_Model(t *testing.T) {
	r := start(t)
	rapid.Check(t, func(rt *rapid.T) {
		width := rapid.SampledFrom([]int{2, 3, 8, 0}).Draw(rt, "width")
		q := r.NewQueue("q", reactor.Concurrent())
		if width > 0 {
			q = r.NewQueue("q", reactor.Width(width))
		}
		barriers := rapid.SliceOfN(rapid.Bool(), 1, 60).Draw(rt, "barriers")
		var mu sync.Mutex
		ended := make([]bool, len(barriers))
		began := make([]bool, len(barriers))
		var faults []string
		q.Suspend()
		for i, isBarrier := range barriers {
			item := func() {
				mu.Lock()
				began[i] = true
				for j, otherIsBarrier := range barriers {
					switch {
					case j < i && (isBarrier || otherIsBarrier) && !ended[j]:
						faults = append(faults, fmt.Sprintf("%d began before %d ended", i, j))
					case j > i && (isBarrier || otherIsBarrier) && began[j]:
						faults = append(faults, fmt.Sprintf("%d began after %d did", i, j))
					}
				}
				mu.Unlock()
				runtime.Gosched()
				mu.Lock()
				ended[i] = true
				mu.Unlock()
			}
			if isBarrier {
				q.BarrierAsync(item)
			} else {
				q.Async(item)
			}
		}
		q.Resume()
		drain(t, q)
		if len(faults) > 0 || slices.Contains(ended, false) {
			rt.Fatalf("barriers %v: %v", barriers, faults)
		}
	})
}

func TestB2_PlainOnGlobalAndSerialQueues(t *testing.T) {
	r := start(t)
	t.Run("B2_Global", func(t *testing.T) {
		q := r.Global(reactor.DefaultQoS)
		var inside sync.WaitGroup
		inside.Add(3)
		met := make(chan struct{}, 3)
		meet := func() { inside.Done(); inside.Wait(); met <- struct{}{} }
		q.BarrierAsync(meet)
		q.BarrierAsync(meet)
		go q.BarrierSync(meet)
		for range 3 {
			receive(t, met, "meeting of three barriers on a global queue")
		}
	})
	t.Run("B2_Serial", func(t *testing.T) {
		q := r.NewQueue("q")
		var happened order
		q.Suspend()
		q.Async(happened.step("1"))
		q.BarrierAsync(happened.step("2"))
		q.Async(happened.step("3"))
		q.BarrierAsync(happened.step("4"))
		q.Resume()
		q.BarrierSync(happened.step("5"))
		happened.is(t, "1", "2", "3", "4", "5")
	})
}

func TestB3_BarrierOnTheTarget(t *testing.T) {
	r := start(t)
	base := r.NewQueue("base", reactor.Concurrent())
	children := []*reactor.Queue{
		r.NewQueue("serial child", reactor.Target(base)),
		r.NewQueue("concurrent child", reactor.Concurrent(), reactor.Target(base)),
	}
	var inside crowd
	var before []gate
	for _, c := range children {
		g := newGate()
		before = append(before, g)
		c.Async(func() { inside.enter(); g.pass(); inside.leave() })
		receive(t, g.inside, "item of "+c.Label())
	}
	barrier := newGate()
	base.BarrierAsync(func() {
		if n := inside.now(); n != 0 {
			t.Errorf("%d items of children beside the barrier", n)
		}
		barrier.pass()
	})
	after := make(chan struct{}, 2)
	for i, g := range before {
		none(t, barrier.inside, fmt.Sprintf("%d items of children still run; barrier", len(before)-i))
		g.open()
	}
	receive(t, barrier.inside, "barrier")
	for _, c := range children {
		c.Async(func() { after <- struct{}{} })
	}
	drain(t, r.NewQueue("another"))
	none(t, after, "item of a child beside the barrier")
	barrier.open()
	for range children {
		receive(t, after, "item of a child after the barrier")
	}
}
