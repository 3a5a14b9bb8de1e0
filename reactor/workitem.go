package reactor

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"sync/atomic"
	"time"
)

// WorkItem is a function with a state: it can be submitted to queues, cancelled
// before it starts, waited for and observed (GCD's dispatch block objects;
// clauses BL1 to BL3).
//
// An item may be run more than once, but then not waited for nor observed:
// whichever of the two comes second panics (clause BL2).
//
// Methods may be called from any goroutine. The body runs on the goroutine of
// whoever performs it. What it did is seen by the waiter and the notifications.
type WorkItem struct {
	f       func()
	barrier bool
	word    atomic.Uint32 // see below
	done    Group         // entered once, left when the first run is completed
}

// A work item's word is a set of flags:
//
//	itemCancelled  Cancel was called; runs that start from now on skip the body
//	itemStarted    a run has started
//	itemRepeated   another one has, so there may be no wait and no notification
//	itemCompleted  a run has ended, or was skipped
//	itemWaiting    somebody is in a wait
//	itemWaited     a wait has succeeded, so there may be no other
//	itemObserved   there is a notification, or was
//
// What may happen, and who makes it happen:
//
//	start    sets itemStarted; if that is set already, itemRepeated, unless
//	         itemWaiting, itemWaited or itemObserved forbid it
//	end      sets itemCompleted; who is the first to do so leaves done
//	wait     sets itemWaiting, unless itemRepeated, itemWaiting or itemWaited
//	         forbid it; cleared when the wait is over, and itemWaited set in
//	         the same step if it succeeded
//	notify   sets itemObserved, unless itemRepeated forbids it
//
// Nothing else is ever cleared.
const (
	itemCancelled uint32 = 1 << iota
	itemStarted
	itemRepeated
	itemCompleted
	itemWaiting
	itemWaited
	itemObserved
)

// WorkOption changes how NewWorkItem makes an item.
type WorkOption func(*WorkItem)

// AsBarrier has AsyncItem and SyncItem submit the item as a barrier. That only
// matters on a concurrent queue of the program's own (clause BL3).
func AsBarrier() WorkOption { return func(w *WorkItem) { w.barrier = true } }

// NewWorkItem returns an item whose body is f.
func NewWorkItem(f func(), options ...WorkOption) *WorkItem {
	if f == nil {
		panic("reactor: a work item needs a function")
	}
	w := &WorkItem{f: f}
	for _, o := range options {
		o(w)
	}
	w.done.Enter()
	return w
}

// Perform makes an item of f and performs it at once, on the calling goroutine
// (clause BL3).
func Perform(f func(), options ...WorkOption) { NewWorkItem(f, options...).Perform() }

// AsyncItem submits the item and returns at once, as Async does.
func (q *Queue) AsyncItem(w *WorkItem) {
	if w.barrier {
		q.BarrierAsync(w.Perform)
		return
	}
	q.Async(w.Perform)
}

// SyncItem runs the item on the queue and returns when it has run, as Sync
// does.
func (q *Queue) SyncItem(w *WorkItem) {
	if w.barrier {
		q.BarrierSync(w.Perform)
		return
	}
	q.Sync(w.Perform)
}

// Perform runs the body on the calling goroutine, or skips it if the item was
// cancelled. Either way the execution counts as completed (clause BL1), also if
// the body panics, which goes on in the caller. A second run of an item that
// was waited for or observed panics (clause BL2).
func (w *WorkItem) Perform() {
	cancelled := w.start()
	defer w.end()
	if !cancelled {
		w.f()
	}
}

// Cancel has runs that have not started skip the body. The item is completed,
// and so waiters and notifications told, not by Cancel but when its turn to run
// has come. A run in progress is not affected. Cancel may be repeated (clause
// BL1).
func (w *WorkItem) Cancel() { w.word.Or(itemCancelled) }

// Cancelled reports whether Cancel was called.
func (w *WorkItem) Cancelled() bool { return w.word.Load()&itemCancelled != 0 }

// Wait blocks until the item has run once. An item allows one successful wait:
// another one, then or at the same time, panics, and so does waiting for an
// item that was run more than once (clause BL2).
func (w *WorkItem) Wait() {
	w.startWait()
	w.done.Wait()
	w.endWait(true)
}

// WaitFor is Wait for no longer than d, and reports whether the item has run.
// When it reports false it hasn't used up the one wait there is (clause BL2).
// With a d of zero or less it doesn't block.
func (w *WorkItem) WaitFor(d time.Duration) bool {
	w.startWait()
	ok := w.done.WaitFor(d)
	w.endWait(ok)
	return ok
}

// WaitContext is Wait until ctx ends, and returns the error of ctx if the item
// has not run before. Then it hasn't used up the one wait there is.
func (w *WorkItem) WaitContext(ctx context.Context) error {
	w.startWait()
	err := w.done.WaitContext(ctx)
	w.endWait(err == nil)
	return err
}

// Notify submits f to q when the item has run, at once if it already has. Any
// number of notifications may be registered. It panics if the item was run more
// than once (clause BL2).
func (w *WorkItem) Notify(q *Queue, f func()) {
	if q == nil || f == nil {
		panic(fmt.Sprintf("reactor: %s: a notification needs a queue and a function", w.name()))
	}
	w.observe()
	w.done.Notify(q, f)
}

// start begins a run and reports whether it must skip the body.
func (w *WorkItem) start() (cancelled bool) {
	for {
		s := w.word.Load()
		next := s | itemStarted
		if s&itemStarted != 0 {
			w.forbid(s, itemWaiting|itemWaited, "run more than once and waited for")
			w.forbid(s, itemObserved, "run more than once and observed")
			next |= itemRepeated
		}
		if w.word.CompareAndSwap(s, next) {
			return s&itemCancelled != 0
		}
	}
}

func (w *WorkItem) end() {
	if w.word.Or(itemCompleted)&itemCompleted == 0 {
		w.done.Leave()
	}
}

func (w *WorkItem) startWait() {
	for {
		s := w.word.Load()
		w.forbid(s, itemRepeated, "run more than once and waited for")
		w.forbid(s, itemWaiting|itemWaited, "waited for more than once")
		if w.word.CompareAndSwap(s, s|itemWaiting) {
			return
		}
	}
}

func (w *WorkItem) endWait(succeeded bool) {
	for {
		s := w.word.Load()
		next := s &^ itemWaiting
		if succeeded {
			next |= itemWaited
		}
		if w.word.CompareAndSwap(s, next) {
			return
		}
	}
}

func (w *WorkItem) observe() {
	for {
		s := w.word.Load()
		w.forbid(s, itemRepeated, "run more than once and observed")
		if w.word.CompareAndSwap(s, s|itemObserved) {
			return
		}
	}
}

// forbid panics if one of flags is set in s.
func (w *WorkItem) forbid(s, flags uint32, what string) {
	if s&flags != 0 {
		panic(fmt.Sprintf("reactor: %s: %s, which a work item must not be", w.name(), what))
	}
}

func (w *WorkItem) name() string { return "work item of " + nameOf(w.f) }

// nameOf is what the program's text calls f, for panics of what has no label.
func nameOf(f func()) string {
	if f := runtime.FuncForPC(reflect.ValueOf(f).Pointer()); f != nil {
		return f.Name()
	}
	return "an unknown function"
}
