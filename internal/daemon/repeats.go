package daemon

import (
	"time"

	"github.com/reactord/reactord/reactor"
)

// How many failures of a source are logged: failureLines in each failureSpan.
// Whoever may send to a source could fill the disk with them otherwise. Status
// counts all.
const (
	failureLines = 20
	failureSpan  = time.Minute
)

// repeats holds failures back from the log. The zero value is ready.
type repeats struct {
	until  reactor.Instant // the end of the span
	logged int             // in it
	held   int
}

// holding reports whether failures are held back at now.
func (r *repeats) holding(now reactor.Instant) bool { return r.held > 0 && now < r.until }

// next decides on a failure at now: whether it is logged, whether those after it
// are held back, and how many were until now.
func (r *repeats) next(now reactor.Instant) (log, last bool, held int) {
	if now >= r.until {
		held = r.held
		*r = repeats{until: now.Add(failureSpan)}
	}
	if r.logged == failureLines {
		r.held++
		return false, false, 0
	}
	r.logged++
	return true, r.logged == failureLines, held
}
