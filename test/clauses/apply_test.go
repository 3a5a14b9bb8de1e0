package clauses_test

import (
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reactord/reactord/reactor"
)

func TestAP1_AllIterationsAreDone(t *testing.T) {
	r := start(t)
	for _, q := range []*reactor.Queue{
		r.Global(reactor.DefaultQoS), r.NewQueue("concurrent", reactor.Concurrent()),
		r.NewQueue("three", reactor.Width(3)), r.NewQueue("serial"),
	} {
		for _, n := range []int{0, 1, 2, 3, 32, 1000, 10_007} {
			ran := make([]atomic.Int32, n)
			finishes(t, "apply on "+q.Label(), func() {
				q.Apply(n, func(i int) { ran[i].Add(1) })
				for i := range ran { // all of them, when it returns
					if k := ran[i].Load(); k != 1 {
						t.Errorf("%s: %d of %d ran %d times", q.Label(), i, n, k)
					}
				}
			})
		}
	}
	finishes(t, "apply of nothing on a blocked queue", func() {
		q := r.NewQueue("blocked")
		g := newGate()
		q.Async(g.pass)
		<-g.inside
		defer g.open()
		q.Apply(0, func(int) { t.Error("a body ran") })
	})
}

// TestAP1_IndicesAreClaimedInOrder: who has begun with an index never goes on
// with a lower one, and no index begins before all below it are claimed, so
// that at most one chunk for each participant is open below it.
func TestAP1_IndicesAreClaimedInOrder(t *testing.T) {
	r := start(t)
	const n = 2000
	var mu sync.Mutex
	by := map[string][]int{}
	finishes(t, "apply", func() {
		r.Global(reactor.DefaultQoS).Apply(n, func(i int) {
			mu.Lock()
			defer mu.Unlock()
			by[goroutine()] = append(by[goroutine()], i)
		})
	})
	for who, indices := range by {
		if !slices.IsSorted(indices) {
			t.Errorf("goroutine %s ran %v", who, indices)
		}
	}
}

func TestAP1_SlowBodiesAreClaimedOneByOne(t *testing.T) {
	if runtime.GOMAXPROCS(0) < 2 {
		t.Skip("takes two processors")
	}
	r := start(t)
	// Body 2k ends only when body 2k+1 has begun: in one chunk they would wait
	// for ever, and so would they if nobody but the caller took part.
	const n = 16
	began := make([]chan struct{}, n)
	for i := range began {
		began[i] = make(chan struct{})
	}
	finishes(t, "apply", func() {
		r.Global(reactor.DefaultQoS).Apply(n, func(i int) {
			close(began[i])
			<-began[i|1]
		})
	})
}

func TestAP1_TheCallerTakesPart(t *testing.T) {
	r := start(t)
	q := r.NewQueue("two", reactor.Width(2))
	g := closed(t, q) // the other slot is all there is
	var strangers atomic.Int32
	finishes(t, "apply", func() {
		caller := goroutine()
		q.Apply(100, func(int) {
			if goroutine() != caller {
				strangers.Add(1)
			}
		})
	})
	g.open()
	if n := strangers.Load(); n != 0 {
		t.Errorf("%d of 100 bodies ran elsewhere", n)
	}
}

func TestAP1_WidthBoundsTheBodies(t *testing.T) {
	r := start(t)
	base := r.NewQueue("base", reactor.Width(2))
	q := r.NewQueue("q", reactor.Concurrent(), reactor.Target(base))
	var inside crowd
	finishes(t, "apply", func() {
		q.Apply(2000, func(int) { inside.enter(); runtime.Gosched(); inside.leave() })
	})
	if n := inside.largest(); n > 2 {
		t.Errorf("%d bodies at once on a target of width 2", n)
	}
}

