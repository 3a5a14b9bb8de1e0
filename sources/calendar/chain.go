package calendar

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

const open = -1 // no stop: a step goes on to the end of the field

// component is one value, a range with a step, or a value and its step.
//
//	value       stop open, step 0
//	a..b/c      stop b reached by the step, step c
//	a/c         stop open, step c
type component struct{ start, stop, step int }

// last is the greatest value it can have in a field that ends with high.
func (c component) last(high int) int {
	switch {
	case c.step == 0:
		return c.start
	case c.stop == open:
		return high
	}
	return c.stop
}

// next returns the first value not before from in a field that ends with high.
func (c component) next(from, high int) (int, bool) {
	if from <= c.start {
		return c.start, true
	}
	if c.step == 0 {
		return 0, false
	}
	n := c.start + (from-c.start+c.step-1)/c.step*c.step
	return n, n <= c.last(high)
}

// chain is a list of components; an empty one is the star.
type chain []component

// everySecond is the star in the field of the seconds.
var everySecond = component{0, open, second}

// next returns the first value not before from of a chain of seconds.
func (c chain) next(from int) (first int, ok bool) {
	first = minute
	for _, one := range c {
		if n, has := one.next(from, minute-1); has && n < first {
			first, ok = n, true
		}
	}
	return first, ok
}

// normal returns the chain sorted, each component once. Where every second is
// due, other whole seconds are left out.
func (c chain) normal(scale int) chain {
	if scale == second && slices.Contains(c, everySecond) {
		c = slices.DeleteFunc(c, func(one component) bool {
			return one != everySecond && one.start%second == 0 && one.step%second == 0
		})
	}
	slices.SortFunc(c, func(a, b component) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.stop, b.stop), cmp.Compare(a.step, b.step))
	})
	return slices.Compact(c)
}

// each calls add with every value of the chain between low and high.
func (c chain) each(low, high int, add func(int)) {
	if len(c) == 0 {
		c = chain{{low, high, 1}}
	}
	for _, one := range c {
		for n := one.start; n <= one.last(high); n += max(one.step, 1) {
			add(n)
		}
	}
}

// set returns the values between low and high, which is below 64.
func (c chain) set(low, high int) (s set) {
	c.each(low, high, s.add)
	return s
}

// daySets returns the days for each length of a month, counted from its start
// or its end.
func (c chain) daySets(fromEnd bool) (sets [4]set) {
	for i := range sets {
		length := shortestMonth + i
		days := c
		if fromEnd {
			days = make(chain, len(c))
			for j, one := range c {
				days[j] = one.mirrored(length)
			}
		}
		sets[i] = days.set(1, length) & (1<<(length+1) - 1)
	}
	return sets
}

// mirrored turns days counted from the end of a month of that length, whose last
// is 1, into days counted from its start. Steps go forward, as the days do.
func (c component) mirrored(length int) component {
	start, stop := length+1-c.start, c.stop
	if stop != open {
		start, stop = length+1-c.stop, start
	}
	return component{start, stop, c.step}
}

// write appends the chain in normal form: numbers of at least that width, and
// with a fraction if the scale is more than 1.
func (c chain) write(b *strings.Builder, width, scale int) {
	if len(c) == 0 || scale == second && len(c) == 1 && c[0] == everySecond {
		b.WriteByte('*')
		return
	}
	for i, one := range c {
		if i > 0 {
			b.WriteByte(',')
		}
		writeNumber(b, one.start, width, scale)
		if one.stop != open {
			b.WriteString("..")
			writeNumber(b, one.stop, width, scale)
		}
		if one.step > 0 && (one.stop == open || one.step != scale) {
			b.WriteByte('/')
			writeNumber(b, one.step, 1, scale)
		}
	}
}

func writeNumber(b *strings.Builder, n, width, scale int) {
	whole := strconv.Itoa(n / scale)
	b.WriteString(strings.Repeat("0", max(0, width-len(whole))))
	b.WriteString(whole)
	if part := n % scale; part > 0 {
		b.WriteByte('.')
		b.WriteString(strconv.Itoa(scale + part)[1:])
	}
}
