package reactor_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/reactord/reactord/reactor"
)

// outcome sets both functions of a batch to note what they were called with.
func outcome(b *reactor.Batch) *opTrace {
	var trace opTrace
	b.OnSuccess(func() { trace.add("success") })
	b.OnFailure(func(errs []error) { trace.add("failure: %v", errs) })
	return &trace
}

func TestN10_Batch(t *testing.T) {
	t.Run("N10_AtMostThreeAtOnce", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			b := r.NewBatch("requests", 3)
			told := make(chan struct{})
			for i := range 9 {
				o := reactor.NewAsyncOperation(fmt.Sprint(i), func(_ context.Context, finish func(error)) {
					r.Global(reactor.DefaultQoS).Async(func() { <-told; finish(nil) })
				})
				if err := b.Add(o); err != nil {
					t.Fatal(err)
				}
			}
			trace := outcome(b)
			synctest.Wait()
			if s := b.State(); s.Executing != 0 || s.Ready != 9 {
				t.Fatalf("before the start: %+v", s)
			}
			if err := b.Start(); err != nil {
				t.Fatal(err)
			}
			for left := 9; left > 0; left -= 3 {
				synctest.Wait()
				if s := b.State(); s.Executing != 3 || s.Ready != left-3 {
					t.Fatalf("%+v", s)
				}
				trace.want(t)
				for range 3 {
					told <- struct{}{}
				}
			}
			b.Wait()
			trace.want(t, "success")
			if b.Errors() != nil {
				t.Fatal(b.Errors())
			}
		})
	})
	t.Run("N10_AllErrors", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			b := r.NewBatch("batch", 2)
			why := errors.New("why")
			var members []*reactor.Operation
			for i := range 4 {
				members = append(members, reactor.NewOperation(fmt.Sprint("m", i), func(context.Context) error {
					if i%2 == 0 {
						return why
					}
					return nil
				}))
			}
			depend(t, members[0], members[3]) // ends last, is named first
			members[1].Cancel()
			wantError(t, b.Add(members...), reactor.ErrOperationFinished)
			members[1] = reactor.NewOperation("m1", noWork)
			if err := b.Add(members...); err != nil {
				t.Fatal(err)
			}
			members[1].Cancel()
			trace := outcome(b)
			if err := b.Start(); err != nil {
				t.Fatal(err)
			}
			b.Wait()
			trace.want(t, "failure: [m0: why m1: cancelled before it started: context canceled m2: why]")
			var is []bool
			for _, err := range b.Errors() {
				is = append(is, errors.Is(err, why))
			}
			if diff := cmp.Diff([]bool{true, false, true}, is); diff != "" {
				t.Fatal(diff)
			}
		})
	})
	t.Run("N10_Empty", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			b := r.NewBatch("empty", 1)
			trace := outcome(b)
			if err := b.Start(); err != nil {
				t.Fatal(err)
			}
			if err := b.WaitContext(t.Context()); err != nil {
				t.Fatal(err)
			}
			trace.want(t, "success")
		})
	})
	t.Run("N10_Cancel", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			b := r.NewBatch("batch", 1)
			running := reactor.NewOperation("running", func(ctx context.Context) error {
				<-ctx.Done()
				return context.Cause(ctx)
			})
			waiting := reactor.NewOperation("waiting", noWork)
			if err := b.Add(running, waiting); err != nil {
				t.Fatal(err)
			}
			trace := outcome(b)
			if err := b.Start(); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			waiting.Queue().CancelAll() // the same as b.Cancel, here
			b.Cancel()
			b.Wait()
			trace.want(t, "failure: [running: context canceled waiting: cancelled before it started: context canceled]")
		})
	})
	t.Run("N10_AfterTheStart", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			b := r.NewBatch("batch", 1)
			if err := b.Start(); err != nil {
				t.Fatal(err)
			}
			wantError(t, b.Start(), reactor.ErrOperationStarted)
			wantError(t, b.Add(reactor.NewOperation("late", noWork)), reactor.ErrOperationStarted)
			panicWith(t, func() { b.OnSuccess(nil) }, `"batch"`, "OnSuccess after Start")
			panicWith(t, func() { b.OnFailure(nil) }, `"batch"`, "OnFailure after Start")
			b.Wait()
		})
	})
	t.Run("N10_Underlying", func(t *testing.T) {
		r := start(t)
		serial := r.NewQueue("serial")
		b := reactor.NewBatch("batch", 3, reactor.Underlying(serial))
		if err := b.Add(reactor.NewOperation("o", func(context.Context) error { serial.AssertOn(); return nil })); err != nil {
			t.Fatal(err)
		}
		got := make(chan error, 1)
		b.OnSuccess(func() { serial.AssertOn(); got <- nil })
		b.OnFailure(func(errs []error) { got <- errors.Join(errs...) })
		if err := b.Start(); err != nil {
			t.Fatal(err)
		}
		if err := receive(t, got, "outcome"); err != nil {
			t.Fatal(err)
		}
		b.Wait()
	})
}
