package reactor

import (
	"errors"
	"fmt"
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
	case t.willRunOn(q):
		return refused(ErrTargetCycle)
	case !inactive && q.targeted.Load():
		return refused(ErrTargetInUse)
	}
	t.targeted.Store(true)
	if inactive {
		q.target.Store(t)
		return nil
	}
	a := q.attributes()
	a.next.Store(t)
	q.push(&move{t})
	return nil
}

// willRunOn is runsOn with the targets that are about to be.
func (q *Queue) willRunOn(x *Queue) bool {
	for ; q != nil; q = q.nextTarget() {
		if q == x {
			return true
		}
	}
	return false
}

func (q *Queue) nextTarget() *Queue {
	if a := q.extra.Load(); a != nil {
		if next := a.next.Load(); next != nil {
			return next
		}
	}
	return q.target.Load()
}

// move is the barrier that changes a queue's target. The slot that runs it, and
// those on their way, end and are taken anew at the new target.
type move struct{ to *Queue }

func (m *move) run(q *Queue, _ *goroutine) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.target.Store(m.to)
	q.moving = true
	q.settleLocked()
}
