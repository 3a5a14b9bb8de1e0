package reactor_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/reactor"
)

// opBubble runs f in a synctest bubble with a reactor of its own. Operations
// that are in no queue use the default reactor, which is made outside.
func opBubble(t *testing.T, f func(t *testing.T, r *reactor.Reactor)) {
	t.Helper()
	leak.Check(t)
	reactor.Default()
	synctest.Test(t, func(t *testing.T) {
		defer time.Sleep(idle)
		r := reactor.New()
		f(t, r)
		synctest.Wait()
		if err := r.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
}

// idle is, by a bubble's clock, long enough for a reactor without work to have
// let go of its goroutines. A bubble's clock stands still after its end.
const idle = time.Minute

// noWork is a body that does nothing.
func noWork(context.Context) error { return nil }

// opTrace keeps what happened, in order.
type opTrace struct {
	mu   sync.Mutex
	seen []string
}

func (l *opTrace) add(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen = append(l.seen, fmt.Sprintf(format, args...))
}

// body notes when it is called.
func (l *opTrace) body(name string) func(context.Context) error {
	return func(context.Context) error { l.add("%s", name); return nil }
}

func (l *opTrace) want(t testing.TB, want ...string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if diff := cmp.Diff(want, l.seen); diff != "" {
		t.Fatalf("(-want +got)\n%s", diff)
	}
}

// untilTold is a body that runs until the channel is closed, whatever its
// context says.
func untilTold(told <-chan struct{}) func(context.Context) error {
	return func(context.Context) error { <-told; return nil }
}

func wantState(t testing.TB, o *reactor.Operation, want reactor.OperationState) {
	t.Helper()
	if got := o.State(); got != want {
		t.Fatalf("operation %q is %v, want %v", o.Label(), got, want)
	}
}

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func addAll(t testing.TB, q *reactor.OperationQueue, operations ...*reactor.Operation) {
	t.Helper()
	if err := q.Add(operations...); err != nil {
		t.Fatal(err)
	}
}

func depend(t testing.TB, o *reactor.Operation, on ...*reactor.Operation) {
	t.Helper()
	for _, d := range on {
		if err := o.AddDependency(d); err != nil {
			t.Fatal(err)
		}
	}
}

func TestN1_States(t *testing.T) {
	t.Run("N1_PendingReadyExecutingFinished", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q")
			first, second := make(chan struct{}), make(chan struct{})
			a := reactor.NewOperation("a", untilTold(first))
			b := reactor.NewOperation("b", untilTold(second))
			wantState(t, b, reactor.OperationReady) // it depends on nothing
			depend(t, b, a)
			wantState(t, b, reactor.OperationPending)
			addAll(t, q, a, b)
			synctest.Wait()
			wantState(t, a, reactor.OperationExecuting)
			wantState(t, b, reactor.OperationPending)
			q.Suspend()
			close(first)
			synctest.Wait()
			wantState(t, a, reactor.OperationFinished)
			wantState(t, b, reactor.OperationReady)
			q.Resume()
			synctest.Wait()
			wantState(t, b, reactor.OperationExecuting)
			close(second)
			q.Wait()
			wantState(t, b, reactor.OperationFinished)
		})
	})
	t.Run("N1_AllDependenciesCount", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q")
			told := [3]chan struct{}{make(chan struct{}), make(chan struct{}), make(chan struct{})}
			last := reactor.NewOperation("last", noWork)
			for i := range told {
				o := reactor.NewOperation(fmt.Sprint(i), untilTold(told[i]))
				depend(t, last, o)
				addAll(t, q, o)
			}
			addAll(t, q, last)
			for i := range told {
				synctest.Wait()
				wantState(t, last, reactor.OperationPending)
				if n := last.Status().Dependencies; n != len(told)-i {
					t.Fatalf("%d dependencies left, want %d", n, len(told)-i)
				}
				close(told[i])
			}
			q.Wait()
			wantState(t, last, reactor.OperationFinished)
		})
	})
	t.Run("N1_CancelledCountsOnceFinished", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q")
			told := make(chan struct{})
			a := q.AddFunc("a", untilTold(told))
			b := reactor.NewOperation("b", noWork)
			depend(t, b, a)
			addAll(t, q, b)
			synctest.Wait()
			a.Cancel()
			synctest.Wait()
			wantState(t, b, reactor.OperationPending) // a is cancelled, but still runs
			close(told)
			q.Wait()
			wantState(t, b, reactor.OperationFinished)
		})
	})
	t.Run("N1_RacingCancelsAndFinishes", func(t *testing.T) {
		r := start(t)
		q := r.NewOperationQueue("q")
		for range longOrShare(20_000, 1000) {
			var completions, entered opTrace
			report := make(chan func(error), 1)
			o := reactor.NewAsyncOperation("o", func(_ context.Context, finish func(error)) {
				entered.add("start")
				report <- finish
			})
			done := make(chan struct{})
			o.OnCompletion(func(*reactor.Operation) { completions.add("done"); close(done) })
			addAll(t, q, o)
			finish := receive(t, report, "start")
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(o.Cancel)
				wg.Go(func() { finish(nil) })
			}
			wg.Wait()
			receive(t, done, "completion")
			wantState(t, o, reactor.OperationFinished)
			entered.want(t, "start")
			completions.want(t, "done")
		}
	})
}

