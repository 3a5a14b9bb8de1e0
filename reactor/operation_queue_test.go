package reactor_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/reactord/reactord/reactor"
)

func TestN4_Queue(t *testing.T) {
	t.Run("N4_MaximumConcurrency", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q", reactor.MaxConcurrent(3))
			told := make(chan struct{})
			for i := range 10 {
				if i%2 == 0 {
					q.AddFunc("o", untilTold(told))
					continue
				}
				addAll(t, q, reactor.NewAsyncOperation("async", func(_ context.Context, finish func(error)) {
					r.Global(reactor.DefaultQoS).Async(func() { <-told; finish(nil) })
				}))
			}
			synctest.Wait()
			if s := q.State(); s.Executing != 3 || s.Ready != 7 || s.MaxConcurrent != 3 {
				t.Fatalf("%+v", s)
			}
			q.SetMaxConcurrent(5)
			synctest.Wait()
			if s := q.State(); s.Executing != 5 {
				t.Fatalf("%+v", s)
			}
			q.SetMaxConcurrent(1)
			synctest.Wait()
			if s := q.State(); s.Executing != 5 { // they run on
				t.Fatalf("%+v", s)
			}
			close(told)
			q.Wait()
			if s := q.State(); s.Executing != 0 || s.Finished != 10 {
				t.Fatalf("%+v", s)
			}
		})
	})
	t.Run("N4_SerialByReadinessAndPriority", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q", reactor.MaxConcurrent(1))
			q.Suspend()
			var trace opTrace
			first := reactor.NewOperation("1", trace.body("waits"))
			addAll(t, q, first)
			q.AddFunc("2", trace.body("normal"))
			urgent := q.AddFunc("3", trace.body("urgent"))
			urgent.SetPriority(reactor.VeryHigh)
			depend(t, first, q.AddFunc("4", trace.body("its dependency")))
			q.Resume()
			q.Wait()
			trace.want(t, "urgent", "normal", "its dependency", "waits")
		})
	})
	t.Run("N4_Suspend", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q")
			told := make(chan struct{})
			a := q.AddFunc("a", untilTold(told))
			synctest.Wait()
			q.Suspend()
			q.Suspend()
			b := q.AddFunc("b", noWork)
			close(told)
			synctest.Wait()
			wantState(t, a, reactor.OperationFinished)
			wantState(t, b, reactor.OperationReady)
			q.Resume()
			synctest.Wait()
			wantState(t, b, reactor.OperationReady)
			q.Resume()
			q.Wait()
			panicWith(t, q.Resume, `"q"`, "resumed more often")
			panicWith(t, func() { q.SetMaxConcurrent(0) }, `"q"`, "at least 1")
		})
	})
	t.Run("N4_SuspendedOnTheWay", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			serial := r.NewQueue("serial")
			q := r.NewOperationQueue("q", reactor.Underlying(serial))
			told := make(chan struct{})
			serial.Async(func() { <-told })
			a, b := q.AddFunc("a", noWork), q.AddFunc("b", noWork) // both have an item of serial
			q.Suspend()
			close(told)
			synctest.Wait()
			wantState(t, a, reactor.OperationReady)
			wantState(t, b, reactor.OperationReady)
			q.Resume()
			q.Wait()
		})
	})
	t.Run("N4_CancelAll", func(t *testing.T) {
		r := start(t)
		q := r.NewOperationQueue("q", reactor.MaxConcurrent(2))
		var ran atomic.Int32
		body := func(context.Context) error { ran.Add(1); return nil }
		begun := make(chan struct{})
		running := q.AddFunc("running", func(ctx context.Context) error {
			close(begun)
			<-ctx.Done()
			return nil
		})
		receive(t, begun, "start")
		never := reactor.NewOperation("never", noWork)
		first := reactor.NewOperation("first", body)
		depend(t, first, never)
		addAll(t, q, first)
		for range 1000 {
			o := reactor.NewOperation("o", body)
			depend(t, o, never)
			addAll(t, q, o)
		}
		for range 10 {
			last := reactor.NewOperation("last", body)
			depend(t, last, first)
			addAll(t, q, last)
		}
		q.CancelAll()
		q.Wait()
		if ran.Load() != 0 || !running.Cancelled() || running.Err() != nil {
			t.Fatalf("%d ran; the running one: %v", ran.Load(), running.Err())
		}
		if len(q.Operations()) != 0 || never.Status().Dependents != 0 {
			t.Fatalf("left: %v, %+v", q.Operations(), never.Status())
		}
		q.AddFunc("next", noWork).Wait() // it isn't suspended
	})
	t.Run("N4_WaitUntilAllAreFinished", func(t *testing.T) {
		r := start(t)
		q := r.NewOperationQueue("q")
		q.Wait() // it is empty
		var ended atomic.Int32
		for range 100 {
			q.AddFunc("o", func(context.Context) error {
				q.AddFunc("added meanwhile", func(context.Context) error { ended.Add(1); return nil })
				return nil
			})
		}
		if err := q.WaitContext(t.Context()); err != nil || ended.Load() != 100 {
			t.Fatalf("%d ended: %v", ended.Load(), err)
		}
		q.Suspend()
		o := q.AddFunc("never", noWork)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		wantError(t, q.WaitContext(ctx), context.Canceled)
		o.Cancel()
	})
	t.Run("N4_Barrier", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q")
			before, barrier, after := make(chan struct{}), make(chan struct{}), make(chan struct{})
			a := q.AddFunc("a", untilTold(before))
			b := q.AddFunc("b", noWork)
			between := q.AddBarrier("barrier", untilTold(barrier))
			c := q.AddFunc("c", untilTold(after))
			c.SetPriority(reactor.VeryHigh)
			synctest.Wait()
			wantState(t, a, reactor.OperationExecuting)
			wantState(t, b, reactor.OperationFinished)
			wantState(t, between, reactor.OperationReady)
			wantState(t, c, reactor.OperationReady)
			if s := q.State(); s.Barriers != 1 {
				t.Fatalf("%+v", s)
			}
			close(before)
			synctest.Wait()
			wantState(t, between, reactor.OperationExecuting)
			wantState(t, c, reactor.OperationReady)
			close(barrier)
			synctest.Wait()
			wantState(t, c, reactor.OperationExecuting)
			close(after)
			q.Wait()
		})
	})
	t.Run("N4_CancelledBarrierHoldsNothing", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q", reactor.MaxConcurrent(2))
			told := make(chan struct{})
			a := q.AddFunc("a", untilTold(told))
			barrier := q.AddBarrier("barrier", func(context.Context) error { t.Error("it ran"); return nil })
			b := q.AddFunc("b", noWork)
			last := q.AddBarrier("last", noWork)
			synctest.Wait()
			wantState(t, b, reactor.OperationReady)
			barrier.Cancel()
			synctest.Wait()
			wantState(t, a, reactor.OperationExecuting)
			wantState(t, b, reactor.OperationFinished)
			wantState(t, last, reactor.OperationReady) // a was added before it
			close(told)
			q.Wait()
			wantState(t, last, reactor.OperationFinished)
		})
	})
	t.Run("N4_MainQueue", func(t *testing.T) {
		r := start(t)
		q := r.NewOperationQueue("main operations", reactor.OnMain())
		var trace opTrace
		for _, name := range []string{"a", "b", "c"} {
			q.AddFunc(name, func(context.Context) error { r.Main().AssertOn(); trace.add("%s", name); return nil })
		}
		ctx, cancel := context.WithCancel(t.Context())
		q.AddBarrier("end", func(context.Context) error { cancel(); return nil })
		wantError(t, r.RunMain(ctx), context.Canceled)
		q.Wait()
		trace.want(t, "a", "b", "c")
	})
	t.Run("N4_UnderlyingQueue", func(t *testing.T) {
		r := start(t)
		serial := r.NewQueue("serial")
		q := reactor.NewOperationQueue("q", reactor.Underlying(serial))
		if q.Reactor() != r || q.State().Underlying != "serial" || q.Label() != "q" {
			t.Fatalf("%+v", q.State())
		}
		count := 0 // no lock: the serial queue orders the operations
		for range 1000 {
			q.AddFunc("o", func(context.Context) error { count++; return nil })
		}
		q.Wait()
		if count != 1000 {
			t.Fatalf("%d ran", count)
		}
	})
}

