package calendar

import "fmt"

// unit is what a list of numbers counts.
type unit struct {
	name      string
	low, high int
	scale     int // 1, or second if the numbers have fractions
}

var (
	yearUnit   = unit{"year", firstYear, lastYear, 1}
	monthUnit  = unit{"month", 1, 12, 1}
	dayUnit    = unit{"day", 1, 31, 1}
	hourUnit   = unit{"hour", 0, 23, 1}
	minuteUnit = unit{"minute", 0, 59, 1}
	secondUnit = unit{"second", 0, minute - 1, second}

	// lastDayUnit counts from the end of a month: 28 days are in each.
	lastDayUnit = unit{"day from the end of the month", 1, shortestMonth, 1}
)

// item is a component as it was written.
type item struct {
	component
	stepped bool // the step was written
	offset  int
}

// maxItems is the longest list, as in systemd.
const maxItems = 241

// list reads a list of values for which the unit names the scale, or a star, for
// which it returns nil. What the numbers count may not be known yet: check looks
// at their size.
func (s *scanner) list(u unit) ([]item, *SyntaxError) {
	if s.take('*') {
		if s.peek(0) == '/' {
			return nil, s.fail(s.pos, u.name+": a star has no step", fmt.Sprintf("write %d/n for every n from %d on", u.low, u.low))
		}
		return nil, nil
	}
	number := s.number
	if u.scale > 1 {
		number = s.seconds
	}
	var items []item
	for {
		if len(items) == maxItems {
			return nil, s.fail(s.pos, fmt.Sprintf("%s: more than %d values", u.name, maxItems), "")
		}
		one := item{component{stop: open}, false, s.pos}
		var err *SyntaxError
		if one.start, err = number(u.name); err != nil {
			return nil, err
		}
		if s.takeRange() {
			if one.stop, err = number(u.name); err != nil {
				return nil, err
			}
			one.step = u.scale
		}
		if step := s.pos; s.take('/') {
			if one.step, err = number(u.name); err != nil {
				return nil, err
			}
			if one.stepped = true; one.step == 0 {
				return nil, s.fail(step, u.name+": the step is zero", "")
			}
		}
		items = append(items, one)
		if !s.take(',') {
			return items, nil
		}
	}
}

// check returns the chain of a list whose numbers count the unit. A range shorter
// than the step written for it is its first value.
func (u unit) check(s *scanner, items []item) (chain, *SyntaxError) {
	var c chain
	for _, one := range items {
		if u == yearUnit {
			one.start, one.stop = century(one.start), century(one.stop)
		}
		if one.stop != open && one.stop < one.start {
			return nil, s.fail(one.offset, u.name+": the range ends before it begins", fmt.Sprintf("write %s..%d,%d..%s", u.show(one.start), u.high/u.scale, u.low, u.show(one.stop)))
		}
		if one.stop != open && one.step > one.stop-one.start {
			if u.scale > 1 && !one.stepped {
				return nil, s.fail(one.offset, u.name+": the range is shorter than its step, one second", "write a step: 1..1.5/0.5")
			}
			one.stop, one.step = open, 0
		}
		if one.stop != open {
			one.stop -= (one.stop - one.start) % one.step
		}
		for _, n := range [...]int{one.start, max(one.stop, one.start)} {
			if n < u.low || n > u.high {
				return nil, s.fail(one.offset, fmt.Sprintf("%s: %s is not between %d and %d", u.name, u.show(n), u.low, u.high/u.scale), "")
			}
		}
		reach := one.start + one.step
		if u == lastDayUnit {
			reach = one.start - one.step
		}
		if one.step > 0 && one.stop == open && (reach < u.low || reach > u.high) {
			return nil, s.fail(one.offset, fmt.Sprintf("%s: a step of %s from %s never comes to a second value", u.name, u.show(one.step), u.show(one.start)), "leave the step out")
		}
		c = append(c, one.component)
	}
	return c.normal(u.scale), nil
}

// show writes a number of the unit for errors.
func (u unit) show(n int) string {
	if n%u.scale == 0 {
		return fmt.Sprint(n / u.scale)
	}
	return fmt.Sprint(float64(n) / float64(u.scale))
}

// century completes a year of two digits: 70 to 99 are of the last century.
func century(year int) int {
	switch {
	case year < 0 || year > 99:
		return year
	case year < 70:
		return year + 2000
	}
	return year + 1900
}
