package reactor

import "fmt"

// Pause puts an asynchronous operation that executes into the state paused
// (clause N13). It stops nothing by itself: the work learns of it by OnPause or
// State, and rests until Resume. The operation keeps its place among those its
// queue runs at once. The work may end while it is paused, and Cancel has the
// effect it has on an executing operation: the context ends, and the work is to
// call finish.
//
// Pausing a paused operation has no effect. It is an error if the operation isn't
// executing, or is a block operation.
func (o *Operation) Pause() error {
	return o.shift("pause", OperationExecuting, OperationPaused)
}

// Resume takes Pause back. Resuming an executing operation has no effect. It is
// an error if the operation was not started or is finished, or is a block
// operation.
func (o *Operation) Resume() error {
	return o.shift("resume", OperationPaused, OperationExecuting)
}

func (o *Operation) shift(what string, from, to OperationState) error {
	o.mu.Lock()
	defer o.unlock()
	switch {
	case !o.asynchronous:
		return fmt.Errorf("operation %q: %s: %w", o.label, what, ErrOperationBlock)
	case o.state == from:
		o.moveLocked(to)
	case o.state != to:
		return fmt.Errorf("operation %q: %s: %w", o.label, what, ErrOperationIdle)
	}
	return nil
}

// OnPause has f called with true when the operation was paused and with false
// when it was resumed, in that order and one call at a time, like an observer
// (see Observe). An operation that is paused already is told first. The start
// function of an asynchronous operation calls it to let its work rest;
// CurrentOperation tells it the operation. stop ends it.
func (o *Operation) OnPause(f func(paused bool)) (stop func()) {
	w := &observer{operation: o, tell: func(t Transition) {
		switch {
		case t.From == t.To:
		case t.To == OperationPaused:
			f(true)
		case t.From == OperationPaused && t.To == OperationExecuting:
			f(false)
		}
	}}
	o.mu.Lock()
	defer o.unlock()
	o.observeLocked(w)
	if o.state == OperationPaused {
		o.handLocked(w, o.transitionLocked(OperationExecuting))
	}
	return w.stop
}
