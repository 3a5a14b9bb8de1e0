package reactor

import (
	"context"
	"fmt"
)

// Suspend stops the queue from starting operations; those that were started go
// on (clause N4). Operations that are added are kept, and one that is cancelled
// finishes. Calls nest.
func (q *OperationQueue) Suspend() {
	q.mu.Lock()
	q.suspends++
	q.mu.Unlock()
}

// Resume takes one Suspend back. Resuming a queue that isn't suspended panics.
func (q *OperationQueue) Resume() {
	q.mu.Lock()
	if q.suspends == 0 {
		q.mu.Unlock()
		panic(fmt.Sprintf("reactor: operation queue %q: resumed more often than suspended", q.label))
	}
	q.suspends--
	q.mu.Unlock()
	q.schedule()
}

// SetMaxConcurrent has the queue run at most n operations at once, from now on:
// when more are running no other one starts until fewer are. n is at least 1.
func (q *OperationQueue) SetMaxConcurrent(n int) {
	if n < 1 {
		panic(fmt.Sprintf("reactor: operation queue %q: at most %d operations at once: it is at least 1", q.label, n))
	}
	q.mu.Lock()
	q.maximum = n
	q.mu.Unlock()
	q.schedule()
}

// CancelAll cancels all operations that are in the queue now (clause N4). None
// of them starts because another one ends of it: until all are cancelled the
// queue is suspended.
func (q *OperationQueue) CancelAll() {
	q.Suspend()
	defer q.Resume()
	for _, o := range q.Operations() {
		o.Cancel()
	}
}

// Operations are the unfinished operations, in the order in which they were
// added.
func (q *OperationQueue) Operations() []*Operation {
	q.mu.Lock()
	defer q.mu.Unlock()
	var all []*Operation
	for s := q.first; s != nil; s = s.next {
		all = s.appendAll(all)
	}
	return all
}

// Wait returns when all operations of the queue are finished, those included
// that are added meanwhile (clause N4). It blocks the calling goroutine.
// Completion functions may still be to come.
func (q *OperationQueue) Wait() { <-q.drained() }

// WaitContext is Wait until ctx ends, whose error it then returns. Called with
// the context of an operation of this queue it returns ErrOperationSelf.
func (q *OperationQueue) WaitContext(ctx context.Context) error {
	if o, ok := CurrentOperation(ctx); ok && o.Queue() == q && o.State() != OperationFinished {
		return fmt.Errorf("operation queue %q: operation %q: wait: %w", q.label, o.label, ErrOperationSelf)
	}
	return waitFor(ctx, q.drained())
}

// drained is a channel that is closed when the queue is empty.
func (q *OperationQueue) drained() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.first == nil {
		none := make(chan struct{})
		close(none)
		return none
	}
	if q.empty == nil {
		q.empty = make(chan struct{})
	}
	return q.empty
}

// OperationQueueState is what a queue is doing, for status and dumps.
type OperationQueueState struct {
	Label         string
	Underlying    string // the label of the queue underneath, "" for global ones
	QoS           QoS
	MaxConcurrent int
	Suspended     int // how often it is suspended
	Pending       int // how many operations wait for a dependency
	Ready         int // how many wait for the queue
	Executing     int
	Paused        int
	Finished      int // since the queue was made
	Barriers      int // how many are unfinished
}

// State tells what the queue is doing; see Operations, and the Status of each,
// for more. It costs a lock and a step for each barrier.
func (q *OperationQueue) State() OperationQueueState {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := OperationQueueState{Label: q.label, QoS: q.qos, MaxConcurrent: q.maximum, Suspended: q.suspends,
		Pending: q.counts[OperationPending], Ready: q.counts[OperationReady],
		Executing: q.counts[OperationExecuting], Paused: q.counts[OperationPaused],
		Finished: q.counts[OperationFinished]}
	if q.underlying != nil {
		s.Underlying = q.underlying.Label()
	}
	for section := q.first; section != nil; section = section.next {
		if section.barrier {
			s.Barriers++
		}
	}
	return s
}
