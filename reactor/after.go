package reactor

import "time"

// Bounds of the leeway of After (clause T15).
const (
	leastLeeway = time.Millisecond
	mostLeeway  = time.Minute
)

// After submits f once the delay has passed (dispatch_after), on the monotonic
// clock, with a leeway of a tenth of the delay, at least a millisecond and at
// most a minute (clause T15). Without a delay it is Async.
//
// Its error is the kernel's: the loop could not be started for want of
// descriptors. f then never runs.
func (q *Queue) After(delay time.Duration, f func()) error {
	return q.AfterInstant(Monotonic, q.Reactor().Now(Monotonic).Add(delay), f)
}

// AfterInstant is After with an instant of a clock. Forever never comes.
func (q *Queue) AfterInstant(c Clock, at Instant, f func()) error {
	if f == nil {
		q.noFunction("After")
	}
	now := q.Reactor().Now(c)
	switch {
	case at == Forever:
		return nil
	case at <= now:
		q.Async(f)
		return nil
	}
	leeway := min(max(time.Duration(at-now)/10, leastLeeway), mostLeeway)
	a := q.Reactor().NewAlarm(c, func(Instant) { q.Async(f) })
	return a.Set(at, at.Add(leeway))
}
