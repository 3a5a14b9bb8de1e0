package reactor

import (
	"errors"
	"fmt"
	"slices"
)

// Why SetTarget is refused (clause H4).
var (
	ErrTargetCycle   = errors.New("the queue would come to target itself")
	ErrTargetFixed   = errors.New("its target was fixed when it was made or activated")
	ErrTargetInUse   = errors.New("other queues target it")
	ErrTargetForeign = errors.New("the target is another reactor's")
)

// SetTarget has the queue run its items on t, nil for the default global queue
// (dispatch_set_target_queue). On an
// inactive queue it acts at once. On an active one it acts as a barrier: items
// submitted before run on the old target, those after on the new one.
//
// It is refused, with one of the errors above, for a global queue, for a queue
// that was made with a target or activated from inactive, for one that other
// queues target, and when it would close a cycle (clause H4).
func (q *Queue) SetTarget(t *Queue) error {
	if t == nil {
		t = q.Reactor().Global(DefaultQoS)
	}
	refused := func(err error) error {
		return fmt.Errorf("set the target of queue %q to %q: %w", q.label, t.label, err)
	}
	r := q.Reactor()
	r.targets.Lock()
	defer r.targets.Unlock()
	q.mu.Lock()
	inactive, fixed := q.inactive, q.fixed
	q.mu.Unlock()
	switch {
	case q.kind != private, fixed && !inactive:
		return refused(ErrTargetFixed)
	case t.Reactor() != r:
		return refused(ErrTargetForeign)
	case t.mayRunOn(q):
		return refused(ErrTargetCycle)
	case !inactive && q.targeted.Load():
		return refused(ErrTargetInUse)
	}
	a := q.attributes()
	if inactive {
		q.mu.Lock()
		defer q.mu.Unlock()
		if !q.inactive { // it was activated meanwhile
			return refused(ErrTargetFixed)
		}
		q.target.Store(t)
	} else {
		a.moves = append(a.moves, t)
		q.push(&move{t})
	}
	t.targeted.Store(true)
	a.last.Store(t)
	return nil
}

// targets are the queue's target and those it is about to have, in order.
// Reactor.targets is held.
func (q *Queue) targets() []*Queue {
	t := q.target.Load()
	if t == nil {
		return nil
	}
	targets := []*Queue{t}
	if a := q.extra.Load(); a != nil {
		targets = append(targets, a.moves...)
	}
	return targets
}

// mayRunOn reports whether x is q, or in its target chain, now or at a time to
// come. Reactor.targets is held.
func (q *Queue) mayRunOn(x *Queue) bool {
	return q == x || slices.ContainsFunc(q.targets(), func(t *Queue) bool { return t.mayRunOn(x) })
}

// move is the barrier that changes a queue's target. The slot that runs it ends
// and is taken anew at the new target; one that is on its way to the old one is
// accounted for at once, and finds when it comes that it isn't needed.
type move struct{ to *Queue }

func (m *move) run(q *Queue, _ *goroutine) {
	r := q.Reactor()
	r.targets.Lock()
	defer r.targets.Unlock()
	a := q.attributes()
	a.moves = slices.Delete(a.moves, 0, 1)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.target.Store(m.to)
	q.moving = true
	if q.starting {
		q.starting = false
		q.slots--
		q.stale++
	}
	q.settleLocked()
}