func TestN5_Priority(t *testing.T) {
	t.Run("N5_OrdersWhatIsReady", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q", reactor.MaxConcurrent(1))
			q.Suspend()
			var trace opTrace
			for round := range 2 {
				for p := reactor.VeryLow; p <= reactor.VeryHigh; p++ {
					name := fmt.Sprintf("%v %d", p, round)
					o := reactor.NewOperation(name, trace.body(name))
					o.SetPriority(p)
					addAll(t, q, o)
				}
			}
			q.Resume()
			q.Wait()
			trace.want(t, "very-high 0", "very-high 1", "high 0", "high 1", "normal 0", "normal 1",
				"low 0", "low 1", "very-low 0", "very-low 1")
		})
	})
	t.Run("N5_HoldsUntilTheStart", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			serial := r.NewQueue("serial") // busy, with no maximum above it
			q := r.NewOperationQueue("q", reactor.Underlying(serial))
			told := make(chan struct{})
			serial.Async(func() { <-told })
			var trace opTrace
			q.AddFunc("low", trace.body("low")).SetPriority(reactor.Low)
			q.AddFunc("normal", trace.body("normal"))
			q.AddFunc("high", trace.body("high")).SetPriority(reactor.High)
			synctest.Wait()
			close(told)
			q.Wait()
			trace.want(t, "high", "normal", "low")
		})
	})
	t.Run("N5_NeverADependency", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q", reactor.MaxConcurrent(1))
			q.Suspend()
			var trace opTrace
			urgent := reactor.NewOperation("urgent", trace.body("urgent"))
			urgent.SetPriority(reactor.VeryHigh + 5) // the nearest
			if urgent.Priority() != reactor.VeryHigh {
				t.Fatalf("priority %v", urgent.Priority())
			}
			slow := reactor.NewOperation("slow", trace.body("slow"))
			slow.SetPriority(reactor.VeryLow)
			depend(t, urgent, slow)
			addAll(t, q, urgent, slow)
			q.Resume()
			q.Wait()
			trace.want(t, "slow", "urgent")
		})
	})
	t.Run("N5_AmongAllThatOneReleases", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q, elsewhere := r.NewOperationQueue("q", reactor.MaxConcurrent(1)), r.NewOperationQueue("elsewhere")
			first := reactor.NewOperation("first", func(context.Context) error { return nil })
			var trace opTrace
			for i := range 2000 {
				o := reactor.NewOperation("o", func(context.Context) error { return nil })
				switch i {
				case 0:
					o = reactor.NewOperation("added first", trace.body("added first"))
				case 1999:
					o = reactor.NewOperation("urgent", trace.body("urgent"))
					o.SetPriority(reactor.High)
				}
				depend(t, o, first)
				addAll(t, q, o)
			}
			addAll(t, elsewhere, first)
			q.Wait()
			trace.want(t, "urgent", "added first")
		})
	})
	t.Run("N5_QoS", func(t *testing.T) {
		r := start(t)
		q := r.NewOperationQueue("q", reactor.OperationQoS(reactor.Utility), reactor.MaxConcurrent(1))
		on := func(class reactor.QoS) func(context.Context) error {
			return func(context.Context) error { r.Global(class).AssertOn(); return nil }
		}
		q.Suspend()
		plain := q.AddFunc("plain", on(reactor.Utility))
		own := reactor.NewOperation("own", on(reactor.Background))
		if own.QoS() != reactor.DefaultQoS {
			t.Fatalf("in no queue: %v", own.QoS())
		}
		own.SetQoS(reactor.Background)
		addAll(t, q, own)
		late := q.AddFunc("late", on(reactor.UserInteractive))
		late.SetQoS(reactor.UserInteractive)
		q.Resume()
		q.Wait()
		for _, o := range []*reactor.Operation{plain, own, late} {
			if o.Err() != nil {
				t.Error(o.Label(), o.Err())
			}
		}
		if plain.QoS() != reactor.Utility || own.QoS() != reactor.Background {
			t.Fatalf("%v, %v", plain.QoS(), own.QoS())
		}
	})
}

