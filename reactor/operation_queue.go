package reactor

import (
	"context"
	"fmt"
	"math"
	"sync"
)

// OperationQueue runs operations when they are ready: at most so many at once,
// those of a higher priority first, and equal ones in the order in which they
// were added (NSOperationQueue, clauses N4 to N7).
//
// The operations run as items of its underlying queue or, without one, of the
// global queue of the operation's quality of service, or else of its own. With
// a maximum of 1 it is serial, in the order of readiness and priority and not of
// arrival alone. What counts against the maximum is an operation from its start
// to its end, one that is asynchronous or paused included.
//
// An OperationQueue is a struct: it holds no goroutine, and an empty one that
// nobody refers to is collected. Methods may be called from any goroutine,
// bodies included. Adding, starting and finishing an operation each cost a few
// uncontended locks and a heap's logarithm; an operation is one item of the
// underlying queue.
type OperationQueue struct {
	label      string
	reactor    *Reactor
	underlying *Queue // nil: global queues
	qos        QoS

	// mu comes after an operation's lock, see operation_graph.go. It guards
	// the following and the operations' places.
	mu          sync.Mutex
	maximum     int
	suspends    int
	slots       int               // taken: by executing operations, and by items that will start one
	starting    int               // of these, how many have not looked for an operation yet
	first, last *operationSection // of the unfinished operations
	added       uint64
	counts      [operationStates]int // how many are in each state; finished ones were
	empty       chan struct{}        // closed when all are finished; nil: nobody waits
}

// UnlimitedOperations is the maximum of a queue that has none, the default.
const UnlimitedOperations = math.MaxInt

// OperationQueueOption changes how NewOperationQueue makes a queue.
type OperationQueueOption func(*OperationQueue)

// MaxConcurrent has the queue run at most n operations at once. n is at least 1;
// the default is UnlimitedOperations.
func MaxConcurrent(n int) OperationQueueOption {
	return func(q *OperationQueue) { q.SetMaxConcurrent(n) }
}

// Underlying has the queue run its operations as items of a dispatch queue, and
// be of that queue's reactor. Operations on a serial queue exclude each other
// and whatever else runs there, and are still ordered by priority.
func Underlying(on *Queue) OperationQueueOption {
	return func(q *OperationQueue) { q.underlying, q.reactor = on, on.Reactor() }
}

// OnMain makes it a main operation queue: its operations run one at a time on
// the main queue of its reactor (clause N4).
func OnMain() OperationQueueOption {
	return func(q *OperationQueue) {
		q.underlying = q.reactor.Main()
		q.maximum = 1
	}
}

// OperationQoS is the quality of service of operations that have none of their
// own. The default is DefaultQoS.
func OperationQoS(class QoS) OperationQueueOption {
	return func(q *OperationQueue) { q.qos = class }
}

// NewOperationQueue returns an empty queue of the default reactor, or of its
// underlying queue's. The label names it in errors, in the Tracer's reports and
// in status.
func NewOperationQueue(label string, options ...OperationQueueOption) *OperationQueue {
	return Default().NewOperationQueue(label, options...)
}

// NewOperationQueue returns an empty queue of this reactor.
func (r *Reactor) NewOperationQueue(label string, options ...OperationQueueOption) *OperationQueue {
	q := &OperationQueue{label: label, reactor: r, qos: DefaultQoS, maximum: UnlimitedOperations}
	for _, o := range options {
		o(q)
	}
	r.operations.add(q)
	return q
}

// Label is the queue's name.
func (q *OperationQueue) Label() string { return q.label }

// Reactor is whose queue it is.
func (q *OperationQueue) Reactor() *Reactor { return q.reactor }

// Add adds operations, all of them or, when one can't be, none (clause N6): the
// error wraps ErrOperationQueued for one that is in this queue or another or is
// named twice, ErrOperationStarted for one that was started by hand,
// ErrOperationFinished for one that is finished or was cancelled. It is an
// *OperationCycleError when a barrier of the queue waits for one of them, which
// would wait for the barrier (clause N7).
//
// An operation can't be removed, only cancelled.
func (q *OperationQueue) Add(operations ...*Operation) error {
	if err := q.add(operations); err != nil {
		return fmt.Errorf("operation queue %q: add: %w", q.label, err)
	}
	q.schedule()
	return nil
}

// AddFunc adds a block operation with that body and returns it. Nothing waits for
// a new operation, so it closes no cycle and isn't looked at for that.
func (q *OperationQueue) AddFunc(label string, body func(ctx context.Context) error) *Operation {
	o := NewOperation(label, body)
	o.mu.Lock()
	q.enter([]*Operation{o}, false)
	o.mu.Unlock()
	q.schedule()
	return o
}

// AddBarrier adds a block operation with that body as a barrier and returns it:
// it begins when everything that was added to the queue earlier is finished, and
// what is added later begins when it is finished (clause N4). A barrier that is
// cancelled before it begins is finished and holds back nothing more.
func (q *OperationQueue) AddBarrier(label string, body func(ctx context.Context) error) *Operation {
	o := NewOperation(label, body)
	operationGraph.Lock()
	o.mu.Lock()
	q.enter([]*Operation{o}, true)
	o.mu.Unlock()
	operationGraph.Unlock()
	q.schedule()
	return o
}

// add locks all of the operations, which takes operationGraph, so that they are
// checked and added in one step.
func (q *OperationQueue) add(operations []*Operation) error {
	operationGraph.Lock()
	defer operationGraph.Unlock()
	if err := q.check(operations); err != nil {
		return err
	}
	for i, o := range operations {
		o.mu.Lock()
		if err := o.addableLocked(); err != nil {
			unlockAll(operations[:i+1])
			return err
		}
	}
	q.enter(operations, false)
	unlockAll(operations)
	return nil
}

func unlockAll(operations []*Operation) {
	for _, o := range operations {
		o.mu.Unlock()
	}
}

// check finds what has to be found before the operations are locked: one named
// twice, and one that a barrier waits for.
func (q *OperationQueue) check(operations []*Operation) error {
	seen := make(map[*Operation]struct{}, len(operations))
	for _, o := range operations {
		if o == nil {
			panic(fmt.Sprintf("reactor: operation queue %q: the operation is nil", q.label))
		}
		if _, twice := seen[o]; twice {
			return fmt.Errorf("operation %q, named twice: %w", o.label, ErrOperationQueued)
		}
		seen[o] = struct{}{}
		o.mu.Lock()
		err := o.addableLocked()
		o.mu.Unlock()
		if err != nil {
			return err
		}
		if path := q.waitPath(o); path != nil {
			return cycleError(append([]*Operation{o}, path...))
		}
	}
	return nil
}

// addableLocked is why the operation can't be added to a queue.
func (o *Operation) addableLocked() error {
	err := o.begunLocked()
	if o.queue != nil && err == nil {
		err = ErrOperationQueued
	}
	if err != nil {
		return fmt.Errorf("operation %q: %w", o.label, err)
	}
	return nil
}
