package reactor

import (
	"fmt"
	"sync/atomic"
)

// A source's state is one word. Low bits are flags, the rest counts suspends:
//
//	opening    Activate was called
//	strict     the cancel handler is mandatory: nothing may be changed once opening
//	registered the kernel has a registration, to be taken back by the cancel
//	active     the registration is made, or was refused, or is not needed
//	announced  the registration handler has had its turn
//	cancelled  Cancel was called, or the registration was refused
//	finished   nothing happens any more but the cancel handler
//	farewell   a cancel handler has had its turn
//	hooked     there is an arrival hook
//	dirty      there is something to do: an event, an announcement, a cancel
//	queued     the source is an item of its target queue, once (clause S14)
//	running    that item runs: a handler may be running
//	heldOff    the handler has run and the intake was not re-armed, for the
//	           source was suspended: the resume will see to it
//
// What may happen, and who makes it happen:
//
//	wake     sets dirty; sets queued too and enters the target queue, unless
//	         the source is not active, suspended, queued or running
//	resume   the same when the last suspend goes and dirty is set
//	run      queued -> running, dirty cleared, then one step: announce, or
//	         deliver, or cancel; then running cleared, and queued set again
//	         at the queue's tail if dirty was set meanwhile (clause S16)
//	give up  queued cleared when the item finds the source suspended
//
// Dirty is cleared before what is pending is latched, and set after something
// was merged. So a merge that finds dirty set is certain to be latched by the
// run that will clear it, and no wake-up is lost.
type state uint64

const (
	opening state = 1 << iota
	strict
	registered
	active
	announced
	cancelled
	finished
	farewell
	hooked
	dirty
	queued
	running
	heldOff

	oneSuspend  state = 1 << 16
	suspendMask       = ^(oneSuspend - 1)
)

func (s state) has(flags state) bool { return s&flags == flags }
func (s state) suspended() bool      { return s&suspendMask != 0 }

// ready reports whether a dirty source may enter its queue.
func (s state) ready() bool {
	return s.has(active) && s&(queued|running|finished) == 0 && !s.suspended()
}

// String is for status: the most telling word first.
func (s state) String() string {
	switch {
	case s.has(finished):
		return "cancelled"
	case s.has(cancelled):
		return "cancelling"
	case s.suspended():
		return "suspended"
	case !s.has(active):
		return "inactive"
	case s.has(running):
		return "running"
	case s.has(queued):
		return "queued"
	}
	return "active"
}

// word is a state that changes atomically.
type word struct{ bits atomic.Uint64 }

func (w *word) load() state { return state(w.bits.Load()) }

// change applies next until it sticks and returns what was before and is now.
func (w *word) change(next func(state) state) (before, after state) {
	for {
		before = w.load()
		after = next(before)
		if w.bits.CompareAndSwap(uint64(before), uint64(after)) {
			return before, after
		}
	}
}

// set sets flags and reports whether one of them was not set before.
func (w *word) set(flags state) bool {
	before := state(w.bits.Or(uint64(flags)))
	return !before.has(flags)
}

// unbalanced is the panic for one Resume too many.
func unbalanced(label string) string {
	return fmt.Sprintf("reactor: source %q: resumed more often than suspended", label)
}
