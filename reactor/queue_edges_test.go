package reactor_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reactord/reactord/reactor"
)

// deadlock runs f and returns the deadlock it names, nil when it returned.
func deadlock(t *testing.T, f func()) *reactor.DeadlockError {
	t.Helper()
	found := make(chan *reactor.DeadlockError, 1)
	go func() {
		defer func() {
			var d *reactor.DeadlockError
			if err, ok := recover().(error); ok && !errors.As(err, &d) {
				t.Errorf("panic: %v", err)
			}
			found <- d
		}()
		f()
	}()
	return receive(t, found, "end: it hangs")
}

// main runs the main queue until the test ends.
func runMain(t *testing.T, r *reactor.Reactor) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = r.RunMain(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
}

func nop() {}

// Ensure that deadlocks are named when they go through the main queue, through
// Apply's helpers, and through a target that is about to be.
func TestQ4_DeadlocksTheLongWay(t *testing.T) {
	r := start(t)
	runMain(t, r)
	a, b := r.NewQueue("a"), r.NewQueue("b")
	to, from := r.NewQueue("to"), r.NewQueue("from")
	if err := from.SetTarget(b); err != nil {
		t.Fatal(err)
	}
	drain(t, from)
	for name, f := range map[string]func(){
		"main":         func() { a.Sync(func() { r.Main().Sync(func() { a.Sync(nop) }) }) },
		"main twice":   func() { r.Main().Sync(func() { a.Sync(func() { r.Main().Sync(nop) }) }) },
		"apply":        func() { a.Sync(func() { r.Global(reactor.Utility).Apply(64, func(int) { a.Sync(nop) }) }) },
		"move to":      func() { b.Sync(func() { _ = to.SetTarget(b); to.Sync(nop) }) },
		"move from":    func() { b.Sync(func() { _ = from.SetTarget(nil); from.Sync(nop) }) },
		"own barrier":  func() { c := r.NewQueue("c", reactor.Concurrent()); c.BarrierSync(func() { c.Sync(nop) }) },
		"by its child": func() { c := reactor.NewQueue("c", reactor.Target(a)); c.Sync(func() { a.Sync(nop) }) },
	} {
		t.Run(name, func(t *testing.T) {
			d := deadlock(t, f)
			if d == nil {
				t.Fatal("no deadlock")
			}
			if text := d.Error(); !strings.Contains(text, d.Queue) || !strings.Contains(text, d.Held) || !strings.Contains(text, d.Holder) {
				t.Errorf("%+v says %q", d, text)
			}
		})
	}
	drain(t, to)
	drain(t, from)
}

// Ensure that a queue is held where it is by all the ways of waiting for it.
func TestQ10_HeldByOneWhoWaits(t *testing.T) {
	r := start(t)
	runMain(t, r)
	a := r.NewQueue("a")
	a.Sync(func() {
		r.Main().Sync(func() { a.AssertOn(); r.Main().AssertOn() })
		r.Global(reactor.Utility).Apply(64, func(int) { a.AssertOn() })
	})
	r.Main().Sync(a.AssertNotOn)
}

// Ensure that a body of Apply may sync onto the concurrent queue that its
// caller is on, though a barrier waits for the caller.
func TestQ5_NestedInApply(t *testing.T) {
	r := start(t)
	x := r.NewQueue("x", reactor.Concurrent())
	if d := deadlock(t, func() {
		x.Sync(func() {
			x.BarrierAsync(nop)
			r.Global(reactor.Utility).Apply(64, func(int) { x.Sync(runtime.Gosched) })
		})
	}); d != nil {
		t.Fatal(d)
	}
	drain(t, x)
}

// Ensure that the goroutine a Sync runs on is told by the target at the time it
// runs.
func TestQ3_WhereItRunsAfterAMove(t *testing.T) {
	r := start(t)
	runMain(t, r)
	q := r.NewQueue("q")
	for _, target := range []*reactor.Queue{r.Main(), r.Global(reactor.DefaultQoS), r.Main(), nil} {
		q.Suspend()
		if err := q.SetTarget(target); err != nil {
			t.Fatal(err)
		}
		here, where := make(chan uint64, 1), make(chan uint64, 1)
		done := make(chan struct{})
		go func() {
			defer close(done)
			here <- goroutineID()
			q.Sync(func() { where <- goroutineID() })
		}()
		for q.State().Waiting < 2 { // the move, the Sync
			runtime.Gosched()
		}
		q.Resume()
		receive(t, done, "end of Sync")
		if caller, ran := <-here, <-where; (caller == ran) == (target == r.Main()) {
			t.Errorf("to %v: Sync of goroutine %d ran on %d", target, caller, ran)
		}
	}
}

func goroutineID() uint64 {
	var id uint64
	buf := make([]byte, 64)
	for _, c := range buf[len("goroutine "):runtime.Stack(buf, false)] {
		if c < '0' || c > '9' {
			break
		}
		id = 10*id + uint64(c-'0')
	}
	return id
}

