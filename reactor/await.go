package reactor

import (
	"context"
	"time"
)

// awaiter is one place in an owner's list: a goroutine that is blocked until
// it is told, or a function to be submitted then.
//
// The channel is made for one wait and not pooled: under testing/synctest a
// channel belongs to the bubble it was made in, and its use by another ends
// the process. It costs an allocation beside a goroutine's parking.
type awaiter struct {
	told chan struct{} // closed to tell a goroutine; nil for a function
	on   *Queue
	f    func()

	// The fields below are guarded by the mutex of the owner.

	ticket     uint64 // a group's: its number among all that ever asked
	listed     bool
	prev, next *awaiter // next of one that was cut belongs to who did that
}

// tell wakes the goroutine or submits the function. It must be called once,
// for an awaiter that was taken from its list, without the owner's mutex.
func (a *awaiter) tell() {
	if a.told != nil {
		close(a.told)
		return
	}
	a.on.Async(a.f)
}

// awaiters is a list in the order of arrival, guarded by its owner's mutex.
type awaiters struct{ first, last *awaiter }

func (l *awaiters) push(a *awaiter) {
	a.listed, a.prev, a.next = true, l.last, nil
	if l.last == nil {
		l.first = a
	} else {
		l.last.next = a
	}
	l.last = a
}

func (l *awaiters) remove(a *awaiter) {
	if a.prev == nil {
		l.first = a.next
	} else {
		a.prev.next = a.next
	}
	if a.next == nil {
		l.last = a.prev
	} else {
		a.next.prev = a.prev
	}
	a.listed, a.prev, a.next = false, nil, nil
}

// cut takes out everybody from the first to the last for whom belongs is true,
// and returns them as a chain by next, which is the caller's alone.
func (l *awaiters) cut(belongs func(*awaiter) bool) (chain *awaiter) {
	var last *awaiter
	for a := l.first; a != nil && belongs(a); a = a.next {
		a.listed, last = false, a
	}
	if last == nil {
		return nil
	}
	chain, l.first = l.first, last.next
	if l.first == nil {
		l.last = nil
	} else {
		l.first.prev = nil
	}
	last.next = nil
	return chain
}

// awaited is what goroutines block on: a group or a semaphore.
type awaited interface {
	// enlist puts a into the list. It reports false if there is nothing to
	// wait for any more.
	enlist(a *awaiter) bool
	// giveUp takes a out of the list. It reports false if that comes too
	// late: a was told, or is certain to be told in a moment.
	giveUp(a *awaiter) bool
}

// await blocks until on tells.
func await(on awaited) {
	a := &awaiter{told: make(chan struct{})}
	if on.enlist(a) {
		<-a.told
	}
}

// awaitFor blocks until on tells, but no longer than d, and reports whether it
// was told.
func awaitFor(on awaited, d time.Duration) bool {
	a := &awaiter{told: make(chan struct{})}
	if !on.enlist(a) {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-a.told:
		return true
	case <-timer.C:
		return !a.leave(on)
	}
}

// awaitContext blocks until on tells or ctx ends, whose error it returns then.
func awaitContext(ctx context.Context, on awaited) error {
	a := &awaiter{told: make(chan struct{})}
	if !on.enlist(a) {
		return nil
	}
	select {
	case <-a.told:
		return nil
	case <-ctx.Done():
		if a.leave(on) {
			return ctx.Err()
		}
		return nil
	}
}

// leave gives up, or takes what it is too late to refuse and reports false.
func (a *awaiter) leave(on awaited) bool {
	if on.giveUp(a) {
		return true
	}
	<-a.told
	return false
}
