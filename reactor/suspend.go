package reactor

import "fmt"

// Suspend stops the queue from starting items; what runs goes on (clause Q6).
// Calls nest. Items are kept.
func (q *Queue) Suspend() {
	q.mustBePrivate("suspended")
	q.mu.Lock()
	defer q.mu.Unlock()
	q.engageLocked()
	q.suspends++
	q.settleLocked()
}

// Resume takes one Suspend back. Resuming a queue that isn't suspended panics
// (clause S9), also one that is inactive: that takes Activate (clause Q7).
func (q *Queue) Resume() {
	q.mustBePrivate("resumed")
	q.mu.Lock()
	if q.suspends == 0 {
		inactive := q.inactive
		q.mu.Unlock()
		if inactive {
			panic(fmt.Sprintf("reactor: queue %q: resumed while inactive: it needs Activate", q.label))
		}
		panic(fmt.Sprintf("reactor: queue %q: resumed more often than suspended", q.label))
	}
	q.suspends--
	q.settleLocked()
	q.goOnLocked()
}

// Activate lets an inactive queue run what it kept (clause Q7). From then on
// its target is fixed. On an active queue it does nothing.
func (q *Queue) Activate() {
	if q.kind != private {
		return
	}
	q.mu.Lock()
	if !q.inactive {
		q.mu.Unlock()
		return
	}
	q.inactive, q.fixed = false, true
	q.settleLocked()
	q.goOnLocked()
}

func (q *Queue) mustBePrivate(what string) {
	if q.kind != private {
		panic(fmt.Sprintf("reactor: queue %q: a global queue can't be %s", q.label, what))
	}
}
