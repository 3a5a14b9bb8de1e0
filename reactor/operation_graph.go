package reactor

import (
	"fmt"
	"slices"
	"sync"
)

// operationGraph is held while edges between operations are made, by hand or by a
// queue with barriers: what the search for cycles walks on gets no new edge
// meanwhile, though it may lose some.
//
// # The order of locks
//
//  1. Batch.mu
//  2. operationGraph
//  3. Operation.mu. Who holds operationGraph may lock several, in any order;
//     everybody else holds one at a time. As only one goroutine holds several,
//     and the others wait for nothing but what comes below, there is no circle.
//  4. OperationQueue.mu, one at a time.
//
// Nothing else is locked and nobody else's code is called with one of them held:
// queues get their items, and contexts are cancelled, after the last one was
// released. Running and finishing operations takes neither operationGraph nor
// two operations' locks at a time.
var operationGraph sync.Mutex

// operationEdge says that waiter depends on dependency. It is in both their
// lists, but not in those of a finished operation.
type operationEdge struct {
	waiter     *Operation
	dependency *Operation
	gone       bool // was removed, or the dependency has finished; under waiter.mu
	at         int  // in dependency.dependents; under dependency.mu
}

// AddDependency has the operation wait for another one, which may be in another
// queue, or in none yet (clause N7). A second edge to the same one has no effect,
// and one to a finished operation holds nothing up.
//
// It is an error when the operation has started, finished or was cancelled, and
// an *OperationCycleError when the other one would wait for this one. Barriers
// count in that: an operation waits for the barrier before it, and a barrier for
// everything added to the queue before it.
//
// The cost is constant when the operation was made after the other one and there
// are no barriers. Otherwise it grows with the smaller of two sets: what waits for
// this one, and what the other one waits for.
func (o *Operation) AddDependency(on *Operation) error {
	if on == nil {
		panic(fmt.Sprintf("reactor: operation %q: the dependency is nil", o.label))
	}
	err := o.join(on)
	o.mu.Lock()
	o.unlock() // observers may have something new
	return err
}

// join makes the edge if it may be made.
func (o *Operation) join(on *Operation) error {
	operationGraph.Lock()
	defer operationGraph.Unlock()
	o.mu.Lock()
	err := o.begunLocked()
	o.mu.Unlock()
	if err == nil {
		if path := wouldWait(on, o); path != nil {
			return cycleError(append([]*Operation{o}, path...))
		}
		err = o.connect(on)
	}
	if err != nil {
		return fmt.Errorf("operation %q: add dependency on %q: %w", o.label, on.label, err)
	}
	return nil
}

// connect makes the edge. operationGraph is held, so both may be locked.
func (o *Operation) connect(on *Operation) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.begunLocked(); err != nil {
		return err
	}
	on.mu.Lock()
	defer on.mu.Unlock()
	if o.dependsLocked(on) {
		return nil
	}
	e := &operationEdge{waiter: o, dependency: on}
	o.edges = append(o.edges, e)
	if on.state == OperationFinished {
		e.gone = true
		return nil
	}
	e.at = len(on.dependents)
	on.dependents = append(on.dependents, e)
	o.unmet++
	if o.state == OperationReady {
		o.moveLocked(OperationPending)
	}
	return nil
}

// dependsLocked looks for an edge where it is found sooner. Both are locked.
func (o *Operation) dependsLocked(on *Operation) bool {
	if on.state != OperationFinished && len(on.dependents) < len(o.edges) {
		return slices.ContainsFunc(on.dependents, func(e *operationEdge) bool { return e.waiter == o })
	}
	return slices.ContainsFunc(o.edges, func(e *operationEdge) bool { return e.dependency == on })
}

// RemoveDependency has the operation no longer wait for that one (clause N11).
// It has no effect when it doesn't, and is an error after the start.
func (o *Operation) RemoveDependency(on *Operation) error {
	e, err := o.disconnect(on)
	if err != nil {
		return fmt.Errorf("operation %q: remove dependency on %q: %w", o.label, on.label, err)
	}
	if e == nil {
		return nil
	}
	e.detach()
	if q := o.met(e); q != nil {
		q.schedule()
	}
	return nil
}

// disconnect takes the edge out of o's list, nil if there is none.
func (o *Operation) disconnect(on *Operation) (*operationEdge, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.begunLocked(); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(o.edges, func(e *operationEdge) bool { return e.dependency == on })
	if i < 0 {
		return nil, nil
	}
	e := o.edges[i]
	o.edges = slices.Delete(o.edges, i, i+1)
	return e, nil
}

// Dependencies are what the operation depends on, finished ones included, in the
// order in which they were added. A finished operation has none: otherwise a
// chain of them would never be collected.
func (o *Operation) Dependencies() []*Operation {
	o.mu.Lock()
	defer o.mu.Unlock()
	var on []*Operation
	for _, e := range o.edges {
		on = append(on, e.dependency)
	}
	return on
}

// met takes note that the waiter, o, need not wait for the edge any more. It
// returns the queue to be scheduled, if the operation can be started there.
func (o *Operation) met(e *operationEdge) *OperationQueue {
	o.mu.Lock()
	defer o.unlock()
	if e.gone || o.state == OperationFinished {
		return nil
	}
	e.gone = true
	o.unmet--
	if o.unmet > 0 {
		return nil
	}
	o.moveLocked(OperationReady)
	return o.queue
}

// detach takes the edge out of its dependency's list, unless that has finished.
func (e *operationEdge) detach() {
	d := e.dependency
	d.mu.Lock()
	defer d.mu.Unlock()
	if e.at >= len(d.dependents) || d.dependents[e.at] != e {
		return
	}
	last := len(d.dependents) - 1
	d.dependents[e.at] = d.dependents[last]
	d.dependents[e.at].at = e.at
	d.dependents[last] = nil
	d.dependents = d.dependents[:last]
}
