package reactor

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// attributes is what few queues have. It doesn't refer to its queue, for it
// outlives it: what is to be called when the queue has been collected is here.
type attributes struct {
	reactor *Reactor
	moves   []*Queue              // the targets to come; Reactor.targets guards them
	last    atomic.Pointer[Queue] // the last target that was set

	mu        sync.Mutex
	target    *Queue // where the finalizer runs, unless the target was set since
	context   any
	finalizer func(any)
	specifics map[any]specific
}

type specific struct {
	value      any
	destructor func(any)
}

// attributes are the queue's, made when they are first needed.
func (q *Queue) attributes() *attributes {
	if a := q.extra.Load(); a != nil {
		return a
	}
	a := &attributes{reactor: q.Reactor()}
	if !q.extra.CompareAndSwap(nil, a) {
		return q.extra.Load()
	}
	if q.kind == private {
		runtime.AddCleanup(q, (*attributes).dispose, a)
	}
	return a
}

// dispose is called when the queue has been collected: its last item has run.
func (a *attributes) dispose() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key := range a.specifics {
		a.destroy(a.specifics[key])
	}
	if a.finalizer == nil || a.context == nil {
		return
	}
	target := a.target
	if last := a.last.Load(); last != nil {
		target = last
	}
	finalizer, context := a.finalizer, a.context
	target.Async(func() { finalizer(context) })
}

func (a *attributes) destroy(s specific) {
	if s.destructor != nil && s.value != nil {
		a.reactor.Global(DefaultQoS).Async(func() { s.destructor(s.value) })
	}
}

// SetContext attaches a value of the program's to the queue
// (dispatch_set_context).
func (q *Queue) SetContext(v any) {
	defer runtime.KeepAlive(q)
	a := q.attributes()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.context = v
}

// Context is what SetContext attached, nil without.
func (q *Queue) Context() any {
	a := q.extra.Load()
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.context
}

// SetFinalizer has f called with the queue's context, on the queue's target,
// when nobody holds the queue any more and its last item has run; not when the
// context is nil (dispatch_set_finalizer_f, clause Q8). It comes with a garbage
// collection, so it may come late, and not at all when the program ends before.
// f must not hold the queue.
func (q *Queue) SetFinalizer(f func(context any)) {
	defer runtime.KeepAlive(q)
	a := q.attributes()
	target := q.target.Load()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.finalizer, a.target = f, target
}

// SetSpecific attaches a value to the queue under a key, which is comparable
// (dispatch_queue_set_specific). A nil value takes it away. destructor, unless
// nil, is called with a value that was replaced or taken away, and with all when
// the queue is collected, on the default global queue (clause Q9).
func (q *Queue) SetSpecific(key, value any, destructor func(value any)) {
	defer runtime.KeepAlive(q)
	a := q.attributes()
	a.destroy(a.replace(key, specific{value, destructor}))
}

// replace puts a value under key and returns the one that was there.
func (a *attributes) replace(key any, s specific) (old specific) {
	a.mu.Lock()
	defer a.mu.Unlock()
	old = a.specifics[key]
	if s.value == nil {
		delete(a.specifics, key)
		return old
	}
	if a.specifics == nil {
		a.specifics = map[any]specific{}
	}
	a.specifics[key] = s
	return old
}

// Specific is the queue's own value under key, nil without
// (dispatch_queue_get_specific).
func (q *Queue) Specific(key any) any {
	a := q.extra.Load()
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.specifics[key].value
}

// Specific is the value under key of the queue the caller runs on, or else of
// the nearest queue in its target chain that has one; nil without, and outside
// of any queue (dispatch_get_specific).
func Specific(key any) any {
	for q := current(); q != nil; q = q.target.Load() {
		if v := q.Specific(key); v != nil {
			return v
		}
	}
	return nil
}
