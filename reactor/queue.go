package reactor

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
)

// Queue runs functions, in the order they were submitted: one at a time when
// it is serial (clause Q1), up to its width beside each other when it is
// concurrent (clause Q2).
//
// A queue runs its items on its target, which is another queue or, at the end
// of the chain, a global one or the main queue. All that runs through one
// serial queue excludes each other (clause H1). An idle queue is a struct: no
// goroutine belongs to it. A queue nobody holds any more is collected once its
// items have run.
//
// Methods may be called from any goroutine, items of the queue included.
// Consecutive items of a serial queue happen one before the other in the sense
// of the Go memory model.
//
// # How it works
//
// A queue occupies slots at its target, at most as many as its width. An item
// needs a slot to run, and a slot that has run one item goes on with the next,
// up to a budget, so that a serial queue is drained in batches (clause H2) and
// still doesn't hold up its siblings for ever. Sync takes a slot for the
// calling goroutine.
//
// A queue that does nothing, or is in the hands of a single Sync, is known by
// its word alone; see gate.go. Everything else is guarded by mu.
type Queue struct {
	label  string
	target atomic.Pointer[Queue]      // nil: this is a root
	extra  atomic.Pointer[attributes] // never nil for a root
	gate   gate
	width  int32
	// targeted is whether another queue targets this one, or did.
	targeted atomic.Bool
	ran      atomic.Int32 // about how many of the fetched items have run

	mu       sync.Mutex
	items    list
	slots    int32  // occupied at the target
	since    uint32 // when the queue began to have something to do, in ms
	suspends int32
	starting bool  // one of the slots is on its way
	stale    uint8 // slots on their way to a target that isn't it any more
	lift     lift  // how urgently somebody waits in Sync
	inactive bool
	fixed    bool // the target can't be changed (clause H4)
	alone    bool // a barrier of a concurrent queue runs
	moving   bool // the target was changed: the slot that did it goes there
	fetched  bool // the first items are being run by a slot (serial)

	kind  queueKind // not guarded: it doesn't change
	class QoS       // of a root; not guarded either
}

// queueKind tells the ends of target chains from the rest.
type queueKind uint8

const (
	private    queueKind = iota
	globalRoot           // run by the reactor's crew
	mainRoot             // run by RunMain
)

// unbounded is the width of a queue without one.
const unbounded = math.MaxInt32

// QueueOption changes how NewQueue makes a queue.
type QueueOption func(*Queue)

// Width makes the queue concurrent: up to n items run beside each other. A
// width of 1 is a serial queue, the default.
func Width(n int) QueueOption {
	if n < 1 {
		panic(fmt.Sprintf("reactor: width %d: a queue's width is at least 1", n))
	}
	return func(q *Queue) { q.width = int32(min(n, unbounded)) }
}

// Concurrent makes the queue concurrent, without a bound of its own
// (DISPATCH_QUEUE_CONCURRENT).
func Concurrent() QueueOption { return Width(unbounded) }

// Target has the queue run its items on t instead of the default global queue,
// for good: SetTarget is refused (dispatch_queue_create_with_target).
func Target(t *Queue) QueueOption {
	if t == nil {
		panic("reactor: a queue can't target a nil queue")
	}
	return func(q *Queue) {
		q.target.Store(t)
		t.targeted.Store(true)
		q.fixed = true
	}
}

// WithQoS has the queue run its items on the global queue of that class. Beside
// Target it says nothing: the class is that of the target.
func WithQoS(class QoS) QueueOption {
	class.mustExist()
	return func(q *Queue) { q.class = class }
}

// Inactive has the queue keep its items until Activate (clause Q7).
func Inactive() QueueOption { return func(q *Queue) { q.inactive = true } }

// NewQueue returns a queue of the default reactor, or of its target's. The
// label names it in logs, errors and status.
func NewQueue(label string, options ...QueueOption) *Queue {
	return newQueue(nil, label, options)
}

// NewQueue returns a queue of this reactor.
func (r *Reactor) NewQueue(label string, options ...QueueOption) *Queue {
	return newQueue(r, label, options)
}

func newQueue(r *Reactor, label string, options []QueueOption) *Queue {
	q := &Queue{label: label, width: 1, class: DefaultQoS}
	for _, o := range options {
		o(q)
	}
	if q.target.Load() == nil {
		if r == nil {
			r = Default()
		}
		q.target.Store(r.Global(q.class))
	}
	if q.inactive {
		q.gate.close()
	}
	q.Reactor().queues.add(q)
	return q
}

// newRoot makes an end of target chains.
func (r *Reactor) newRoot(kind queueKind, label string, width int32, class QoS) *Queue {
	q := &Queue{label: label, kind: kind, width: width, class: class}
	q.extra.Store(&attributes{reactor: r})
	return q
}

// Label is the queue's name.
func (q *Queue) Label() string { return q.label }

// Reactor is whose queue it is.
func (q *Queue) Reactor() *Reactor { return q.root().extra.Load().reactor }

// Width is how many items may run beside each other; 1 is a serial queue.
func (q *Queue) Width() int { return int(q.width) }

// QoS is the class of the global queue at the end of the target chain (clause
// Q11). The main queue's is UserInteractive.
func (q *Queue) QoS() QoS { return q.root().class }

// root is the end of the target chain.
func (q *Queue) root() *Queue {
	for t := q.target.Load(); t != nil; t = q.target.Load() {
		q = t
	}
	return q
}

// Async submits f and returns at once (dispatch_async). f runs on a goroutine
// of the reactor's. A panic in f is reported to the reactor's Tracer, and the
// queue goes on.
//
// It costs one uncontended lock, and a goroutine when the reactor was idle.
func (q *Queue) Async(f func()) {
	if f == nil {
		q.noFunction("Async")
	}
	q.push(fn(f))
}

func (q *Queue) noFunction(call string) {
	panic(fmt.Sprintf("reactor: queue %q: %s of a nil function", q.label, call))
}

// crew runs the items of a global queue.
func (q *Queue) crew() *crew { return &q.extra.Load().reactor.crew }

// BarrierAsync submits f as a barrier (dispatch_barrier_async): on a concurrent
// queue it waits for all items before it, runs alone, and holds back all after
// it (clause B1). On a serial or a global queue it is Async (clause B2).
func (q *Queue) BarrierAsync(f func()) {
	if f == nil {
		q.noFunction("BarrierAsync")
	}
	q.push(barrierFn(f))
}

// push appends t and, if a slot is free, takes it.
func (q *Queue) push(t task) {
	switch q.kind {
	case globalRoot:
		q.crew().push(q.class, t)
		return
	case mainRoot:
		q.extra.Load().reactor.main.push(t)
		return
	}
	q.mu.Lock()
	if !q.gate.engaged() {
		q.engageLocked()
	}
	q.items.push(t)
	claimed := q.slots < q.width && q.claimLocked()
	lift := q.lift
	q.mu.Unlock()
	if claimed {
		(*slot)(q).send(q.target.Load(), lift)
	}
}
