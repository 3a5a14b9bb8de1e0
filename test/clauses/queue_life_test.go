package clauses_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"weak"

	"github.com/reactord/reactord/reactor"
)

func TestQ8_PendingItemsKeepTheQueue(t *testing.T) {
	r := start(t)
	base := r.NewQueue("base")
	g := closed(t, base)
	var ran atomic.Int32
	queue := func() weak.Pointer[reactor.Queue] {
		q := r.NewQueue("q", reactor.Target(base))
		for range 10 {
			q.Async(func() { ran.Add(1) })
		}
		return weak.Make(q)
	}()
	for range 5 {
		runtime.GC()
	}
	if queue.Value() == nil {
		t.Fatal("a queue with items was collected")
	}
	g.open()
	drain(t, base)
	eventually(t, "all items run", func() bool { return ran.Load() == 10 })
	collected(t, "an idle queue nobody refers to", func() bool { return queue.Value() == nil })
}

func TestQ8_Finalizer(t *testing.T) {
	r := start(t)
	base := r.NewQueue("base")
	var happened order
	finalized := make(chan any, 10)
	g := closed(t, base)
	func() {
		q := r.NewQueue("q", reactor.Target(base))
		q.SetContext("context")
		if q.Context() != "context" {
			t.Errorf("context %v", q.Context())
		}
		q.SetFinalizer(func(context any) {
			happened.add("finalizer on " + reactor.CurrentLabel())
			finalized <- context
		})
		q.Async(happened.step("item"))
		without := r.NewQueue("without", reactor.Target(base))
		without.SetFinalizer(func(any) { finalized <- "no context" })
		without.Async(happened.step("item"))
	}()
	for range 5 {
		runtime.GC()
	}
	none(t, finalized, "finalizer before the last item")
	g.open()
	collected(t, "the queue", func() bool { return len(finalized) > 0 })
	if v := receive(t, finalized, "finalizer"); v != "context" {
		t.Fatalf("finalizer got %v", v)
	}
	for range 5 {
		runtime.GC()
	}
	drain(t, base)
	none(t, finalized, "finalizer that must not run")
	happened.is(t, "item", "item", "finalizer on base")
}

func TestQ8_DroppingASuspendedQueueIsNoError(t *testing.T) {
	var tr tracer
	r := start(t, reactor.WithTracer(&tr))
	func() {
		r.NewQueue("suspended").Suspend()
		r.NewQueue("inactive", reactor.Inactive()).Async(func() {})
	}()
	for range 5 {
		runtime.GC()
	}
	drain(t, r.NewQueue("q"))
	if tr.threw("suspended")+tr.threw("inactive")+tr.told("suspended")+tr.told("inactive") != 0 {
		t.Fatal("dropping it was reported")
	}
}
