package reactor

import "fmt"

// On reports whether the caller runs on the queue: as an item of it or of a
// queue that targets it, also further out, around a Sync onto another queue.
func (q *Queue) On() bool {
	g := known()
	if g == nil {
		return false
	}
	return g.holds(q).slots > 0
}

// AssertOn panics unless the caller runs on the queue (dispatch_assert_queue,
// clause Q10).
func (q *Queue) AssertOn() {
	if !q.On() {
		panic(fmt.Sprintf("reactor: assertion failed: the caller is not on queue %q but on %s", q.label, where()))
	}
}

// AssertNotOn panics if the caller runs on the queue
// (dispatch_assert_queue_not).
func (q *Queue) AssertNotOn() {
	if q.On() {
		panic(fmt.Sprintf("reactor: assertion failed: the caller is on queue %q (on %s)", q.label, where()))
	}
}

// AssertBarrier panics unless the caller runs on the queue with nothing beside
// it: as a barrier, or on a serial queue (dispatch_assert_queue_barrier).
func (q *Queue) AssertBarrier() {
	if g := known(); g != nil {
		if h := g.holds(q); h.alone || h.slots > 0 && q.width == 1 {
			return
		}
	}
	panic(fmt.Sprintf("reactor: assertion failed: the caller is no barrier on queue %q (on %s)", q.label, where()))
}

// CurrentLabel is the label of the queue the caller runs on, the innermost one,
// empty outside of any.
func CurrentLabel() string {
	if q := current(); q != nil {
		return q.label
	}
	return ""
}

// current is the innermost queue the caller runs on.
func current() *Queue {
	if g := known(); g != nil {
		return g.top().queue
	}
	return nil
}

func where() string {
	if q := current(); q != nil {
		return fmt.Sprintf("queue %q", q.label)
	}
	return "no queue"
}