func TestN2_Cancel(t *testing.T) {
	t.Run("N2_BeforeTheStart", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q")
			q.Suspend()
			o := q.AddFunc("o", func(context.Context) error { t.Error("the body ran"); return nil })
			if o.Cancelled() {
				t.Fatal("cancelled")
			}
			o.Cancel()
			wantState(t, o, reactor.OperationFinished) // though the queue is suspended
			wantError(t, o.Err(), reactor.ErrCancelled)
			wantError(t, o.Err(), context.Canceled)
			if !o.Cancelled() {
				t.Fatal("not cancelled")
			}
			q.Resume()
			q.Wait()
		})
	})
	t.Run("N2_WhileRunning", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q")
			told := make(chan struct{})
			o := q.AddFunc("o", func(ctx context.Context) error {
				<-ctx.Done()
				<-told
				return ctx.Err()
			})
			synctest.Wait()
			o.Cancel()
			o.Cancel()
			synctest.Wait()
			if !o.Cancelled() {
				t.Fatal("not cancelled")
			}
			wantState(t, o, reactor.OperationExecuting)
			close(told)
			q.Wait()
			wantState(t, o, reactor.OperationFinished)
			wantError(t, o.Err(), context.Canceled)
			if errors.Is(o.Err(), reactor.ErrCancelled) {
				t.Fatal("it did start")
			}
		})
	})
	t.Run("N2_ReleasesDependents", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q")
			var trace opTrace
			told := make(chan struct{})
			a := q.AddFunc("a", untilTold(told))
			b := reactor.NewOperation("b", trace.body("b"))
			c := reactor.NewOperation("c", trace.body("c"))
			depend(t, b, a)
			depend(t, c, b)
			addAll(t, q, b, c)
			b.Cancel() // it waits for a, which runs
			synctest.Wait()
			wantState(t, b, reactor.OperationFinished)
			wantState(t, c, reactor.OperationFinished)
			trace.want(t, "c")
			if n := a.Status().Dependents; n != 0 {
				t.Fatalf("%d operations wait for a", n)
			}
			close(told)
		})
	})
	t.Run("N2_InNoQueue", func(t *testing.T) {
		leak.Check(t)
		o := reactor.NewOperation("o", noWork)
		o.Cancel()
		o.Wait()
		wantError(t, o.Err(), reactor.ErrCancelled)
		wantError(t, o.Start(), reactor.ErrOperationFinished)
	})
	t.Run("N2_AfterTheEnd", func(t *testing.T) {
		leak.Check(t)
		o := reactor.NewOperation("o", noWork)
		if err := o.Start(); err != nil {
			t.Fatal(err)
		}
		o.Cancel()
		if o.Cancelled() || o.Err() != nil {
			t.Fatal("cancelled after the end")
		}
	})
}