func TestN6_OnlyOnce(t *testing.T) {
	opBubble(t, func(t *testing.T, r *reactor.Reactor) {
		q, other := r.NewOperationQueue("q"), r.NewOperationQueue("other")
		told := make(chan struct{})
		queued := reactor.NewOperation("queued", untilTold(told))
		dependency := reactor.NewOperation("dependency", noWork)
		depend(t, queued, dependency)
		addAll(t, q, queued)
		running := q.AddFunc("running", untilTold(told))
		finished := q.AddFunc("finished", noWork)
		byHand := reactor.NewAsyncOperation("by hand", func(_ context.Context, finish func(error)) {
			r.Global(reactor.DefaultQoS).Async(func() { <-told; finish(nil) })
		})
		if err := byHand.Start(); err != nil {
			t.Fatal(err)
		}
		cancelled := reactor.NewOperation("cancelled", noWork)
		cancelled.Cancel()
		synctest.Wait()
		fresh := reactor.NewOperation("fresh", noWork)
		for _, c := range []struct {
			name string
			add  []*reactor.Operation
			want error
		}{
			{"N6_Twice", []*reactor.Operation{queued}, reactor.ErrOperationQueued},
			{"N6_Started", []*reactor.Operation{running}, reactor.ErrOperationStarted},
			{"N6_Finished", []*reactor.Operation{finished}, reactor.ErrOperationFinished},
			{"N6_ByHand", []*reactor.Operation{byHand}, reactor.ErrOperationStarted},
			{"N6_Cancelled", []*reactor.Operation{cancelled}, reactor.ErrOperationFinished},
			{"N6_TwiceAtOnce", []*reactor.Operation{fresh, fresh}, reactor.ErrOperationQueued},
			{"N6_AllOrNone", []*reactor.Operation{fresh, queued}, reactor.ErrOperationQueued},
		} {
			wantError(t, q.Add(c.add...), c.want)
			wantError(t, other.Add(c.add...), c.want)
			if fresh.Queue() != nil {
				t.Fatalf("%s: one was added", c.name)
			}
		}
		wantError(t, running.AddDependency(fresh), reactor.ErrOperationStarted)
		wantError(t, finished.AddDependency(fresh), reactor.ErrOperationFinished)
		wantError(t, queued.Start(), reactor.ErrOperationQueued)
		wantError(t, byHand.Start(), reactor.ErrOperationStarted)
		addAll(t, other) // none
		addAll(t, other, fresh, dependency)
		close(told)
		q.Wait()
		other.Wait()
		byHand.Wait()
	})
}

