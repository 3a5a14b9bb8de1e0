package reactor

import "sync/atomic"

// gate is a queue's state as far as it can be told in a word.
//
//	idle      nothing waits or runs, nothing is suspended
//	held      one Sync, entered from idle, is all there is
//	heldAlone the same for a BarrierSync
//	busy      the fields under the queue's mutex tell
//	halted    busy, and slots must look there before they run another item
//
// What may happen, and who makes it happen:
//
//	idle   -> held, heldAlone  Sync, without the mutex
//	held, heldAlone -> idle    the end of that Sync, without the mutex
//	idle, held, heldAlone -> busy  whoever is about to use the fields, with the
//	                           mutex; the holder then counts as a slot, and its
//	                           end is accounted for there
//	busy  <-> halted           with the mutex
//	busy   -> idle             with the mutex, when nothing is left
type gate struct{ word atomic.Uint32 }

const (
	idle uint32 = iota
	held
	heldAlone
	busy
	halted
)

// try enters an idle queue.
func (g *gate) try(as uint32) bool { return g.word.CompareAndSwap(idle, as) }

// leave is the end of try, unless somebody has engaged the queue since.
func (g *gate) leave(as uint32) bool { return g.word.CompareAndSwap(as, idle) }

// engaged reports whether the fields tell the state.
func (g *gate) engaged() bool { return g.word.Load() >= busy }

// halted reports whether a slot must look before it goes on.
func (g *gate) halted() bool { return g.word.Load() == halted }

// close is for a queue that nobody knows yet.
func (g *gate) close() { g.word.Store(halted) }

// engageLocked makes the fields tell the queue's state. It comes before every
// change of them.
func (q *Queue) engageLocked() {
	for {
		switch was := q.gate.word.Load(); was {
		case busy, halted:
			return
		case idle:
			if q.gate.word.CompareAndSwap(was, busy) {
				q.since = q.now()
				return
			}
		default:
			if q.gate.word.CompareAndSwap(was, busy) {
				q.since = q.now()
				q.slots, q.alone = 1, was == heldAlone && q.width > 1
				return
			}
		}
	}
}

// now is the monotonic time in milliseconds; it wraps around after 49 days.
func (q *Queue) now() uint32 { return uint32(q.Reactor().Now(Monotonic) / 1e6) }

// settleLocked brings the word in line with the fields, after a change.
func (q *Queue) settleLocked() {
	word := busy
	switch {
	case q.suspends > 0 || q.inactive || q.moving:
		word = halted
	case q.slots == 0 && q.items.len() == 0:
		word = idle
	}
	if q.gate.word.Load() != word {
		q.gate.word.Store(word)
	}
}
