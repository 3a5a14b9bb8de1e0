package reactor

import (
	"context"
	"fmt"
	"sync"
)

// Batch runs a number of operations, at most so many at once, and calls one of
// two functions when all of them are finished: OnFailure's with all their errors,
// or OnSuccess's if there was none (clause N10). Its typical use is asynchronous
// requests, three at a time.
//
// Members are added first; nothing runs before Start, and none can be added
// after it. The batch has an operation queue of its own: members may have
// dependencies, priorities and completion functions like any operation. A member
// that was cancelled before it started counts as failed, with ErrCancelled.
//
// Methods may be called from any goroutine.
type Batch struct {
	queue *OperationQueue
	end   *Operation      // depends on all members, and calls the function
	last  *OperationQueue // where end runs: nobody else has access to it

	mu      sync.Mutex
	members []*Operation
	started bool
	failure func(errs []error)
	success func()
	errs    []error // once the members are finished
}

// NewBatch returns an empty batch that runs at most atOnce members at once. The
// options are those of its operation queue: where members and the two functions
// run, and with which quality of service.
func NewBatch(label string, atOnce int, options ...OperationQueueOption) *Batch {
	return Default().NewBatch(label, atOnce, options...)
}

// NewBatch returns an empty batch of this reactor.
func (r *Reactor) NewBatch(label string, atOnce int, options ...OperationQueueOption) *Batch {
	b := &Batch{queue: r.NewOperationQueue(label, options...), last: r.NewOperationQueue(label, options...)}
	b.queue.SetMaxConcurrent(atOnce)
	b.queue.Suspend()
	b.end = NewOperation(label, func(context.Context) error { b.conclude(); return nil })
	return b
}

// Label is the batch's name.
func (b *Batch) Label() string { return b.queue.label }

// Add adds members, all or none, as OperationQueue.Add does. It is an error
// after Start.
func (b *Batch) Add(members ...*Operation) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.started {
		return fmt.Errorf("batch %q: add: %w", b.queue.label, ErrOperationStarted)
	}
	if err := b.queue.Add(members...); err != nil {
		return err
	}
	b.members = append(b.members, members...)
	for _, m := range members {
		if err := b.end.AddDependency(m); err != nil {
			return fmt.Errorf("batch %q: add: %w", b.queue.label, err)
		}
	}
	return nil
}

// OnSuccess has f called when all members are finished and none has failed. It
// runs once, where the members run, and replaces an earlier one. To set it after
// Start panics.
func (b *Batch) OnSuccess(f func()) { b.set("OnSuccess", func() { b.success = f }) }

// OnFailure has f called when all members are finished and at least one has
// failed, with the errors of all that did, in the order in which they were added
// and each with its member's label. It runs once, where the members run, and
// replaces an earlier one. To set it after Start panics.
func (b *Batch) OnFailure(f func(errs []error)) { b.set("OnFailure", func() { b.failure = f }) }

func (b *Batch) set(what string, assign func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.started {
		panic(fmt.Sprintf("reactor: batch %q: %s after Start", b.queue.label, what))
	}
	assign()
}

// Start has the members run. A batch without any succeeds. To start it a second
// time is an error.
func (b *Batch) Start() error {
	b.mu.Lock()
	again := b.started
	b.started = true
	b.mu.Unlock()
	if again {
		return fmt.Errorf("batch %q: start: %w", b.queue.label, ErrOperationStarted)
	}
	b.queue.Resume()
	return b.last.Add(b.end)
}

// Cancel cancels all members. A batch that was started then fails, unless all of
// them had ended well or end so in spite of it; one that is started later does.
func (b *Batch) Cancel() { b.queue.CancelAll() }

// Wait returns when all members are finished and the function was called. It
// blocks the calling goroutine, for ever if nobody starts the batch.
func (b *Batch) Wait() { b.end.Wait() }

// WaitContext is Wait until ctx ends, whose error it then returns.
func (b *Batch) WaitContext(ctx context.Context) error { return b.end.WaitContext(ctx) }

// Errors are what OnFailure's function gets; nil before all members are
// finished, and when none has failed.
func (b *Batch) Errors() []error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.errs
}

// State is what the members' queue is doing. It is suspended until Start.
func (b *Batch) State() OperationQueueState { return b.queue.State() }

// conclude is the body of end.
func (b *Batch) conclude() {
	var errs []error
	for _, m := range b.members { // there are no more of them since Start
		if err := m.Err(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", m.label, err))
		}
	}
	b.mu.Lock()
	b.errs = errs
	b.mu.Unlock()
	switch { // the functions are not changed since Start either
	case len(errs) > 0 && b.failure != nil:
		b.failure(errs)
	case len(errs) == 0 && b.success != nil:
		b.success()
	}
}
