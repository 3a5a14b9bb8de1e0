package reactor_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/reactor"
)

// emptyBody is a body with a name that panics can tell.
func emptyBody() {}

func TestBL1_CancelBeforeStart(t *testing.T) {
	r := start(t)
	q := r.NewQueue("cancelled before")
	release := make(chan struct{})
	q.Async(func() { <-release })
	w := reactor.NewWorkItem(func() { t.Error("the body ran") })
	told := make(chan struct{})
	w.Notify(q, func() { close(told) })
	q.AsyncItem(w)
	if w.Cancelled() {
		t.Error("cancelled before Cancel")
	}
	w.Cancel()
	w.Cancel()
	if !w.Cancelled() {
		t.Error("not cancelled after Cancel")
	}
	if w.WaitFor(0) {
		t.Error("completed before its turn has come")
	}
	close(release)
	if !w.WaitFor(patience) {
		t.Error("the execution that was skipped doesn't count as completed")
	}
	receive(t, told, "notification")
	if !w.Cancelled() {
		t.Error("the flag went away")
	}
}

func TestBL1_CancelWhileRunning(t *testing.T) {
	r := start(t)
	w := (*reactor.WorkItem)(nil)
	running, release, ended := make(chan struct{}), make(chan struct{}), false
	w = reactor.NewWorkItem(func() {
		close(running)
		<-release
		ended = true
	})
	r.NewQueue("cancelled while").AsyncItem(w)
	receive(t, running, "start")
	w.Cancel()
	if w.WaitFor(0) {
		t.Error("completed while it runs")
	}
	close(release)
	if !w.WaitFor(patience) || !ended || !w.Cancelled() {
		t.Error("a run in progress was affected")
	}
}

func TestBL1_CompletedThoughItPanics(t *testing.T) {
	r := start(t, reactor.WithTracer(quiet{}))
	w := reactor.NewWorkItem(func() { panic("of the body") })
	r.NewQueue("panics").AsyncItem(w)
	if !w.WaitFor(patience) {
		t.Error("not completed")
	}
	gone := reactor.NewWorkItem(runtime.Goexit)
	go gone.Perform()
	if !gone.WaitFor(patience) {
		t.Error("not completed by a goroutine that exits")
	}
}

func TestBL2_Wait(t *testing.T) {
	t.Run("BL2_TimeOutDoesntUseItUp", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			w := reactor.NewWorkItem(emptyBody)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := w.WaitContext(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v", err)
			}
			for range 3 {
				if w.WaitFor(time.Second) || w.WaitFor(0) {
					t.Error("completed without a run")
				}
			}
			time.AfterFunc(time.Second, w.Perform)
			w.Wait()
		})
	})
	t.Run("BL2_SecondAfterSuccess", func(t *testing.T) {
		leak.Check(t)
		again := map[string]func(*reactor.WorkItem){
			"Wait":        (*reactor.WorkItem).Wait,
			"WaitFor":     func(w *reactor.WorkItem) { w.WaitFor(time.Hour) },
			"poll":        func(w *reactor.WorkItem) { w.WaitFor(0) },
			"WaitContext": func(w *reactor.WorkItem) { _ = w.WaitContext(t.Context()) },
		}
		for name, wait := range again {
			w := reactor.NewWorkItem(emptyBody)
			w.Perform()
			wait(w)
			t.Run(name, func(t *testing.T) {
				panicWith(t, func() { wait(w) }, "reactor_test.emptyBody", "waited for more than once")
			})
		}
	})
	t.Run("BL2_TwoAtATime", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			w := reactor.NewWorkItem(emptyBody)
			go func() {
				time.Sleep(time.Second)
				panicWith(t, w.Wait, "waited for more than once")
				w.Perform()
			}()
			w.Wait()
		})
	})
}

func TestBL2_Notify(t *testing.T) {
	r := start(t)
	q := r.NewQueue("notified")
	ran := false
	w := reactor.NewWorkItem(func() { ran = true })
	var got []int // no lock: q orders the items
	for i := range 3 {
		w.Notify(q, func() { got = append(got, i) })
	}
	drain(t, q)
	if len(got) != 0 {
		t.Errorf("notified before the run: %v", got)
	}
	r.NewQueue("run").AsyncItem(w)
	if !w.WaitFor(patience) || !ran {
		t.Fatal("not run")
	}
	told := make(chan struct{})
	w.Notify(q, func() { close(told) }) // completed: at once
	receive(t, told, "notification after completion")
	drain(t, q)
	if diff := cmp.Diff([]int{0, 1, 2}, got); diff != "" {
		t.Error(diff)
	}
	panicWith(t, func() { w.Notify(q, nil) }, "work item of", "needs a queue and a function")
	panicWith(t, func() { reactor.NewWorkItem(nil) }, "needs a function")
}

// TestBL2_RaceOfNotifyAndEnd: a notification comes exactly once, whether the
// item ends before or after it was registered.
func TestBL2_RaceOfNotifyAndEnd(t *testing.T) {
	r := start(t)
	q := r.NewQueue("raced")
	var told atomic.Int64
	var work sync.WaitGroup
	rounds := longOrShare(100_000, 1_000)
	for range rounds {
		w := reactor.NewWorkItem(emptyBody)
		work.Go(w.Perform)
		work.Go(w.Cancel)
		w.Notify(q, func() { told.Add(1) })
		w.Wait()
	}
	work.Wait()
	drain(t, q)
	if told.Load() != int64(rounds) {
		t.Errorf("%d of %d told", told.Load(), rounds)
	}
}
