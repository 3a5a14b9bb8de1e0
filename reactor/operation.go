package reactor

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Operation is work with a state, dependencies and a way to cancel it
// (NSOperation, clauses N1 to N13). It is run once, by the OperationQueue it was
// added to or, by hand, with Start.
//
// An operation is either a block operation, whose bodies run beside each other
// and which is finished when all of them have returned, or an asynchronous
// operation, whose start function returns while the work goes on.
//
// What is promised:
//
//   - no body runs before all dependencies are finished (N1), and none after
//     Cancel, unless it has begun (N2);
//   - the end of a dependency happens before the start of a body, in the sense
//     of the Go memory model, and the end of the bodies before what Wait,
//     completion functions and dependents do;
//   - completion functions and observers are called on the global queue of the
//     operation's quality of service, never with a lock held. They hold up no
//     operation, and the queue an operation runs on doesn't hold them up (N9);
//   - a panic of a body becomes the operation's error, a *PanicError, and is
//     told to the reactor's Tracer.
//
// An operation that is in no queue uses the default reactor. Methods may be
// called from any goroutine, bodies included.
//
// It costs about a kilobyte with its context, and no goroutine before it runs.
type Operation struct {
	label        string
	asynchronous bool
	order        int64       // see operation_cycle.go
	cancelled    atomic.Bool // written under mu

	// mu guards the following. Only who holds operationGraph may lock a
	// second operation; an OperationQueue's lock may be taken inside. See
	// operation_graph.go for all of the order.
	mu          sync.Mutex
	state       OperationState
	since       time.Time // of state
	bodies      []func(context.Context) error
	start       func(ctx context.Context, finish func(error))
	context     context.Context // from the start on
	stop        context.CancelFunc
	parts       int  // of what runs: how many have not ended
	reported    bool // finish was called, or the start function panicked
	errs        []error
	settled     bool          // it is finished and has released its dependents
	done        chan struct{} // closed when settled; nil: nobody waits
	completions []func(*Operation)
	observers   []*observer
	wake        []*observer // have something new; unlock sees to them
	edges       []*operationEdge
	unmet       int              // how many edges lead to unfinished dependencies
	dependents  []*operationEdge // from unfinished operations that wait for this one
	queue       *OperationQueue

	// What follows is written with both mu and the queue's lock held, once
	// there is a queue, and read with either.
	priority Priority
	qos      QoS
	ownQoS   bool
	place    operationPlace
}

// NewOperation returns a block operation with its first body, see AddBody. The
// label names it in errors, in the Tracer's reports and in status.
func NewOperation(label string, body func(ctx context.Context) error) *Operation {
	if body == nil {
		panic(fmt.Sprintf("reactor: operation %q: the body is nil", label))
	}
	o := newOperation(label)
	o.bodies = []func(context.Context) error{body}
	return o
}

// NewAsyncOperation returns an asynchronous operation: start begins the work and
// returns, and finish is called when the work has ended, from anywhere, with its
// error or nil. More calls of finish have no effect (clause N8).
//
// The operation is finished when start has returned and finish was called; until
// then it counts against its queue's maximum, though it occupies no goroutine.
// ctx ends when the operation is cancelled, and when it is finished; then work
// that goes on must call finish soon. If start panics the operation is finished
// without waiting for finish.
func NewAsyncOperation(label string, start func(ctx context.Context, finish func(error))) *Operation {
	if start == nil {
		panic(fmt.Sprintf("reactor: operation %q: the start function is nil", label))
	}
	o := newOperation(label)
	o.start, o.asynchronous = start, true
	return o
}

// newOperation is ready, as it depends on nothing.
func newOperation(label string) *Operation {
	return &Operation{label: label, order: operationHighest.Add(1), state: OperationReady, since: time.Now(), qos: DefaultQoS,
		place: operationPlace{at: notQueued}}
}

// AddBody adds a body to a block operation. All of them run beside each other:
// the first as an item of the queue the operation runs on, the others as items
// of their own, so on a serial queue one after the other. They count as one
// against the operation queue's maximum (clause N8).
//
// It is an error after the start, and for an asynchronous operation.
func (o *Operation) AddBody(body func(ctx context.Context) error) error {
	if body == nil {
		panic(fmt.Sprintf("reactor: operation %q: the body is nil", o.label))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.asynchronous {
		return fmt.Errorf("operation %q: add a body: %w", o.label, ErrOperationAsync)
	}
	if err := o.begunLocked(); err != nil {
		return fmt.Errorf("operation %q: add a body: %w", o.label, err)
	}
	o.bodies = append(o.bodies, body)
	return nil
}

// Label is the operation's name.
func (o *Operation) Label() string { return o.label }

// Queue is the queue the operation was added to, nil without (clause N12).
func (o *Operation) Queue() *OperationQueue {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.queue
}

// Err is why the operation failed, once it is finished: the errors of its
// bodies, joined when there is more than one, or ErrCancelled when it was
// cancelled before it started. It is nil before the end. An operation that was
// cancelled and yet ended without an error has none.
func (o *Operation) Err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.state != OperationFinished {
		return nil
	}
	return joined(o.errs)
}

// unlock releases mu, and has observers told what happened while it was held.
func (o *Operation) unlock() {
	wake := o.wake
	o.wake = nil
	var on *Queue
	if len(wake) > 0 {
		on = o.backgroundLocked()
	}
	o.mu.Unlock()
	for _, w := range wake {
		on.Async(w.deliver)
	}
}

// backgroundLocked is where completion functions and observers are called.
func (o *Operation) backgroundLocked() *Queue {
	return o.reactorLocked().Global(o.qosLocked())
}

func (o *Operation) reactorLocked() *Reactor {
	if o.queue != nil {
		return o.queue.reactor
	}
	return Default()
}
