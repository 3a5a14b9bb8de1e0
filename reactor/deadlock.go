package reactor

import (
	"fmt"
	"strings"
)

// DeadlockError is the panic of a Sync that would wait for ever, because the
// calling goroutine itself holds what it waits for (clauses Q4 and Q5).
type DeadlockError struct {
	// Queue is the label of the queue of the call, and Barrier whether it was
	// BarrierSync.
	Queue   string
	Barrier bool
	// Held is the label of the queue the caller can't get: Queue itself, or one
	// of its targets.
	Held string
	// Holder is the label of the queue by which the caller holds it: Held itself,
	// or one that targets it.
	Holder string
	// Alone tells that the caller runs a barrier on Held.
	Alone bool
	// Path are the labels of the queues the caller is on, the innermost last.
	Path []string
}

func (e *DeadlockError) Error() string {
	call := "sync"
	if e.Barrier {
		call = "barrier sync"
	}
	needs := ""
	if e.Held != e.Queue {
		needs = fmt.Sprintf(" through its target %q", e.Held)
	}
	why := "the caller runs on it"
	switch {
	case e.Alone:
		why = "the caller is a barrier on it"
	case e.Holder != e.Held:
		why = fmt.Sprintf("the caller runs on %q, which targets it", e.Holder)
	case e.Barrier && e.Held == e.Queue:
		why = "the caller runs on it, and a barrier waits for all that do"
	}
	return fmt.Sprintf("reactor: deadlock: %s on queue %q%s waits for the caller itself: %s (on %s)",
		call, e.Queue, needs, why, strings.Join(e.Path, " -> "))
}

// deadlock tells whether the goroutine would wait for itself in a Sync on q. A
// Sync takes a slot at each queue of the target chain, as it is and as it is
// about to be; the goroutine already has one at each queue of the chains of its
// frames, and gives none back while it waits.
func (g *goroutine) deadlock(q *Queue, barrier bool) *DeadlockError {
	r := q.Reactor()
	r.targets.Lock()
	defer r.targets.Unlock()
	return g.deadlockAt(q, q, barrier)
}

func (g *goroutine) deadlockAt(x, q *Queue, barrier bool) *DeadlockError {
	if x.kind == globalRoot {
		return nil
	}
	h := g.holds(x)
	if int64(h.slots) >= int64(x.width) || h.alone || h.slots > 0 && barrier && x == q {
		e := &DeadlockError{Queue: q.label, Barrier: barrier && q.width > 1, Held: x.label, Holder: h.by.label, Alone: h.alone}
		for f := range g.all {
			e.Path = append(e.Path, f.queue.label)
		}
		return e
	}
	for _, t := range x.targets() {
		if e := g.deadlockAt(t, q, barrier); e != nil {
			return e
		}
	}
	return nil
}

// holding is what a goroutine has of a queue.
type holding struct {
	slots int
	own   bool   // one of them is not lent
	alone bool   // it runs a barrier there
	by    *Queue // whose frame it is: the queue, or one that targets it
}

// holds is what the goroutine has of x.
func (g *goroutine) holds(x *Queue) (h holding) {
	for f, lent := range g.all {
		for q := f.queue; q != nil && q != f.until; q = q.target.Load() {
			if q == x {
				h.slots++
				h.own = h.own || !lent
				h.alone = h.alone || f.barrier && f.queue == x && x.width > 1
				h.by = f.queue
				break
			}
		}
	}
	return h
}
