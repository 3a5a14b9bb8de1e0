package reactor

import (
	"fmt"
	"slices"
)

// Cancel marks the operation as cancelled (clause N2). If it has not started it
// is finished when Cancel returns, with ErrCancelled, whatever it depended on,
// and what depends on it is released; no body will run. If it runs or is paused
// its context is cancelled, and it finishes when its bodies return, or finish is
// called. Of a finished operation nothing changes. Cancel may be called more than
// once and races with nothing.
//
// An operation that is cancelled before it was added to a queue is finished, and
// can't be added any more.
func (o *Operation) Cancel() {
	o.mu.Lock()
	if o.state == OperationFinished || o.cancelled.Load() {
		o.mu.Unlock()
		return
	}
	o.cancelled.Store(true)
	o.tellLocked(o.state)
	if !o.state.begun() {
		o.errs = []error{ErrCancelled}
		o.finishLocked()
		return
	}
	stop := o.stop
	o.unlock()
	stop()
}

// Cancelled reports whether the operation was cancelled before it was finished.
// It costs an atomic load.
func (o *Operation) Cancelled() bool { return o.cancelled.Load() }

// finishLocked makes the last transition, unlocks, and does what follows from it.
func (o *Operation) finishLocked() {
	o.moveLocked(OperationFinished)
	dependents, edges := o.dependents, o.edges
	completions, stop := o.completions, o.stop
	o.dependents, o.edges, o.completions = nil, nil, nil
	o.bodies, o.start, o.stop, o.context = nil, nil, nil, nil
	queue := o.queue
	o.unlock()
	if stop != nil {
		stop()
	}
	for _, e := range edges {
		if !e.gone { // it was cancelled; nobody else looks at gone any more
			e.detach()
		}
	}
	// All that is released is ready before any of it may start: the most urgent of
	// them goes first (clause N5).
	var others []*OperationQueue
	for _, e := range dependents {
		if q := e.waiter.met(e); q != nil && q != queue && !slices.Contains(others, q) {
			others = append(others, q)
		}
	}
	for _, q := range others {
		q.schedule()
	}
	if queue != nil {
		queue.schedule()
	}
	o.mu.Lock()
	o.settled = true
	if o.done != nil {
		close(o.done)
	}
	o.mu.Unlock()
	if len(completions) > 0 {
		o.submit(completions)
	}
}

// OnCompletion has f called once when the operation is finished, cancelled or
// not, which f can tell by Cancelled and Err (clause N3). Several functions are
// called one after the other, in the order in which they were given. After the
// end f is called at once.
//
// They are called on the global queue of the operation's quality of service,
// after Wait may have returned and while what depends on the operation may run.
func (o *Operation) OnCompletion(f func(*Operation)) {
	if f == nil {
		panic(fmt.Sprintf("reactor: operation %q: OnCompletion of a nil function", o.label))
	}
	o.mu.Lock()
	if o.state != OperationFinished {
		o.completions = append(o.completions, f)
		o.mu.Unlock()
		return
	}
	o.mu.Unlock()
	o.submit([]func(*Operation){f})
}

// submit has completion functions called.
func (o *Operation) submit(functions []func(*Operation)) {
	o.mu.Lock()
	on := o.backgroundLocked()
	o.mu.Unlock()
	on.Async(func() { o.complete(functions) })
}

// complete calls the first function, and then has the others called: also when
// the first panics or ends its goroutine.
func (o *Operation) complete(functions []func(*Operation)) {
	defer func() {
		if v := recover(); v != nil {
			_ = o.panicked(v)
		}
		if len(functions) > 1 {
			o.submit(functions[1:])
		}
	}()
	functions[0](o)
}
