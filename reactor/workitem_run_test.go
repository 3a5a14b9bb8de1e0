package reactor_test

import (
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/reactor"
)

// TestBL2_RunMoreThanOnce: with a wait or a notification, before or after, it
// panics; with neither it is allowed.
func TestBL2_RunMoreThanOnce(t *testing.T) {
	r := start(t)
	q := r.NewQueue("notified")
	again := func() (*reactor.WorkItem, *int) {
		n := new(int)
		return reactor.NewWorkItem(func() { *n++ }), n
	}
	t.Run("BL2_Alone", func(t *testing.T) {
		w, n := again()
		for range 3 {
			w.Perform()
		}
		if *n != 3 {
			t.Errorf("ran %d times", *n)
		}
	})
	t.Run("BL2_ThenWait", func(t *testing.T) {
		w, _ := again()
		w.Perform()
		w.Perform()
		panicWith(t, w.Wait, "TestBL2_RunMoreThanOnce", "run more than once and waited for")
		panicWith(t, func() { w.WaitFor(0) }, "waited for")
		panicWith(t, func() { _ = w.WaitContext(t.Context()) }, "waited for")
	})
	t.Run("BL2_ThenNotify", func(t *testing.T) {
		w, _ := again()
		w.Perform()
		w.Perform()
		panicWith(t, func() { w.Notify(q, emptyBody) }, "run more than once and observed")
	})
	t.Run("BL2_AfterWait", func(t *testing.T) {
		w, n := again()
		w.Perform()
		w.Wait()
		panicWith(t, w.Perform, "run more than once and waited for")
		if *n != 1 {
			t.Errorf("ran %d times", *n)
		}
	})
	t.Run("BL2_AfterNotify", func(t *testing.T) {
		w, n := again()
		w.Notify(q, emptyBody)
		w.Perform()
		panicWith(t, w.Perform, "run more than once and observed")
		if *n != 1 {
			t.Errorf("ran %d times", *n)
		}
	})
	t.Run("BL2_AfterTimeOut", func(t *testing.T) {
		w, n := again()
		w.WaitFor(0)
		w.Perform()
		w.Perform() // nobody waits any more
		if *n != 2 {
			t.Errorf("ran %d times", *n)
		}
	})
	t.Run("BL2_CancelledRunsCount", func(t *testing.T) {
		w, _ := again()
		w.Cancel()
		w.Perform()
		w.Perform()
		panicWith(t, w.Wait, "run more than once")
	})
}

func TestBL3_Barrier(t *testing.T) {
	r := start(t)
	for name, submit := range map[string]func(*reactor.Queue, *reactor.WorkItem){
		"BL3_AsyncItem": (*reactor.Queue).AsyncItem,
		"BL3_SyncItem":  (*reactor.Queue).SyncItem,
	} {
		t.Run(name, func(t *testing.T) {
			q := r.NewQueue("concurrent", reactor.Width(8))
			var beside, alone atomic.Int32
			var all reactor.Group
			item := func() {
				beside.Add(1)
				runtime.Gosched()
				beside.Add(-1)
			}
			for range 20 {
				for range 20 {
					all.Async(q, item)
				}
				w := reactor.NewWorkItem(func() {
					if n := beside.Load(); n != 0 {
						t.Errorf("%d items beside a barrier", n)
					}
					alone.Add(1)
				}, reactor.AsBarrier())
				submit(q, w)
				all.Enter()
				w.Notify(q, all.Leave)
			}
			if !all.WaitFor(patience) || alone.Load() != 20 {
				t.Errorf("%d of 20 barriers ran", alone.Load())
			}
		})
	}
}

func TestBL3_BarrierElsewhere(t *testing.T) {
	r := start(t)
	for _, q := range []*reactor.Queue{r.NewQueue("serial"), r.Global(reactor.DefaultQoS)} {
		w := reactor.NewWorkItem(emptyBody, reactor.AsBarrier())
		q.AsyncItem(w)
		if !w.WaitFor(patience) {
			t.Errorf("not run on %q", q.Label())
		}
	}
}

func TestBL3_Perform(t *testing.T) {
	leak.Check(t)
	ran := 0
	reactor.Perform(func() { ran++ })
	reactor.Perform(func() { ran++ }, reactor.AsBarrier())
	if ran != 2 {
		t.Errorf("%d of 2 ran before Perform returned", ran)
	}
}
