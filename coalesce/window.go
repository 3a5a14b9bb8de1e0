package coalesce

import "time"

// Window says when a run may start (clause DV4). It holds no timer: each call
// is told the time and the caller waits until the deadline it is given. Times
// are nanoseconds of any one clock that doesn't go back.
//
// A Window belongs to one goroutine at a time.
type Window struct {
	// Settle is how long nothing new must have come; 0 for no wait.
	Settle time.Duration
	// Max bounds Settle: a run starts no later than Max after the first event
	// that waits; 0 for no bound.
	Max time.Duration
	// Every allows at most one run so often; what comes between waits.
	Every time.Duration
	// Limit allows Limit runs in each Interval, as a token bucket of that
	// size; 0 for no limit. Runs are delayed, never dropped.
	Limit    int
	Interval time.Duration

	first, last int64 // of the events that wait
	waiting     bool
	started     int64 // the last run
	ran         bool
	tokens      float64
	filled      int64
}

// Open reports whether the window never delays anything.
func (w *Window) Open() bool { return w.Settle == 0 && w.Every == 0 && w.Limit == 0 }

// Arrived tells that something came at now.
func (w *Window) Arrived(now int64) {
	if !w.waiting {
		w.waiting, w.first = true, now
	}
	w.last = now
}

// Deadline is when what waits may start, if nothing more comes. It reports
// false when nothing waits.
func (w *Window) Deadline() (int64, bool) {
	if !w.waiting {
		return 0, false
	}
	at := w.last + int64(w.Settle)
	if w.Max > 0 {
		at = min(at, w.first+int64(w.Max))
	}
	if w.ran && w.Every > 0 {
		at = max(at, w.started+int64(w.Every))
	}
	if w.Limit > 0 && w.ran {
		at = max(at, w.refilled())
	}
	return at, true
}

// Started tells that a run with all that waited started at now.
func (w *Window) Started(now int64) {
	if w.Limit > 0 {
		w.fill(now)
		w.tokens--
	}
	w.waiting, w.ran, w.started = false, true, now
}

// perToken is how long one token takes to come.
func (w *Window) perToken() float64 { return float64(w.Interval) / float64(w.Limit) }

func (w *Window) fill(now int64) {
	if !w.ran {
		w.tokens = float64(w.Limit)
	} else {
		w.tokens = min(float64(w.Limit), w.tokens+float64(now-w.filled)/w.perToken())
	}
	w.filled = now
}

// refilled is when a whole token will be there.
func (w *Window) refilled() int64 {
	if w.tokens >= 1 {
		return w.filled
	}
	return w.filled + int64((1-w.tokens)*w.perToken())
}
