package reactor

import (
	"fmt"
	"strings"
)

// DeadlockError is the panic of a Sync that would wait for ever, because the
// calling goroutine itself holds what it waits for (clauses Q4 and Q5).
type DeadlockError struct {
	// Queue is the label of the queue of the call.
	Queue string
	// Held is the label of the queue the caller can't get: Queue itself, or one
	// of its targets.
	Held string
	// Path are the labels of the queues the caller is on, the innermost last.
	Path []string
	// Barrier tells that the call, or what holds the queue, is a barrier of a
	// concurrent queue.
	Barrier bool
}

func (e *DeadlockError) Error() string {
	what, why := "sync", "the caller runs on it"
	if e.Barrier {
		what = "barrier sync"
		why = "the caller is an item the barrier waits for"
	}
	through := ""
	if e.Held != e.Queue {
		through = fmt.Sprintf(" through its target %q", e.Held)
	}
	return fmt.Sprintf("reactor: deadlock: %s on queue %q waits for itself%s: %s (on %s)",
		what, e.Queue, through, why, strings.Join(e.Path, " -> "))
}

// deadlock tells whether the goroutine would wait for itself in a Sync on q. A
// Sync takes a slot at each queue of the target chain; the goroutine already
// has one at each queue of the chains of its frames, and gives none back while
// it waits.
func (g *goroutine) deadlock(q *Queue, barrier bool) *DeadlockError {
	for x := q; x != nil && x.kind != globalRoot; x = x.target.Load() {
		has, alone := g.holds(x)
		if int64(has) < int64(x.width) && !alone && (has == 0 || !barrier || x != q) {
			continue
		}
		e := &DeadlockError{Queue: q.label, Held: x.label, Barrier: x.width > 1 && (alone || barrier)}
		for i := range g.depth {
			e.Path = append(e.Path, g.frame(i).queue.label)
		}
		return e
	}
	return nil
}

// holds is how many slots of x the goroutine has, and whether it runs a barrier
// there.
func (g *goroutine) holds(x *Queue) (slots int, alone bool) {
	for i := range g.depth {
		f := g.frame(i)
		for q := f.queue; q != nil && q != f.until; q = q.target.Load() {
			if q == x {
				slots++
				alone = alone || f.barrier && f.queue == x && x.width > 1
				break
			}
		}
	}
	return slots, alone
}
