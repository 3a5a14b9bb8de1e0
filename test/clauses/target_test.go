package clauses_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

func TestH1_OneSerialQueueExcludesAllAboveIt(t *testing.T) {
	r := start(t)
	base := r.NewQueue("base")
	child := r.NewQueue("child", reactor.Target(base))
	wide := r.NewQueue("wide", reactor.Concurrent(), reactor.Target(base))
	top := r.NewQueue("top", reactor.Concurrent(), reactor.Target(wide))
	var inside crowd
	total := 0 // guarded by base: the race detector watches
	item := func() {
		inside.enter()
		defer inside.leave()
		total++
	}
	source := sources.NewData("source", top, coalesce.Add)
	source.OnEvent(func(uint64) { inside.enter(); defer inside.leave() })
	must(t, source.Activate())
	const each = 300
	var wg sync.WaitGroup
	for _, q := range []*reactor.Queue{base, child, wide, top} {
		wg.Go(func() {
			for range each {
				q.Async(item)
				source.Merge(1)
				q.Sync(item)
				q.BarrierAsync(item)
			}
		})
	}
	finishes(t, "all submissions", wg.Wait)
	for _, q := range []*reactor.Queue{top, wide, child, base} {
		drain(t, q)
	}
	end(t, source)
	if n := inside.largest(); n != 1 {
		t.Errorf("%d at once", n)
	}
	if total != 4*3*each {
		t.Errorf("%d items ran, want %d", total, 4*3*each)
	}
}

func TestH1_LongChains(t *testing.T) {
	r := start(t)
	const depth = 200
	q := r.NewQueue("bottom")
	bottom := q
	for i := range depth {
		q = r.NewQueue(fmt.Sprint("level ", i), reactor.Concurrent(), reactor.Target(q))
	}
	var inside crowd
	item := func() {
		inside.enter()
		defer inside.leave()
		if v := recovered(bottom.AssertOn); v != nil {
			t.Error(v)
		}
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				q.Async(item)
				bottom.Async(item)
				q.Sync(item)
				q.BarrierSync(item)
			}
		})
	}
	finishes(t, "the load", wg.Wait)
	drain(t, q)
	drain(t, bottom)
	if n := inside.largest(); n != 1 {
		t.Errorf("%d at once", n)
	}
}

func TestH2_SiblingsAreOrderedByQueue(t *testing.T) {
	r := start(t)
	base := r.NewQueue("base")
	a := r.NewQueue("a", reactor.Target(base))
	b := r.NewQueue("b", reactor.Target(base))
	var happened order
	base.Suspend()
	for i := range 3 {
		a.Async(happened.step(fmt.Sprint("A", i)))
		b.Async(happened.step(fmt.Sprint("B", i)))
		base.Async(happened.step(fmt.Sprint("BASE", i)))
	}
	base.Resume()
	for _, q := range []*reactor.Queue{a, b, base} {
		drain(t, q)
	}
	happened.is(t, "A0", "A1", "A2", "B0", "B1", "B2", "BASE0", "BASE1", "BASE2")
}

func TestH3_TheSmallestWidthInTheChain(t *testing.T) {
	r := start(t)
	widths := []int{1, 2, 3, 0} // 0: without bound
	queue := func(label string, width int, target *reactor.Queue) *reactor.Queue {
		if width == 0 {
			return r.NewQueue(label, reactor.Concurrent(), reactor.Target(target))
		}
		return r.NewQueue(label, reactor.Width(width), reactor.Target(target))
	}
	const items = 8
	for _, bottom := range widths {
		for _, middle := range widths {
			for _, top := range widths {
				name := fmt.Sprintf("widths %d, %d, %d", top, middle, bottom)
				want := items
				for _, w := range []int{bottom, middle, top} {
					if w > 0 {
						want = min(want, w)
					}
				}
				q := queue("top", top, queue("middle", middle, queue("bottom", bottom, r.Global(reactor.DefaultQoS))))
				var inside crowd
				full := make(chan struct{})
				var once, all sync.WaitGroup
				once.Add(want)
				all.Add(items)
				go func() { once.Wait(); close(full) }()
				for i := range items {
					q.Async(func() {
						defer all.Done()
						inside.enter()
						defer inside.leave()
						if i < want {
							once.Done()
						}
						<-full // until as many as the chain allows have met
					})
				}
				finishes(t, name, all.Wait)
				if n := inside.largest(); n != want {
					t.Errorf("%s: %d at once, want %d", name, n, want)
				}
			}
		}
	}
}

func TestH3_TwoQueuesShareTheWidthOfTheirTarget(t *testing.T) {
	r := start(t)
	base := r.NewQueue("base", reactor.Width(2))
	var inside crowd
	var all sync.WaitGroup
	for _, label := range []string{"a", "b", "c"} {
		q := r.NewQueue(label, reactor.Concurrent(), reactor.Target(base))
		for range 200 {
			all.Add(1)
			q.Async(func() { inside.enter(); inside.leave(); all.Done() })
		}
	}
	finishes(t, "all items", all.Wait)
	if n := inside.largest(); n > 2 {
		t.Errorf("%d at once on a target of width 2", n)
	}
}
