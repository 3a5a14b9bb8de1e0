package reactor

import "time"

// OperationState says how far an operation is (clause N1). Being cancelled is
// no state but a flag beside it, see Operation.Cancelled.
//
//	state      means                            may become
//	pending    a dependency is not finished     ready      the last one is finished or was removed
//	                                            finished   cancelled
//	ready      no such dependency               pending    a dependency was added
//	                                            executing  started
//	                                            finished   cancelled
//	executing  it was started                   paused     asynchronous ones only
//	                                            finished   all bodies have ended
//	paused     the work is to rest              executing  resumed
//	                                            finished   the work has ended
//	finished   it will do nothing any more
//
// An operation begins as ready, as it depends on nothing. That it is ready
// doesn't mean that it may start: its queue may be suspended or full, or a
// barrier may come first.
type OperationState uint8

// The states.
const (
	OperationPending OperationState = iota
	OperationReady
	OperationExecuting
	OperationPaused
	OperationFinished

	operationStates = int(OperationFinished) + 1
)

var operationStateNames = [operationStates]string{"pending", "ready", "executing", "paused", "finished"}

// String is the state's name.
func (s OperationState) String() string { return operationStateNames[s] }

// begun reports whether the operation was started and is not finished.
func (s OperationState) begun() bool { return s == OperationExecuting || s == OperationPaused }

// State is how far the operation is. It costs a lock.
func (o *Operation) State() OperationState {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.state
}

// begunLocked is the error for what can be done before the start only.
func (o *Operation) begunLocked() error {
	switch {
	case o.state.begun():
		return ErrOperationStarted
	case o.state == OperationFinished:
		return ErrOperationFinished
	}
	return nil
}

// moveLocked makes a transition: the queue's books are kept, observers will be
// told.
func (o *Operation) moveLocked(to OperationState) {
	from := o.state
	o.state, o.since = to, time.Now()
	if o.queue != nil {
		o.queue.moved(o, from, to)
	}
	o.tellLocked(from)
}

// OperationStatus is what an operation is doing, for status and dumps.
type OperationStatus struct {
	Label        string
	State        OperationState
	Cancelled    bool
	Priority     Priority
	QoS          QoS
	For          time.Duration // in this state
	Dependencies int           // that are not finished
	Dependents   int           // that wait for this one
	Err          error         // once finished
}

// Status tells what the operation is doing, and how long it has been. It costs a
// lock and a look at the clock.
func (o *Operation) Status() OperationStatus {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := OperationStatus{Label: o.label, State: o.state, Cancelled: o.cancelled.Load(),
		Priority: o.priority, QoS: o.qosLocked(), For: time.Since(o.since),
		Dependencies: o.unmet, Dependents: len(o.dependents)}
	if o.state == OperationFinished {
		s.Err = joined(o.errs)
	}
	return s
}
