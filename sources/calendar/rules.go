package calendar

// daylightLimit is where a change of the clock is no daylight saving any more
// but a new time, and what was jumped over is not made up for; as in cronie.
const daylightLimit = 3 * hour

// onward goes with the clock and never back: of what it shows later than now,
// the first that is due and that it really shows.
func (f *fields) onward(c clock, after instant) (instant, bool) {
	p := c.period(after)
	from := p.reading(after) + 1
	for {
		r, ok := f.seek(from)
		if !ok {
			return 0, false
		}
		p = c.reach(p, r)
		if at := p.instant(r); at >= p.start {
			return at, true
		}
		from = p.reading(p.start)
	}
}

// madeUp finds the first moment at which the clock shows a due reading, or any
// later one because it jumped, for the first time.
func (f *fields) madeUp(c clock, after instant) (instant, bool) {
	p := c.period(after)
	from := c.furthest(p, after) + 1
	for {
		r, ok := f.seek(from)
		if !ok {
			return 0, false
		}
		p = c.reach(p, r)
		if at := p.instant(r); at >= p.start {
			return at, true
		}
		if c.jump(p) < daylightLimit {
			return p.start, true
		}
		from = p.reading(p.start)
	}
}

// everyTime finds the first moment at which the clock shows a due reading,
// whether it has shown that before or not.
func (f *fields) everyTime(c clock, after instant) (instant, bool) {
	p := c.period(after)
	from := p.reading(after) + 1
	for {
		r, ok := f.seek(from)
		if !ok {
			return 0, false
		}
		if at := p.instant(r); at < p.end {
			return at, true
		}
		p = c.period(p.end)
		from = p.reading(p.start)
	}
}
