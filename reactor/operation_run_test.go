package reactor_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/reactord/reactord/reactor"
)

// opReports is a tracer that keeps what panicked.
type opReports chan string

func (r opReports) Panicked(p reactor.Panic) {
	label := p.Queue + "/" + p.Operation
	if !strings.Contains(string(p.Stack), "_test.go") {
		label += " without its stack"
	}
	r <- fmt.Sprint(label, ": ", p.Value)
}

func (r opReports) Failed(label string, err error) { r <- fmt.Sprint(label, ": ", err) }

func TestN8_Kinds(t *testing.T) {
	t.Run("N8_BodiesRunConcurrently", func(t *testing.T) {
		r := start(t)
		q := r.NewOperationQueue("q", reactor.MaxConcurrent(1))
		met := make(chan struct{})
		o := reactor.NewOperation("o", func(context.Context) error { met <- struct{}{}; met <- struct{}{}; return nil })
		for i := range 2 {
			if err := o.AddBody(func(context.Context) error { <-met; return fmt.Errorf("error %d", i) }); err != nil {
				t.Fatal(err)
			}
		}
		addAll(t, q, o)
		receive(t, done(o), "end")
		for i := range 2 {
			if !strings.Contains(o.Err().Error(), fmt.Sprint("error ", i)) {
				t.Fatalf("error %q", o.Err())
			}
		}
	})
	t.Run("N8_FinishedWhenAllAre", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q", reactor.MaxConcurrent(1))
			told := [3]chan struct{}{make(chan struct{}), make(chan struct{}), make(chan struct{})}
			o := reactor.NewOperation("o", untilTold(told[0]))
			for i := range 2 {
				if err := o.AddBody(untilTold(told[i+1])); err != nil {
					t.Fatal(err)
				}
			}
			addAll(t, q, o)
			for i := range told {
				synctest.Wait()
				wantState(t, o, reactor.OperationExecuting)
				wantError(t, o.AddBody(noWork), reactor.ErrOperationStarted)
				close(told[i])
			}
			q.Wait()
			wantError(t, o.AddBody(noWork), reactor.ErrOperationFinished)
		})
	})
	t.Run("N8_ByHandInTheCaller", func(t *testing.T) {
		r := start(t)
		var goroutine [64]byte
		here := string(goroutine[:runtime.Stack(goroutine[:], false)])
		there := ""
		o := reactor.NewOperation("o", func(context.Context) error {
			there = string(goroutine[:runtime.Stack(goroutine[:], false)])
			return errors.New("no")
		})
		if err := o.AddBody(noWork); err != nil {
			t.Fatal(err)
		}
		d := reactor.NewOperation("d", noWork)
		depend(t, o, d)
		wantError(t, o.Start(), reactor.ErrOperationPending)
		addAll(t, r.NewOperationQueue("q"), d)
		d.Wait()
		if err := o.Start(); err != nil {
			t.Fatal(err)
		}
		number, _, _ := strings.Cut(here, "[")
		if !strings.HasPrefix(there, number) {
			t.Fatalf("ran on %s, started on %s", there, here)
		}
		if o.State() != reactor.OperationFinished || o.Err() == nil {
			t.Fatalf("%v: %v", o.State(), o.Err())
		}
		wantError(t, o.Start(), reactor.ErrOperationFinished)
	})
	t.Run("N8_AsynchronousReportsItsEnd", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q")
			var end func(error)
			o := reactor.NewAsyncOperation("o", func(_ context.Context, finish func(error)) { end = finish })
			wantError(t, o.AddBody(noWork), reactor.ErrOperationAsync)
			after := reactor.NewOperation("after", noWork)
			depend(t, after, o)
			addAll(t, q, o, after)
			synctest.Wait()
			wantState(t, o, reactor.OperationExecuting)
			wantState(t, after, reactor.OperationPending)
			why := errors.New("no")
			end(why)
			end(nil)
			synctest.Wait()
			wantState(t, after, reactor.OperationFinished)
			wantError(t, o.Err(), why)
		})
	})
	t.Run("N8_FinishedWithinStart", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q")
			told := make(chan struct{})
			o := reactor.NewAsyncOperation("o", func(_ context.Context, finish func(error)) { finish(nil); <-told })
			addAll(t, q, o)
			synctest.Wait()
			wantState(t, o, reactor.OperationExecuting) // nothing of it runs after its end
			close(told)
			synctest.Wait()
			wantState(t, o, reactor.OperationFinished)
		})
	})
	t.Run("N8_ContextEndsWithTheOperation", func(t *testing.T) {
		r := start(t)
		var kept context.Context
		r.NewOperationQueue("q").AddFunc("o", func(ctx context.Context) error { kept = ctx; return nil }).Wait()
		receive(t, kept.Done(), "end of the context")
	})
}

