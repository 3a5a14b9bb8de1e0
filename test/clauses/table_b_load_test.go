package clauses_test

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reactord/reactord/reactor"
)

func TestDispatchOvercommit(t *testing.T) {
	r := start(t)
	const n = 32
	var spinning atomic.Int32
	var leave atomic.Bool
	var ended sync.WaitGroup
	for i := range n {
		ended.Add(1)
		r.NewQueue(fmt.Sprint("spinner ", i)).Async(func() {
			defer ended.Done()
			spinning.Add(1)
			for !leave.Load() { // yields to nobody of its own accord
			}
		})
	}
	eventually(t, "all 32 spin", func() bool { return spinning.Load() == n })
	leave.Store(true)
	finishes(t, "the spinners", ended.Wait)
}

func TestDispatchPingpong(t *testing.T) {
	r := start(t)
	hops := share(50_000, 1_000_000)
	ping, pong := r.NewQueue("ping"), r.NewQueue("pong")
	g := reactor.NewGroup("g")
	n := 0 // guarded by the order of the hops
	var hop func(q, other *reactor.Queue)
	hop = func(q, other *reactor.Queue) {
		if n++; n < hops {
			g.Async(other, func() { hop(other, q) })
		}
	}
	g.Async(ping, func() { hop(ping, pong) })
	if !g.WaitFor(10 * patience) {
		t.Fatal("it stopped")
	}
	if n != hops {
		t.Fatalf("%d of %d hops", n, hops)
	}
}

// priorities submits 32 items for each processor to every level, the lowest
// first, and stops at half: a higher level has completed no fewer.
func priorities(t *testing.T, high, normal, low *reactor.Queue) {
	t.Helper()
	levels := []*reactor.Queue{low, normal, high}
	each := 32 * runtime.GOMAXPROCS(0)
	total := each * len(levels)
	var ended atomic.Int32
	counts := make([]atomic.Int32, len(levels))
	half := make([]int32, len(levels))
	var all sync.WaitGroup
	all.Add(total)
	item := func(level int) {
		defer all.Done()
		for began := time.Now(); time.Since(began) < 200*time.Microsecond; { // some work
		}
		counts[level].Add(1)
		if int(ended.Add(1)) == total/2 {
			for k := range half {
				half[k] = counts[k].Load()
			}
		}
	}
	uninterrupted(func() {
		for range each {
			for level, q := range levels {
				q.Async(func() { item(level) })
			}
		}
	})
	finishes(t, "all items", all.Wait)
	if half[2] < half[1] || half[1] < half[0] {
		t.Errorf("at half HIGH has completed %d, DEFAULT %d and LOW %d of %d each", half[2], half[1], half[0], each)
	}
}

func TestDispatchPriority(t *testing.T) {
	r := start(t)
	priorities(t, r.Global(reactor.UserInitiated), r.Global(reactor.DefaultQoS), r.Global(reactor.Utility))
}

func TestDispatchPriority2(t *testing.T) {
	r := start(t)
	level := func(label string, class reactor.QoS) *reactor.Queue {
		q := r.NewQueue(label, reactor.Concurrent())
		must(t, q.SetTarget(r.Global(class)))
		drain(t, q)
		return q
	}
	priorities(t, level("high", reactor.UserInitiated), level("default", reactor.DefaultQoS), level("low", reactor.Utility))
}

func TestDispatchReadsync(t *testing.T) {
	r := start(t)
	const laps, writeEvery = 10_000, 100
	run := func(name string, read *reactor.Queue, write *reactor.Queue) {
		t.Run(name, func(t *testing.T) {
			goroutines := 64 * runtime.GOMAXPROCS(0)
			var readers, writers, most, overlaps atomic.Int32
			var lap atomic.Int64
			var wg sync.WaitGroup
			for range goroutines {
				wg.Go(func() {
					for {
						n := lap.Add(1)
						if n > laps {
							return
						}
						if n%writeEvery == 0 {
							write.BarrierAsync(func() {
								most.Store(max(most.Load(), writers.Add(1)))
								if readers.Load() > 0 {
									overlaps.Add(1)
								}
								runtime.Gosched()
								writers.Add(-1)
							})
						}
						read.Sync(func() {
							readers.Add(1)
							if writers.Load() > 0 {
								overlaps.Add(1)
							}
							runtime.Gosched()
							readers.Add(-1)
						})
					}
				})
			}
			finishes(t, "all laps", wg.Wait)
			drain(t, write)
			if most.Load() != 1 || overlaps.Load() != 0 {
				t.Errorf("%d writers at once, %d overlaps of readers and writers; want 1 and 0", most.Load(), overlaps.Load())
			}
		})
	}
	q := r.NewQueue("q", reactor.Concurrent())
	run("on one queue", q, q)
	base := r.NewQueue("base", reactor.Concurrent())
	child := r.NewQueue("child", reactor.Concurrent(), reactor.Target(base))
	run("readers by way of a target", child, base)
	run("both by way of a target", child, child)
}

func TestDispatchSema(t *testing.T) {
	r := start(t)
	mutex := reactor.NewSemaphore(1)
	n := 0 // guarded by the semaphore
	finishes(t, "10,000 increments", func() {
		r.Global(reactor.DefaultQoS).Apply(10_000, func(int) {
			mutex.Wait()
			n++
			mutex.Signal()
		})
	})
	if n != 10_000 {
		t.Fatalf("%d increments", n)
	}
}