// Ensure that a queue and its operations say what they are doing.
func TestOperationStatus(t *testing.T) {
	opBubble(t, func(t *testing.T, r *reactor.Reactor) {
		q := r.NewOperationQueue("q")
		q.Suspend()
		a := q.AddFunc("a", func(context.Context) error { return errors.New("no") })
		b := reactor.NewOperation("b", noWork)
		b.SetPriority(reactor.High)
		depend(t, b, a)
		addAll(t, q, b)
		synctest.Wait()
		if got := q.Operations(); len(got) != 2 || got[0] != a || got[1] != b {
			t.Fatalf("operations %v", got)
		}
		if s := q.State(); s.Ready != 1 || s.Pending != 1 || s.Suspended != 1 {
			t.Fatalf("%+v", s)
		}
		if s := a.Status(); s.Label != "a" || s.State != reactor.OperationReady || s.Dependents != 1 || s.Err != nil {
			t.Fatalf("%+v", s)
		}
		if s := b.Status(); s.Dependencies != 1 || s.Priority != reactor.High || s.QoS != reactor.DefaultQoS {
			t.Fatalf("%+v", s)
		}
		q.Resume()
		q.Wait()
		if s := a.Status(); s.State != reactor.OperationFinished || s.Err == nil || s.Dependents != 0 {
			t.Fatalf("%+v", s)
		}
	})
}