// done is closed when the operation is finished.
func done(o *reactor.Operation) <-chan struct{} {
	end := make(chan struct{})
	o.OnCompletion(func(*reactor.Operation) { close(end) })
	return end
}

func TestOperationPanics(t *testing.T) {
	why := errors.New("why")
	for _, c := range []struct {
		name   string
		make   func() *reactor.Operation
		report string // "" for none
		is     error
		text   string
	}{
		{"Body", func() *reactor.Operation {
			return reactor.NewOperation("o", func(context.Context) error { panic(why) })
		}, "q/o: why", why, "panic: why"},
		{"FurtherBody", func() *reactor.Operation {
			o := reactor.NewOperation("o", noWork)
			_ = o.AddBody(func(context.Context) error { panic(1) })
			return o
		}, "q/o: 1", nil, "panic: 1"},
		{"Start", func() *reactor.Operation {
			return reactor.NewAsyncOperation("o", func(context.Context, func(error)) { panic(why) })
		}, "q/o: why", why, "panic: why"},
		{"StartAfterFinish", func() *reactor.Operation {
			return reactor.NewAsyncOperation("o", func(_ context.Context, finish func(error)) { finish(why); panic(2) })
		}, "q/o: 2", why, "why\npanic: 2"},
		{"Goexit", func() *reactor.Operation {
			return reactor.NewOperation("o", func(context.Context) error { runtime.Goexit(); return nil })
		}, "", nil, "ended its goroutine"},
		{"GoexitOfStart", func() *reactor.Operation {
			return reactor.NewAsyncOperation("o", func(context.Context, func(error)) { runtime.Goexit() })
		}, "", nil, "ended its goroutine"},
	} {
		t.Run(c.name, func(t *testing.T) {
			reports := make(opReports, 4)
			r := start(t, reactor.WithTracer(reports))
			q := r.NewOperationQueue("q", reactor.MaxConcurrent(1))
			o := c.make()
			addAll(t, q, o)
			receive(t, done(o), "end")
			if !strings.Contains(o.Err().Error(), c.text) || c.is != nil && !errors.Is(o.Err(), c.is) {
				t.Fatalf("error %q", o.Err())
			}
			var p *reactor.PanicError
			if errors.As(o.Err(), &p) != (c.report != "") {
				t.Fatalf("error %T", o.Err())
			}
			if c.report != "" {
				if got := receive(t, reports, "report"); got != c.report || len(p.Stack) == 0 {
					t.Fatalf("report %q", got)
				}
			}
			next := q.AddFunc("next", noWork) // the queue goes on
			receive(t, done(next), "end of the next")
		})
	}
	t.Run("CompletionAndObserver", func(t *testing.T) {
		reports := make(opReports, 8)
		r := start(t, reactor.WithTracer(reports))
		q := r.NewOperationQueue("q")
		q.Suspend()
		o := q.AddFunc("o", noWork)
		calls := make(chan reactor.OperationState, 4)
		o.Observe(func(tr reactor.Transition) { calls <- tr.To; panic(tr.To) })
		o.OnCompletion(func(*reactor.Operation) { panic("completion") })
		end := done(o)
		q.Resume()
		receive(t, end, "second completion function")
		seen := map[string]bool{}
		for range 3 {
			seen[receive(t, reports, "report")] = true
		}
		if !seen["q/o: completion"] || !seen["q/o: executing"] || !seen["q/o: finished"] || len(calls) != 2 {
			t.Fatalf("reports %v", seen)
		}
	})
	t.Run("Misuse", func(t *testing.T) {
		panicWith(t, func() { reactor.NewOperation("o", nil) }, `"o"`, "nil")
		panicWith(t, func() { reactor.NewAsyncOperation("o", nil) }, `"o"`, "nil")
		o := reactor.NewOperation("o", noWork)
		panicWith(t, func() { _ = o.AddBody(nil) }, `"o"`, "nil")
		panicWith(t, func() { _ = o.AddDependency(nil) }, `"o"`, "nil")
		panicWith(t, func() { o.SetQoS(99) }, `"o"`, "99")
		panicWith(t, func() { _ = reactor.NewOperationQueue("q").Add(o, nil) }, `"q"`, "nil")
	})
}