// Ensure that no order of moves that are still to come closes a cycle.
func TestH4_CycleThroughPendingMoves(t *testing.T) {
	r := start(t)
	a, b := r.NewQueue("a"), r.NewQueue("b", reactor.Inactive())
	a.Suspend()
	for _, target := range []*reactor.Queue{b, nil} {
		if err := a.SetTarget(target); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.SetTarget(a); !errors.Is(err, reactor.ErrTargetCycle) {
		t.Fatalf("b to a, which is about to target b: %v", err)
	}
	b.Activate()
	a.Resume()
	drain(t, a)
}

// Ensure that a queue which has moved isn't held up by its old target.
func TestH4_LeavesASuspendedTarget(t *testing.T) {
	r := start(t)
	old, q := r.NewQueue("old", reactor.Concurrent()), r.NewQueue("q", reactor.Concurrent())
	if err := q.SetTarget(old); err != nil {
		t.Fatal(err)
	}
	drain(t, q)
	began, release := make(chan struct{}), make(chan struct{})
	q.Async(func() { close(began); <-release })
	<-began
	old.Suspend()
	q.Async(nop) // its slot waits at old
	if err := q.SetTarget(nil); err != nil {
		t.Fatal(err)
	}
	ran := make(chan struct{})
	q.Async(func() { close(ran) })
	close(release)
	receive(t, ran, "item at the new target")
	old.Resume()
	drain(t, q)
	drain(t, old)
}

// Ensure that a queue that always has something to do leaves its siblings their
// turns, a barrier its own, and stops soon when its target is suspended.
func TestH2_NobodyStarves(t *testing.T) {
	r := start(t)
	p := r.NewQueue("p", reactor.Concurrent())
	base := r.NewQueue("base")
	between := reactor.NewQueue("between", reactor.Target(base))
	var stop atomic.Bool
	feed := func(q *reactor.Queue) {
		var again func()
		again = func() {
			if !stop.Load() {
				q.Async(again)
			}
		}
		q.Async(again)
		q.Async(again)
	}
	fed := []*reactor.Queue{reactor.NewQueue("fed", reactor.Target(p)), reactor.NewQueue("deep", reactor.Target(between))}
	for _, q := range fed {
		feed(q)
	}
	barrier, sibling := make(chan struct{}), make(chan struct{})
	p.BarrierAsync(func() { close(barrier) })
	reactor.NewQueue("sibling", reactor.Target(base)).Async(func() { close(sibling) })
	receive(t, barrier, "barrier beside a queue that is fed")
	receive(t, sibling, "sibling of a queue that is fed")
	stop.Store(true)
	for _, q := range append(fed, p, between, base) {
		drain(t, q)
	}
}

func TestQ8_FinalizerOnTheLastTarget(t *testing.T) {
	r := start(t)
	first, second := r.NewQueue("first"), r.NewQueue("second")
	where := make(chan string, 1)
	func() {
		q := r.NewQueue("q", reactor.Inactive())
		if err := q.SetTarget(first); err != nil {
			t.Fatal(err)
		}
		q.SetContext("context")
		q.SetFinalizer(func(any) { where <- reactor.CurrentLabel() })
		if err := q.SetTarget(second); err != nil {
			t.Fatal(err)
		}
		q.Activate()
		drain(t, q)
	}()
	for deadline := time.Now().Add(patience); ; runtime.Gosched() {
		runtime.GC()
		select {
		case on := <-where:
			if on != "second" {
				t.Errorf("the finalizer ran on %q", on)
			}
			return
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("no finalizer")
		}
	}
}

func TestQ9_UnhashableKey(t *testing.T) {
	q := start(t).NewQueue("q")
	func() {
		defer func() { _ = recover() }()
		q.SetSpecific([]int{}, "value", nil)
	}()
	q.SetSpecific("key", "value", nil) // not locked by the panic
	if q.Specific("key") != "value" {
		t.Error("no value")
	}
}

// Ensure that an Apply of which a helper was ended doesn't look complete.
func TestAP1_GoexitInAHelper(t *testing.T) {
	r := start(t, reactor.WithTracer(quiet{}))
	q := r.Global(reactor.DefaultQoS)
	caller := goroutineID()
	for range 100 {
		var exited atomic.Bool
		panicked := func() (v any) {
			defer func() { v = recover() }()
			q.Apply(1000, func(int) {
				runtime.Gosched()
				if goroutineID() != caller && !exited.Swap(true) {
					runtime.Goexit()
				}
			})
			return nil
		}()
		if exited.Load() != (panicked != nil) {
			t.Fatalf("a helper was ended: %v; the caller got %v", exited.Load(), panicked)
		}
	}
}

func TestNilFunctionsAreNamed(t *testing.T) {
	q := start(t).NewQueue("named")
	for name, f := range map[string]func(){
		"Async": func() { q.Async(nil) }, "BarrierAsync": func() { q.BarrierAsync(nil) }, "Sync": func() { q.Sync(nil) },
		"Apply": func() { q.Apply(1, nil) }, "After": func() { _ = q.After(time.Second, nil) },
	} {
		panicWith(t, f, "named", "nil function", name)
	}
}
