package reactor

import (
	"fmt"
	"runtime/debug"
	"sync"
)

// Queue runs functions, in the order they were submitted: one at a time when
// it is serial (clause Q1), up to its width beside each other when it is
// concurrent (clause Q2).
//
// A queue runs its items on its target, which is another queue or, at the end
// of the chain, a global one, where each item gets a goroutine. All that runs
// through one serial queue excludes each other (clause H1). An idle queue is a
// struct: no goroutine belongs to it.
//
// A queue occupies slots at its target, at most as many as its width. An item
// needs a slot to run, and a slot that has run one item goes on with the next,
// up to a budget, so that a serial queue is drained in batches (clause H2) and
// still doesn't hold up its siblings for ever.
//
// Methods may be called from any goroutine. Consecutive items of a serial
// queue happen one before the other in the sense of the Go memory model.
type Queue struct {
	reactor *Reactor
	label   string
	width   int
	target  *Queue // nil: this is a global queue

	mu       sync.Mutex
	items    []task // items[head:] wait
	head     int
	slots    int // occupied at the target
	starting int // of these, how many have not taken an item yet
	suspends int
}

// task is what a queue runs: a function, a source, another queue's slot.
type task interface{ run(on *Queue) }

// fn is a function as a task. A func is one word, so this allocates nothing.
type fn func()

func (f fn) run(*Queue) { f() }

// QueueOption changes how NewQueue makes a queue.
type QueueOption func(*Queue)

// Width makes the queue concurrent: up to n items run beside each other. A
// width of 1 is a serial queue, the default.
func Width(n int) QueueOption {
	if n < 1 {
		panic(fmt.Sprintf("reactor: width %d: a queue's width is at least 1", n))
	}
	return func(q *Queue) { q.width = n }
}

// Target has the queue run its items on t instead of the default global queue.
func Target(t *Queue) QueueOption { return func(q *Queue) { q.target, q.reactor = t, t.reactor } }

// NewQueue returns a queue of the default reactor, or of its target's. The
// label names it in logs, errors and status.
func NewQueue(label string, options ...QueueOption) *Queue {
	q := &Queue{label: label, width: 1}
	for _, o := range options {
		o(q)
	}
	if q.target == nil {
		q.reactor = Default()
		q.target = q.reactor.Global(DefaultQoS)
	}
	return q
}

// NewQueue returns a queue of this reactor.
func (r *Reactor) NewQueue(label string, options ...QueueOption) *Queue {
	return NewQueue(label, append([]QueueOption{Target(r.Global(DefaultQoS))}, options...)...)
}

// Label is the queue's name.
func (q *Queue) Label() string { return q.label }

// Reactor is whose queue it is.
func (q *Queue) Reactor() *Reactor { return q.reactor }

// Async submits f and returns at once (dispatch_async). f runs on a goroutine
// of the queue's. A panic in f is reported to the reactor's Tracer, and the
// queue goes on.
//
// It costs one uncontended lock, and a goroutine when the queue was idle.
func (q *Queue) Async(f func()) { q.push(fn(f)) }

// Suspend stops the queue from starting items; what runs goes on (clause Q6).
// Calls nest. Items are kept.
func (q *Queue) Suspend() {
	if q.target == nil {
		panic(fmt.Sprintf("reactor: queue %q: a global queue can't be suspended", q.label))
	}
	q.mu.Lock()
	q.suspends++
	q.mu.Unlock()
}

// Resume takes one Suspend back. Resuming a queue that isn't suspended panics
// (clause S9).
func (q *Queue) Resume() {
	q.mu.Lock()
	if q.suspends == 0 {
		q.mu.Unlock()
		panic(fmt.Sprintf("reactor: queue %q: resumed more often than suspended", q.label))
	}
	q.suspends--
	claimed := 0
	for q.claimLocked() {
		claimed++
	}
	q.mu.Unlock()
	for range claimed {
		q.target.push((*slot)(q))
	}
}

// QueueState is what a queue is doing, for status.
type QueueState struct {
	Waiting   int // items that have not started
	Running   int // slots that run an item
	Suspended int // how often it is suspended
}

// State tells what the queue is doing.
func (q *Queue) State() QueueState {
	q.mu.Lock()
	defer q.mu.Unlock()
	return QueueState{Waiting: len(q.items) - q.head, Running: q.slots - q.starting, Suspended: q.suspends}
}

// push appends t and, if a slot is free, takes it.
func (q *Queue) push(t task) {
	if q.target == nil {
		go q.call(t)
		return
	}
	q.mu.Lock()
	q.items = append(q.items, t)
	claimed := q.claimLocked()
	q.mu.Unlock()
	if claimed {
		q.target.push((*slot)(q))
	}
}

// claimLocked takes a slot if one is free and an item has none coming.
func (q *Queue) claimLocked() bool {
	if q.suspends > 0 || q.slots == q.width || len(q.items)-q.head <= q.starting {
		return false
	}
	q.slots++
	q.starting++
	return true
}

// keptItems bounds the memory an empty queue keeps for items to come.
const keptItems = 4096

func (q *Queue) popLocked() task {
	t := q.items[q.head]
	q.items[q.head] = nil
	q.head++
	if q.head == len(q.items) {
		q.head = 0
		if cap(q.items) > keptItems {
			q.items = nil
		} else {
			q.items = q.items[:0]
		}
	}
	return t
}

// slot is a queue in its role as an item of its target.
type slot Queue

// budget is how many items a slot runs before it goes to its target's tail.
const budget = 128

func (s *slot) run(*Queue) {
	q := (*Queue)(s)
	q.mu.Lock()
	q.starting--
	for left := budget; ; left-- {
		if q.suspends > 0 || q.head == len(q.items) {
			q.slots--
			q.mu.Unlock()
			return
		}
		if left == 0 {
			q.starting++
			q.mu.Unlock()
			q.target.push(s)
			return
		}
		t := q.popLocked()
		q.mu.Unlock()
		q.call(t)
		q.mu.Lock()
	}
}

// call runs t and keeps a panic of it from going further.
func (q *Queue) call(t task) {
	defer func() {
		if v := recover(); v != nil {
			q.reactor.tracer.Panicked(q.label, v, debug.Stack())
		}
	}()
	t.run(q)
}
