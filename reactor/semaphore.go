package reactor

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Semaphore holds a number of permits: Wait takes one, or blocks until Signal
// gives one (GCD's dispatch_semaphore; clause SE1). Whoever blocks is served in
// the order of arrival: a permit given while somebody is blocked goes to the
// first of them, never to a Wait that comes later.
//
// Methods may be called from any goroutine; Signal need not be called by the
// one that waited. What happens before a Signal is seen by the Wait that takes
// its permit.
//
// Signal and Wait cost an atomic addition each, and no allocation, as long as
// nobody has to block.
type Semaphore struct {
	initial int64
	value   atomic.Int64 // see below

	mu     sync.Mutex
	list   awaiters
	signed int // permits for those on their way into the list, which is empty
}

// A semaphore's value, an atomic word:
//
//	v > 0    v permits are there; nobody waits who has not been given one
//	v = 0    no permit is there; the same
//	v < 0    -v waiters are short of a permit: they are in the list or on
//	         their way into it, and no Signal has counted for them yet
//	below semaphoreClosed   closed
//
// What may happen, and who makes it happen:
//
//	v -> v-1   a Wait, without the lock. From v > 0 it has its permit, else
//	           it owes itself to the list
//	v -> v-1   a poll, in one step that fails unless v > 0
//	v -> v+1   a Signal, without the lock. From v >= 0 it has left a permit,
//	           else it owes a waiter one: with the lock it tells the first in
//	           the list or, if that waiter is not there yet, counts signed up
//	v -> v+1   a waiter whose time is up, with the lock, in one step that
//	           fails unless v < 0; then it takes itself out of the list
//	closed     Close, in one step that fails if v is below the initial value
//
// A waiter whose time is up and who finds v >= 0 is too late: as many Signals
// as there are waiters have counted, so one of them is on its way to this
// waiter, who takes it and reports success. No permit is lost, nor made.
const (
	semaphoreClosedAt int64 = -1 << 62
	semaphoreClosed   int64 = -1 << 61
)

// NewSemaphore returns a semaphore with that many permits. It returns nil for
// a negative number (clause SE1).
func NewSemaphore(value int) *Semaphore {
	if value < 0 {
		return nil
	}
	s := &Semaphore{initial: int64(value)}
	s.value.Store(s.initial)
	return s
}

// Signal gives one permit, and reports whether that woke a goroutine (clause
// SE1).
func (s *Semaphore) Signal() bool {
	v := s.value.Add(1)
	return v <= 0 && s.serve(v)
}

// Wait takes one permit, and blocks until there is one.
func (s *Semaphore) Wait() {
	if v := s.value.Add(-1); v < 0 {
		s.block(v)
	}
}

// WaitFor is Wait for no longer than d, and reports whether it took a permit.
// When it reports false the semaphore is as if it had not been called: a Signal
// that comes as the time runs out either serves this waiter or leaves its
// permit for the next (clause SE1). With a d of zero or less it doesn't block:
// it takes a permit only if one is there.
func (s *Semaphore) WaitFor(d time.Duration) bool {
	if d <= 0 {
		return s.poll()
	}
	v := s.value.Add(-1)
	if v >= 0 {
		return true
	}
	s.check(v)
	return awaitFor(s, d)
}

// WaitContext is Wait until ctx ends, and returns the error of ctx if it took
// no permit before, as WaitFor does. If a permit is there it takes it and
// returns nil, whatever the state of ctx.
func (s *Semaphore) WaitContext(ctx context.Context) error {
	v := s.value.Add(-1)
	if v >= 0 {
		return nil
	}
	s.check(v)
	return awaitContext(ctx, s)
}

// Close says that the semaphore is done with. It panics if fewer permits are
// there than at first, for then somebody still holds one or is blocked (clause
// SE2). Use after Close panics; a second Close does nothing. A semaphore need
// not be closed: one that nobody refers to is collected.
func (s *Semaphore) Close() {
	for {
		v := s.value.Load()
		switch {
		case v < semaphoreClosed:
			return
		case v < s.initial:
			panic(fmt.Sprintf("reactor: %s: closed with %d, while in use", s.name(), v))
		case s.value.CompareAndSwap(v, semaphoreClosedAt):
			return
		}
	}
}

func (s *Semaphore) name() string { return fmt.Sprintf("semaphore created with %d", s.initial) }

// check panics if v is the value of a closed semaphore.
func (s *Semaphore) check(v int64) {
	if v < semaphoreClosed {
		panic(fmt.Sprintf("reactor: %s: used after Close, or signalled beyond the greatest value", s.name()))
	}
}

// block is the part of Wait that follows when v, the value after it, is short.
func (s *Semaphore) block(v int64) {
	s.check(v)
	await(s)
}

// poll takes a permit if one is there.
func (s *Semaphore) poll() bool {
	for {
		v := s.value.Load()
		if v <= 0 {
			s.check(v)
			return false
		}
		if s.value.CompareAndSwap(v, v-1) {
			return true
		}
	}
}

// serve is the part of Signal that a waiter needs; v is the value after it.
func (s *Semaphore) serve(v int64) bool {
	s.check(v)
	s.mu.Lock()
	a := s.list.first
	if a == nil {
		s.signed++
	} else {
		s.list.remove(a)
	}
	s.mu.Unlock()
	if a != nil {
		a.tell()
	}
	return true
}

// enlist implements awaited. It reports false if a Signal was here first.
func (s *Semaphore) enlist(a *awaiter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.signed > 0 {
		s.signed--
		return false
	}
	s.list.push(a)
	return true
}

// giveUp implements awaited: it takes the decrement back, unless a Signal has
// already counted for it.
func (s *Semaphore) giveUp(a *awaiter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !a.listed {
		return false
	}
	for v := s.value.Load(); v < 0; v = s.value.Load() {
		if s.value.CompareAndSwap(v, v+1) {
			s.list.remove(a)
			return true
		}
	}
	return false
}
