package reactor

import (
	"fmt"
	"slices"
	"time"
)

// Transition is a change of an operation, for observers.
type Transition struct {
	Operation *Operation
	// From and To are the states before and after. They are the same when the
	// operation was cancelled, which changes no state by itself.
	From, To  OperationState
	Cancelled bool // the flag after the change
	At        time.Time
}

// observer is told the changes of one operation.
type observer struct {
	operation *Operation
	tell      func(Transition)

	// Under operation.mu.
	pending []Transition
	queued  bool // deliver was submitted, or runs
}

// Observe has f called with every change of the operation from now on, in order
// and one call at a time (clause N9): every transition, and that it was
// cancelled. The calls come later than the changes, on the global queue of the
// operation's quality of service; the operation doesn't wait for them, and a slow
// f holds up only itself.
//
// stop ends it: what has not been delivered is dropped, but a call that is being
// made already goes on. It may be called more than once, and from f.
func (o *Operation) Observe(f func(Transition)) (stop func()) {
	if f == nil {
		panic(fmt.Sprintf("reactor: operation %q: Observe by a nil function", o.label))
	}
	w := &observer{operation: o, tell: f}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.observeLocked(w)
	return w.stop
}

func (o *Operation) observeLocked(w *observer) {
	if o.state != OperationFinished {
		o.observers = append(o.observers, w)
	}
}

func (w *observer) stop() {
	o := w.operation
	o.mu.Lock()
	defer o.mu.Unlock()
	w.pending = nil
	o.observers = slices.DeleteFunc(o.observers, func(other *observer) bool { return other == w })
}

// tellLocked hands a change to the observers. unlock will see to them.
func (o *Operation) tellLocked(from OperationState) {
	if len(o.observers) == 0 {
		return
	}
	t := o.transitionLocked(from)
	for _, w := range o.observers {
		o.handLocked(w, t)
	}
	if o.state == OperationFinished {
		o.observers = nil // that was the last one
	}
}

func (o *Operation) transitionLocked(from OperationState) Transition {
	return Transition{Operation: o, From: from, To: o.state, Cancelled: o.cancelled.Load(), At: time.Now()}
}

func (o *Operation) handLocked(w *observer, t Transition) {
	w.pending = append(w.pending, t)
	if !w.queued {
		w.queued = true
		o.wake = append(o.wake, w)
	}
}

// deliver makes one call, and is submitted again if there are more to make: so
// it goes on after a call that panicked or ended its goroutine.
func (w *observer) deliver() {
	o := w.operation
	o.mu.Lock()
	if len(w.pending) == 0 {
		w.queued = false
		o.mu.Unlock()
		return
	}
	t := w.pending[0]
	w.pending = w.pending[1:]
	o.mu.Unlock()
	defer func() {
		if v := recover(); v != nil {
			_ = o.panicked(v)
		}
		o.mu.Lock()
		on := o.backgroundLocked()
		w.queued = len(w.pending) > 0
		again := w.queued
		o.mu.Unlock()
		if again {
			on.Async(w.deliver)
		}
	}()
	w.tell(t)
}