func TestAP1_APanicGoesOnInTheCaller(t *testing.T) {
	r := start(t)
	for _, q := range []*reactor.Queue{r.Global(reactor.DefaultQoS), r.NewQueue("serial"), r.NewQueue("concurrent", reactor.Concurrent())} {
		var inside crowd
		v := attempt(t, "apply", func() {
			defer func() {
				if inside.now() != 0 {
					t.Error("a body still runs")
				}
			}()
			q.Apply(100, func(i int) {
				inside.enter()
				defer inside.leave()
				if i == 7 {
					panic("mine")
				}
			})
		})
		if v == nil {
			t.Fatalf("%s: the panic was lost", q.Label())
		}
		finishes(t, "apply after that", func() { q.Apply(10, func(int) {}) })
	}
}

func TestAP2_OnASerialQueue(t *testing.T) {
	r := start(t)
	q := r.NewQueue("serial")
	var got []int // guarded by the queue
	finishes(t, "apply", func() {
		q.Async(func() { got = append(got, -1) })
		q.Apply(500, func(i int) {
			got = append(got, i)
			if l := reactor.CurrentLabel(); l != "serial" {
				t.Errorf("index %d ran on %q", i, l)
			}
			if v := recovered(q.AssertOn); v != nil {
				t.Errorf("index %d: %v", i, v)
			}
		})
	})
	if len(got) != 501 || !slices.IsSorted(got) {
		t.Fatalf("ran %v", got)
	}
	child := r.NewQueue("child", reactor.Concurrent(), reactor.Target(q)) // no wider than serial: H3
	var inside crowd
	finishes(t, "apply on a child", func() {
		child.Apply(500, func(int) { inside.enter(); inside.leave() })
	})
	if n := inside.largest(); n != 1 {
		t.Errorf("%d at once", n)
	}
}

func TestAP2_OnOnesOwnSerialQueuePanics(t *testing.T) {
	r := start(t)
	q := r.NewQueue("serial")
	got := make(chan any, 1)
	q.Async(func() { got <- recovered(func() { q.Apply(3, func(int) { t.Error("a body ran") }) }) })
	deadlock(t, receive(t, got, "apply in an item"), "serial")
	finishes(t, "sync", func() {
		q.Sync(func() { got <- recovered(func() { q.Apply(3, func(int) { t.Error("a body ran") }) }) })
	})
	deadlock(t, receive(t, got, "apply in a sync item"), "serial")
	finishes(t, "apply", func() {
		q.Apply(1, func(int) { got <- recovered(func() { q.Apply(3, func(int) { t.Error("a body ran") }) }) })
	})
	v := receive(t, got, "apply in apply")
	deadlock(t, v, "serial")
	if err, ok := v.(error); !ok || errors.Is(err, reactor.ErrClosed) {
		t.Errorf("panic with %v", v)
	}
	drain(t, q)
}

func TestAP3_Nesting(t *testing.T) {
	r := start(t)
	for _, q := range []*reactor.Queue{
		r.Global(reactor.DefaultQoS), r.NewQueue("concurrent", reactor.Concurrent()), r.NewQueue("three", reactor.Width(3)),
	} {
		t.Run(q.Label(), func(t *testing.T) {
			var ran atomic.Int64
			var inside crowd
			finishes(t, "three levels of 32", func() {
				q.Apply(32, func(int) {
					q.Apply(32, func(int) {
						q.Apply(32, func(int) {
							inside.enter()
							ran.Add(1)
							inside.leave()
						})
					})
				})
			})
			if n := ran.Load(); n != 32768 {
				t.Errorf("%d bodies ran, want 32768", n)
			}
			if n, budget := inside.largest(), 2*runtime.GOMAXPROCS(0)+2; n > budget {
				t.Errorf("%d bodies at once: nesting multiplied the workers", n)
			}
		})
	}
}

func TestAP3_WithoutAFreeWorker(t *testing.T) {
	r := start(t)
	q := r.Global(reactor.DefaultQoS)
	stop := spin(t, q)
	var ran atomic.Int32
	finishes(t, "apply while all are busy", func() { q.Apply(32, func(int) { ran.Add(1) }) })
	if ran.Load() != 32 {
		t.Errorf("%d ran", ran.Load())
	}
	stop()
}
