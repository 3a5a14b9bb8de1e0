package reactor

import (
	"context"
	"fmt"
	"runtime/debug"
)

// operationKey is where an operation's context keeps it.
type operationKey struct{}

// CurrentOperation is the operation whose body was given ctx, or a context made
// from it; false outside of any (clause N12). Operation.Queue tells its queue.
func CurrentOperation(ctx context.Context) (*Operation, bool) {
	o, ok := ctx.Value(operationKey{}).(*Operation)
	return o, ok
}

// Start runs an operation that is in no queue, in the caller (clause N8). A block
// operation's further bodies run beside its first one on the global queue of its
// QoS, and Start returns when all have ended; of an asynchronous operation it
// returns when the start function has. Err tells how the operation ended.
//
// It is an error when the operation is in a queue, waits for a dependency, or
// has started or finished already; one that was cancelled is finished.
func (o *Operation) Start() error {
	o.mu.Lock()
	err := o.begunLocked()
	switch {
	case err != nil:
	case o.queue != nil:
		err = ErrOperationQueued
	case o.state == OperationPending:
		err = ErrOperationPending
	}
	on := o.backgroundLocked()
	o.mu.Unlock()
	if err == nil && !o.begin(false) {
		err = ErrOperationStarted // by somebody who was faster
	}
	if err != nil {
		return fmt.Errorf("operation %q: start: %w", o.label, err)
	}
	o.run(on)
	if !o.asynchronous {
		o.Wait()
	}
	return nil
}

// begin makes the transition to executing, for a queue's slot or for Start. It
// reports false when the operation can't start any more: it was cancelled, has a
// new dependency, has started, or was added to a queue.
func (o *Operation) begin(queued bool) bool {
	o.mu.Lock()
	defer o.unlock()
	if o.state != OperationReady || queued != (o.queue != nil) {
		return false
	}
	o.context, o.stop = context.WithCancel(context.WithValue(context.Background(), operationKey{}, o))
	o.parts = len(o.bodies)
	if o.asynchronous {
		o.parts = 2 // the return of start, and finish
	}
	o.moveLocked(OperationExecuting)
	return true
}

// run calls the bodies, the first on the calling goroutine, which is on's or, by
// hand, somebody's. Until the last one has ended nobody changes the fields it
// reads.
func (o *Operation) run(on *Queue) {
	ctx := o.context
	if o.asynchronous {
		o.launch(ctx)
		return
	}
	for _, body := range o.bodies[1:] {
		on.Async(func() { o.perform(ctx, body) })
	}
	o.perform(ctx, o.bodies[0])
}

// perform calls a body, however that ends.
func (o *Operation) perform(ctx context.Context, body func(context.Context) error) {
	err := errBodyExited
	defer func() {
		if v := recover(); v != nil {
			err = o.panicked(v)
		}
		o.ended(err, 1)
	}()
	err = body(ctx)
}

// launch calls the start function. If that doesn't return, finish isn't waited
// for.
func (o *Operation) launch(ctx context.Context) {
	err := errBodyExited
	defer func() {
		if v := recover(); v != nil {
			err = o.panicked(v)
		}
		parts := 1
		if err != nil && o.report() {
			parts = 2
		}
		o.ended(err, parts)
	}()
	o.start(ctx, func(err error) {
		if o.report() {
			o.ended(err, 1)
		}
	})
	err = nil
}

// report reports whether the end of an asynchronous operation has not been
// reported before.
func (o *Operation) report() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	first := !o.reported
	o.reported = true
	return first
}

// ended takes note of the end of parts of the work. The last one finishes the
// operation.
func (o *Operation) ended(err error, parts int) {
	o.mu.Lock()
	if err != nil {
		o.errs = append(o.errs, err)
	}
	o.parts -= parts
	if o.parts > 0 {
		o.mu.Unlock()
		return
	}
	o.finishLocked()
}

// panicked reports a panic of the operation's code and is the error for it.
func (o *Operation) panicked(v any) error {
	stack := debug.Stack()
	o.mu.Lock()
	p, r := Panic{Operation: o.label, Value: v, Stack: stack}, o.reactorLocked()
	if o.queue != nil {
		p.Queue = o.queue.label
	}
	o.mu.Unlock()
	r.Tracer().Panicked(p)
	return &PanicError{Value: v, Stack: stack}
}