func TestN3_CompletionOnce(t *testing.T) {
	r := start(t)
	q := r.NewOperationQueue("q")
	type end struct {
		label     string
		state     reactor.OperationState
		cancelled bool
		failed    bool
	}
	ends := make(chan end, 8)
	note := func(o *reactor.Operation) {
		ends <- end{o.Label(), o.State(), o.Cancelled(), o.Err() != nil}
	}
	run := func(o *reactor.Operation, cancel bool) end {
		t.Helper()
		o.OnCompletion(note)
		q.Suspend()
		addAll(t, q, o)
		if cancel {
			o.Cancel()
		}
		q.Resume()
		q.Wait()
		got := receive(t, ends, "completion")
		q.AddFunc("fence", noWork).Wait()
		if len(ends) > 0 {
			t.Fatal("a second completion")
		}
		return got
	}
	failing := func(context.Context) error { return errors.New("no") }
	for _, c := range []struct {
		name   string
		got    end
		wanted end
	}{
		{"N3_Ended", run(reactor.NewOperation("a", noWork), false), end{"a", reactor.OperationFinished, false, false}},
		{"N3_Failed", run(reactor.NewOperation("b", failing), false), end{"b", reactor.OperationFinished, false, true}},
		{"N3_Cancelled", run(reactor.NewOperation("c", noWork), true), end{"c", reactor.OperationFinished, true, true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.got != c.wanted {
				t.Fatalf("%+v, want %+v", c.got, c.wanted)
			}
		})
	}
	t.Run("N3_SeveralInOrderAndAfterTheEnd", func(t *testing.T) {
		var trace opTrace
		last := make(chan struct{})
		o := reactor.NewOperation("o", noWork)
		o.OnCompletion(func(*reactor.Operation) { trace.add("first") })
		o.OnCompletion(func(*reactor.Operation) { trace.add("second"); close(last) })
		addAll(t, q, o)
		receive(t, last, "second completion")
		late := make(chan struct{})
		o.OnCompletion(func(*reactor.Operation) { trace.add("late"); close(late) })
		receive(t, late, "late completion")
		trace.want(t, "first", "second", "late")
	})
}

func TestN11_RemoveDependency(t *testing.T) {
	opBubble(t, func(t *testing.T, r *reactor.Reactor) {
		q := r.NewOperationQueue("q")
		told := make(chan struct{})
		a := q.AddFunc("a", untilTold(told))
		b := reactor.NewOperation("b", untilTold(told))
		never := reactor.NewOperation("never", noWork)
		depend(t, b, a, never)
		depend(t, b, a) // once is enough
		if got := b.Dependencies(); len(got) != 2 || got[0] != a || got[1] != never {
			t.Fatalf("dependencies %v", got)
		}
		addAll(t, q, b)
		synctest.Wait()
		for _, d := range []*reactor.Operation{never, never, a} {
			wantState(t, b, reactor.OperationPending)
			if err := b.RemoveDependency(d); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		wantState(t, b, reactor.OperationExecuting)
		wantError(t, b.RemoveDependency(a), reactor.ErrOperationStarted)
		close(told)
		q.Wait()
		wantError(t, b.RemoveDependency(a), reactor.ErrOperationFinished)
		if n := never.Status().Dependents; n != 0 {
			t.Fatalf("%d operations wait for one that was removed", n)
		}
	})
}

func TestN12_WaitAndCurrent(t *testing.T) {
	t.Run("N12_Wait", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q")
			told := make(chan struct{})
			o := q.AddFunc("o", untilTold(told))
			if o.WaitFor(0) || o.WaitFor(-1) {
				t.Fatal("it is not finished")
			}
			begin := time.Now()
			if o.WaitFor(time.Minute) || time.Since(begin) != time.Minute {
				t.Fatalf("not finished after %v", time.Since(begin))
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			wantError(t, o.WaitContext(ctx), context.DeadlineExceeded)
			time.AfterFunc(time.Second, func() { close(told) })
			if !o.WaitFor(time.Hour) {
				t.Fatal("finished after a second")
			}
			if err := o.WaitContext(ctx); err != nil || !o.WaitFor(0) {
				t.Fatalf("it is finished: %v", err)
			}
			o.Wait()
		})
	})
	t.Run("N12_CurrentOperationAndQueue", func(t *testing.T) {
		r := start(t)
		q := r.NewOperationQueue("q")
		if _, ok := reactor.CurrentOperation(t.Context()); ok {
			t.Fatal("an operation outside of any")
		}
		type key struct{}
		o := q.AddFunc("o", func(ctx context.Context) error {
			self, ok := reactor.CurrentOperation(context.WithValue(ctx, key{}, 1))
			if !ok || self.Label() != "o" || self.Queue() != q {
				return fmt.Errorf("current operation %v, queue %v", self, self.Queue())
			}
			wantError(t, self.WaitContext(ctx), reactor.ErrOperationSelf)
			wantError(t, q.WaitContext(ctx), reactor.ErrOperationSelf)
			return self.Queue().AddFunc("next", noWork).WaitContext(ctx)
		})
		o.Wait()
		if o.Err() != nil {
			t.Fatal(o.Err())
		}
		async := reactor.NewAsyncOperation("async", func(ctx context.Context, finish func(error)) {
			if self, ok := reactor.CurrentOperation(ctx); !ok || self.Queue() != nil {
				finish(errors.New("wrong operation"))
			}
			finish(nil)
		})
		if err := async.Start(); err != nil {
			t.Fatal(err)
		}
		async.Wait()
		if async.Err() != nil {
			t.Fatal(async.Err())
		}
	})
}
