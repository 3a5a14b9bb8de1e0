package clauses_test

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reactord/reactord/reactor"
)

// The tests of libdispatch's own that apply to queues, groups, semaphores,
// apply, priorities and timers, by their names and with their numbers. What
// takes long is cut to a share unless REACTORD_SOAK is set.

func TestDispatchAfter(t *testing.T) {
	r := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	main := r.Main()
	type fire struct {
		delay, took time.Duration
	}
	var fires []fire
	unit := time.Duration(share(100, 1000)) * ms // 6 s and 2 s in full
	began := time.Now()
	for _, delay := range []time.Duration{6 * unit, 2 * unit, 0} {
		must(t, main.After(delay, func() {
			fires = append(fires, fire{delay, time.Since(began)})
			if len(fires) == 3 {
				cancel()
			}
		}))
	}
	finishes(t, "the main loop", func() { _ = r.RunMain(ctx) })
	if len(fires) != 3 {
		t.Fatalf("%d of 3 ran", len(fires))
	}
	for i, want := range []time.Duration{0, 2 * unit, 6 * unit} {
		f := fires[i]
		if f.delay != want {
			t.Errorf("number %d is the one of %v, want that of %v", i, f.delay, want)
		}
		if late := f.took - f.delay; late < 0 || late > max(500*ms, f.delay/10+500*ms) {
			t.Errorf("after %v ran after %v", f.delay, f.took)
		}
	}
}

func TestDispatchAPI(t *testing.T) {
	r := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ran := 0
	r.Main().Async(func() { ran++; cancel() })
	finishes(t, "the main loop", func() { _ = r.RunMain(ctx) })
	if ran != 1 {
		t.Fatalf("%d items ran", ran)
	}
}

func TestDispatchApply(t *testing.T) {
	r := start(t)
	q := r.Global(reactor.DefaultQoS)
	var ran atomic.Int64
	finishes(t, "32", func() { q.Apply(32, func(int) { ran.Add(1) }) })
	if n := ran.Swap(0); n != 32 {
		t.Errorf("%d of 32", n)
	}
	finishes(t, "32^3", func() {
		q.Apply(32, func(int) { q.Apply(32, func(int) { q.Apply(32, func(int) { ran.Add(1) }) }) })
	})
	if n := ran.Swap(0); n != 32768 {
		t.Errorf("%d of 32768", n)
	}
	stop := spin(t, q) // as many as there are processors
	finishes(t, "32 beside spinners", func() { q.Apply(32, func(int) { ran.Add(1) }) })
	if n := ran.Load(); n != 32 { // none of the spinners has ended
		t.Errorf("%d of 32", n)
	}
	stop()
}

func TestDispatchGroup(t *testing.T) {
	r := start(t)
	t.Run("100 queues", func(t *testing.T) {
		g := reactor.NewGroup("g")
		var ran atomic.Int32
		for i := range 100 {
			g.Async(r.NewQueue(fmt.Sprint("queue ", i)), func() { ran.Add(1) })
		}
		finishes(t, "wait", g.Wait)
		if ran.Load() != 100 {
			t.Errorf("%d ran", ran.Load())
		}
	})
	t.Run("wait, time-out, retry, notify", func(t *testing.T) {
		unit := time.Duration(share(20, 1000)) * ms
		g := reactor.NewGroup("g")
		for range 3 {
			g.Async(r.Global(reactor.DefaultQoS), func() { <-time.After(7 * unit) })
		}
		if g.WaitFor(5 * unit) {
			t.Error("a wait of 5 succeeded before items of 7 had ended")
		}
		notified := make(chan struct{})
		g.Notify(r.NewQueue("q"), func() { close(notified) })
		if !g.WaitFor(5*unit + patience) {
			t.Error("the retry failed")
		}
		receive(t, notified, "notification")
	})
	t.Run("cycles", func(t *testing.T) {
		q := r.Global(reactor.DefaultQoS)
		g := reactor.NewGroup("g")
		for cycle := range share(5000, 200_000) {
			g.Async(q, func() {})
			notified := make(chan struct{})
			g.Notify(q, func() { close(notified) })
			if !g.WaitFor(time.Second) {
				t.Fatalf("cycle %d took more than a second", cycle)
			}
			receive(t, notified, "notification")
		}
	})
}

func TestDispatchQueueFinalizer(t *testing.T) {
	r := start(t)
	var last atomic.Bool
	finalized := make(chan bool, 2)
	func() {
		for _, context := range []any{new(int), nil} {
			q := r.NewQueue("q")
			q.SetContext(context)
			q.SetFinalizer(func(context any) { finalized <- context != nil && last.Load() })
			if context != nil {
				q.Async(func() { q.Async(func() { last.Store(true) }) })
			}
		}
	}()
	collected(t, "the queue", func() bool { return len(finalized) > 0 })
	if !receive(t, finalized, "finalizer") {
		t.Error("the finalizer ran before the last item, or without a context")
	}
	runtime.GC()
	none(t, finalized, "finalizer of the queue without a context")
}
