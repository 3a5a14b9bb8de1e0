package calendar

import (
	"math"
	"time"
)

const (
	second = 1_000_000 // in microseconds, as every reading and instant
	minute = 60 * second
	hour   = 60 * minute

	// widest is more than any clock of the tz database is ahead of UTC or behind.
	widest = 24 * hour
)

// instant is a moment, in microseconds since 1970-01-01 00:00 UTC.
type instant int64

// clock is the wall clock of a place.
type clock struct{ place *time.Location }

// period is a stretch of time in which a clock ran without a change: from start
// until before end it shows the instant plus ahead.
type period struct {
	start, end instant
	ahead      int64
}

func (p period) reading(at instant) reading { return reading(int64(at) + p.ahead) }

// instant is when the clock would show r if the period had no bounds.
func (p period) instant(r reading) instant { return instant(int64(r) - p.ahead) }

// period returns the one that contains the instant.
func (c clock) period(at instant) period {
	t := time.UnixMicro(int64(at)).In(c.place)
	_, ahead := t.Zone()
	p := period{start: math.MinInt64, end: math.MaxInt64, ahead: int64(ahead) * second}
	start, end := t.ZoneBounds()
	if !start.IsZero() {
		p.start = instant(start.UnixMicro())
	}
	if !end.IsZero() {
		p.end = instant(end.UnixMicro())
	}
	if p.end <= at {
		// On the last day of a leap year ZoneBounds may end 365 days after the
		// year began, which has passed. No rule changes the clock on that day.
		p.end = instant(time.Date(t.UTC().Year()+1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro())
	}
	return p
}

// reach returns the first period, p or later, at whose end the clock has shown r
// or more. If p.instant(r) is before the start of the result, the clock jumped
// over r at that start.
func (c clock) reach(p period, r reading) period {
	for p.instant(r) >= p.end {
		p = c.period(max(p.end, instant(r)-widest))
	}
	return p
}

// furthest returns the latest reading the clock has shown until the instant,
// which lies in p: more than it shows then, if it was put back since.
func (c clock) furthest(p period, at instant) reading {
	r := p.reading(at)
	for p.start > at-widest {
		p = c.period(p.start - 1)
		r = max(r, p.reading(p.end)-1)
	}
	return r
}

// jump is how far the clock was put forward at the start of p.
func (c clock) jump(p period) int64 {
	return p.ahead - c.period(p.start-1).ahead
}
