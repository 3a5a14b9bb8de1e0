package reactor

import (
	"math"
	"time"

	"github.com/reactord/reactord/internal/clock"
)

// Clock names the clock an instant is on (clause T13).
type Clock = clock.ID

// The clocks. Instants of different clocks can't be compared.
const (
	Monotonic = clock.Monotonic // stands still while the machine sleeps
	Boottime  = clock.Boottime  // counts the time asleep
	Wall      = clock.Wall      // the time of day, can be set
)

// Instant is a point in time, in nanoseconds since the epoch of its clock.
type Instant int64

// Forever is an instant that never comes. Arithmetic absorbs it (clause T16).
const Forever Instant = math.MaxInt64

// Add is i+d. It saturates: past the end is Forever, before the epoch is 0.
func (i Instant) Add(d time.Duration) Instant {
	switch {
	case i == Forever:
		return Forever
	case d > 0 && int64(i) > math.MaxInt64-int64(d):
		return Forever
	}
	return max(i+Instant(d), 0)
}

// Sub is i-j, for instants of one clock.
func (i Instant) Sub(j Instant) time.Duration { return time.Duration(i - j) }

// WallInstant is t on the wall clock.
func WallInstant(t time.Time) Instant { return Instant(t.UnixNano()) }
