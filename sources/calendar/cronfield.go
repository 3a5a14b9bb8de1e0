package calendar

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// cronKind is one of the five fields.
type cronKind struct {
	name      string
	low, high int
	names     []string // of low and the numbers after it
	wraps     bool     // high is low again: Sunday is 0 and 7
}

var cronKinds = [5]cronKind{
	{"minute", 0, 59, nil, false},
	{"hour", 0, 23, nil, false},
	{"day of the month", 1, 31, nil, false},
	{"month", 1, 12, []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}, false},
	{"day of the week", 0, 7, []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}, true},
}

// cronField is one of the five, read.
type cronField struct {
	values set
	star   bool // it begins with one
}

// put adds a number of the field to a set of its values.
func (k cronKind) put(s *set, n int) {
	if k.wraps && n == k.high {
		n = k.low
	}
	s.add(n)
}

// all adds every step-th number from first to last.
func (k cronKind) all(s *set, first, last, step int) {
	for n := first; n <= last; n += step {
		k.put(s, n)
	}
}

func (s *scanner) cronField(k cronKind) (cronField, *SyntaxError) {
	f := cronField{star: s.peek(0) == '*'}
	for {
		start := s.pos
		first, last := k.low, k.high
		var err *SyntaxError
		star := s.take('*')
		if !star {
			if first, err = s.cronValue(k, false); err != nil {
				return f, err
			}
			last = first
			if s.take('-') {
				if last, err = s.cronValue(k, true); err != nil {
					return f, err
				}
			} else if s.peek(0) == '/' {
				return f, s.fail(start, k.name+": a single value has no step", fmt.Sprintf("write %d-%d for every value from %d on, with the step", first, k.high, first))
			}
		}
		if last < first {
			return f, s.fail(start, k.name+": the range ends before it begins", fmt.Sprintf("write %d-%d,%d-%d", first, k.high, k.low, last))
		}
		step := 1
		if s.take('/') {
			at := s.pos
			if step, err = s.number(k.name + ": step"); err != nil {
				return f, err
			}
			if step == 0 {
				return f, s.fail(at, k.name+": the step is zero", "")
			}
			step = min(step, k.high+1)
		}
		k.all(&f.values, first, last, step)
		if !s.take(',') {
			return f, nil
		}
	}
}

// cronValue reads a number or a name. Sunday at the end of a range is 7.
func (s *scanner) cronValue(k cronKind, end bool) (int, *SyntaxError) {
	start := s.pos
	if isDigit(s.peek(0)) {
		n, err := s.number(k.name)
		if err == nil && (n < k.low || n > k.high) {
			err = s.fail(start, fmt.Sprintf("%s: %d is not between %d and %d", k.name, n, k.low, k.high), "")
		}
		return n, err
	}
	word := s.over(isLetter)
	if i := slices.IndexFunc(k.names, func(name string) bool { return strings.EqualFold(name, word) }); i >= 0 {
		if end && k.wraps && i == 0 {
			return k.high, nil
		}
		return k.low + i, nil
	}
	switch {
	case word == "" && s.peek(0) == '~':
		return 0, s.fail(start, k.name+": random values are not supported", "")
	case word == "":
		return 0, s.fail(start, k.name+": a value is missing before "+s.found(), "")
	case k.names == nil:
		return 0, s.fail(start, k.name+": \""+clip(word)+"\" is not a number", sixFieldsHint)
	}
	otherwise := "one of " + strings.Join(k.names, " ")
	if w := min(3, len(word)); slices.Contains(k.names, strings.ToUpper(word[:w])) {
		otherwise = "did you mean " + strings.ToUpper(word[:w]) + "?"
	}
	return 0, s.fail(start, k.name+": there is no \""+clip(word)+"\"", didYouMean(word, k.names, otherwise))
}

// write appends the field in normal form, which depends on its values and its
// star only. With a star that is the smallest step that fits and what it leaves
// out; without, a range with a step if that is all, or ranges.
func (f cronField) write(b *strings.Builder, k cronKind) {
	rest := f.values
	if f.star {
		step, covered := 1, set(0)
		for {
			covered = 0
			if k.all(&covered, k.low, k.high, step); covered&^f.values == 0 {
				break
			}
			step++
		}
		b.WriteByte('*')
		if step > 1 {
			b.WriteString("/" + strconv.Itoa(step))
		}
		if rest &^= covered; rest == 0 {
			return
		}
		b.WriteByte(',')
	}
	if first, last, step, ok := rest.progression(); ok {
		fmt.Fprintf(b, "%d-%d/%d", first, last, step)
		return
	}
	rest.writeRanges(b)
}

// progression reports whether the numbers, three or more, are equally far apart
// and not neighbours.
func (s set) progression() (first, last, step int, ok bool) {
	first, _ = s.next(0)
	second, _ := s.next(first + 1)
	step = second - first
	last = second
	count := 2
	for s.has(last + step) {
		last += step
		count++
	}
	var all set
	for n := first; n <= last; n += step {
		all.add(n)
	}
	return first, last, step, all == s && step > 1 && count > 2
}

// writeRanges appends the numbers, three or more in a row as a range.
func (s set) writeRanges(b *strings.Builder) {
	comma := ""
	for n, ok := s.next(0); ok; n, ok = s.next(n) {
		last := n
		for s.has(last + 1) {
			last++
		}
		fmt.Fprintf(b, "%s%d", comma, n)
		switch {
		case last == n+1:
			fmt.Fprintf(b, ",%d", last)
		case last > n:
			fmt.Fprintf(b, "-%d", last)
		}
		comma, n = ",", last+1
	}
}
