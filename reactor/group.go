package reactor

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Group counts work that is out, and tells when none is left (GCD's
// dispatch_group; clauses GR1 to GR5). The zero value is an empty group ready
// for use. A group must not be copied.
//
// Each time the count returns to zero a generation ends: all who wait then are
// woken, and all notifications registered until then are submitted, in the
// order of their registration. Whoever asks later belongs to the next
// generation, and the group may be used for it at once, even while those of
// the last are still being told (clause GR2).
//
// Methods may be called from any goroutine. What happens before a Leave is seen
// by the waiters and notifications of its generation. A goroutine that waits
// for work which needs that goroutine blocks for ever.
//
// Enter and Leave cost an atomic addition each, and no allocation. Only the
// Leave that ends a generation somebody waits for takes a lock.
type Group struct {
	label string
	word  atomic.Int64 // see below

	mu     sync.Mutex
	ticket uint64 // of the last registration; its low bits are in the word
	list   awaiters
}

// A group's word holds three things:
//
//	bits 63..32  entered: Enters not yet left; below zero a Leave too many
//	bits 31..1   the ticket of the last registration: of a waiter, of a
//	             notification
//	bit  0       watched: the list has somebody in it
//
//	entered  watched
//	0        0        empty, and nobody asks
//	n > 0    0        out, and nobody asks
//	n > 0    1        out, and the list has somebody to tell at zero
//	0        1        a generation has ended; its last Leave is on its way to
//	                  the lock, to tell those with a ticket up to the one it
//	                  has seen in the word
//	< 0      either   a Leave too many, about to be taken back and to panic
//
// What may happen, and who makes it happen:
//
//	entered      Enter adds one, Leave takes one off, without the lock
//	ticket       a registration counts it up and sets watched, with the lock,
//	             in one step that fails unless entered is above zero
//	watched      cleared with the lock by whoever empties the list
//
// Entered may rise again, and tickets be given out, before the Leave that saw
// zero has the lock. It does no harm: the addition that made entered zero also
// read the ticket, so the Leave knows exactly who was registered at that very
// moment, and leaves the others alone.
const (
	groupOne      int64 = 1 << 32
	groupWatched  int64 = 1
	groupLow      int64 = groupOne - 1                 // ticket and watched
	groupRare     int64 = math.MinInt64 | groupWatched // entered below zero, or watched
	groupTickets        = 1<<31 - 1
	groupTicketAt       = 1
)

// GroupState is what a group is doing, for a dump.
type GroupState struct {
	Label    string
	Entered  int // Enters not yet left
	Waiting  int // goroutines blocked in a wait
	Notifies int // notifications that have not been submitted
}

// NewGroup returns an empty group. The label names it in panics and in the dump
// of the default reactor; a Group without one is ready for use as its zero
// value.
func NewGroup(label string) *Group { return Default().NewGroup(label) }

// NewGroup returns an empty group that this reactor's dump lists.
func (r *Reactor) NewGroup(label string) *Group {
	g := &Group{label: label}
	r.groups.add(g)
	return g
}

// Enter counts one piece of work as out, until a Leave (clause GR1).
func (g *Group) Enter() {
	if g.word.Add(groupOne) < 0 {
		g.overEntered()
	}
}

// Leave takes one Enter back. If none is left, waiters are woken and
// notifications submitted, by the calling goroutine. A Leave without an Enter
// panics (clause GR4).
func (g *Group) Leave() {
	if s := g.word.Add(-groupOne); s&groupRare != 0 {
		g.left(s)
	}
}

// Async enters the group, submits f to q, and leaves when f has returned or
// panicked (clause GR5).
func (g *Group) Async(q *Queue, f func()) {
	if q == nil || f == nil {
		panic(fmt.Sprintf("reactor: group %q: Async needs a queue and a function", g.label))
	}
	g.Enter()
	q.Async(func() {
		defer g.Leave()
		f()
	})
}

// Notify submits f to q when the group is empty: at once if it is now, else as
// soon as the count reaches zero (clause GR2). f runs once. Any number of
// notifications may be registered; there is no way to withdraw one.
func (g *Group) Notify(q *Queue, f func()) {
	if q == nil || f == nil {
		panic(fmt.Sprintf("reactor: group %q: a notification needs a queue and a function", g.label))
	}
	a := &awaiter{on: q, f: f}
	if g.empty() || !g.enlist(a) {
		a.tell()
	}
}

// Wait blocks until the group is empty. Several goroutines may wait; all are
// woken (clause GR3). If others enter again at once, Wait still returns: for
// each waiter it is enough that the group was empty at some moment.
func (g *Group) Wait() {
	if !g.empty() {
		await(g)
	}
}

// WaitFor is Wait for no longer than d, and reports whether the group became
// empty. With a d of zero or less it doesn't block and tells whether the group
// is empty now (clause GR1).
func (g *Group) WaitFor(d time.Duration) bool {
	return g.empty() || d > 0 && awaitFor(g, d)
}

// WaitContext is Wait until ctx ends, and returns the error of ctx if the group
// did not become empty before. On an empty group it returns nil, whatever the
// state of ctx.
func (g *Group) WaitContext(ctx context.Context) error {
	if g.empty() {
		return nil
	}
	return awaitContext(ctx, g)
}

// State tells what the group is doing.
func (g *Group) State() GroupState {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := GroupState{Label: g.label, Entered: max(0, entered(g.word.Load()))}
	for a := g.list.first; a != nil; a = a.next {
		if a.told != nil {
			s.Waiting++
		} else {
			s.Notifies++
		}
	}
	return s
}

func entered(word int64) int { return int(word >> 32) }

func (g *Group) empty() bool { return entered(g.word.Load()) <= 0 }

// left is the part of Leave that is rarely needed; s is the word it left.
func (g *Group) left(s int64) {
	switch n := entered(s); {
	case n < 0:
		g.word.Add(groupOne)
		panic(fmt.Sprintf("reactor: group %q: Leave without an Enter", g.label))
	case n == 0:
		g.end(s)
	}
}

// overEntered is kept out of Enter, so that Enter is inlined.
//
//go:noinline
func (g *Group) overEntered() {
	g.word.Add(-groupOne)
	panic(fmt.Sprintf("reactor: group %q: entered more than %d times without a Leave", g.label, int64(1)<<31-1))
}

// end tells all who were registered when the word was s.
func (g *Group) end(s int64) {
	g.mu.Lock()
	last := g.ticket - (g.ticket-uint64(s&groupLow)>>groupTicketAt)&groupTickets
	told := g.list.cut(func(a *awaiter) bool { return a.ticket <= last })
	if g.list.first == nil {
		g.word.And(^groupWatched)
	}
	g.mu.Unlock()
	for told != nil {
		next := told.next
		told.tell()
		told = next
	}
}

// enlist implements awaited. It reports false if the group is empty.
func (g *Group) enlist(a *awaiter) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	a.ticket = g.ticket + 1
	low := int64(a.ticket&groupTickets)<<groupTicketAt | groupWatched
	for {
		s := g.word.Load()
		if entered(s) <= 0 {
			return false
		}
		if g.word.CompareAndSwap(s, s&^groupLow|low) {
			g.ticket = a.ticket
			g.list.push(a)
			return true
		}
	}
}

// giveUp implements awaited.
func (g *Group) giveUp(a *awaiter) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !a.listed {
		return false
	}
	g.list.remove(a)
	if g.list.first == nil {
		g.word.And(^groupWatched)
	}
	return true
}
