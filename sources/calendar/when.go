package calendar

import (
	"strconv"
	"time"
)

// anyUnit stands for a unit where a list may be of years, months or hours.
var anyUnit = unit{"date or time", 0, 0, 1}

// midnight is the time where none is written.
var midnight = chain{{0, open, 0}}

// when reads an expression without its zone: weekdays, date, time, of which each
// may be left out but not all.
func (s *scanner) when() (*when, *SyntaxError) {
	if s.done() {
		return nil, s.fail(0, "an expression is missing", "such as daily, or Mon..Fri 07:30")
	}
	w := new(when)
	var err *SyntaxError
	if w.weekdays, err = s.weekdays(); err != nil {
		return nil, err
	}
	if s.peek(0) == '@' {
		return w, s.timestamp(w)
	}
	if !s.done() {
		if err := s.date(w); err != nil {
			return nil, err
		}
	}
	if s.done() {
		w.hour, w.minute, w.rest = midnight, midnight, midnight
		return w, nil
	}
	return w, s.time(w)
}

// date reads year, month and day, or month and day, and the blanks that follow.
// It goes back to where it began if what stands there is a time.
func (s *scanner) date(w *when) *SyntaxError {
	start := s.pos
	var lists [3][]item
	n := 0
	for {
		u := anyUnit
		if w.fromEnd || n == 2 {
			u = dayUnit
		}
		var err *SyntaxError
		if lists[n], err = s.list(u); err != nil {
			return err
		}
		if n == 0 && s.peek(0) == ':' {
			s.pos = start
			return nil
		}
		if n++; n > 1 && (s.done() || s.peek(0) == ' ') {
			break
		}
		switch {
		case n == 1 && (s.done() || s.peek(0) == ' '):
			return s.fail(start, "one number is neither a date nor a time", "write 12:00 for a time, 12-24 for a month and day, *-*-12 for a day")
		case n < 3 && !w.fromEnd && s.take('~'):
			w.fromEnd = true
		case n < 3 && !w.fromEnd && s.take('-'):
		case w.fromEnd && (s.peek(0) == '-' || s.peek(0) == '~'):
			return s.fail(s.pos, "date: nothing but the day may follow ~", "write *-02~1 for the last day of February")
		default:
			return s.unexpected("date")
		}
	}
	s.over(isBlank)
	return w.setDate(s, lists, n)
}

func (w *when) setDate(s *scanner, lists [3][]item, n int) (err *SyntaxError) {
	if n == 3 {
		if w.year, err = yearUnit.check(s, lists[0]); err != nil {
			return err
		}
	}
	if w.month, err = monthUnit.check(s, lists[n-2]); err != nil {
		return err
	}
	u := dayUnit
	if w.fromEnd {
		u = lastDayUnit
	}
	w.day, err = u.check(s, lists[n-1])
	return err
}

// time reads hours, minutes and, if there are any, seconds.
func (s *scanner) time(w *when) *SyntaxError {
	w.rest = midnight
	for i, part := range [...]struct {
		unit
		to *chain
	}{{hourUnit, &w.hour}, {minuteUnit, &w.minute}, {secondUnit, &w.rest}} {
		if i == 2 && s.done() {
			return nil
		}
		if i > 0 && !s.take(':') {
			return s.unexpected("time")
		}
		items, err := s.list(part.unit)
		if err != nil {
			return err
		}
		if *part.to, err = part.check(s, items); err != nil {
			return err
		}
	}
	if len(w.rest) == 0 {
		w.rest = chain{everySecond}
	}
	if !s.done() {
		return s.unexpected("time")
	}
	return nil
}

// unexpected is the error for the character at pos.
func (s *scanner) unexpected(part string) *SyntaxError {
	hint := ""
	switch c := s.peek(0); {
	case c == 0 && part == "time":
		hint = "minutes are needed: write 12:00"
	case c == 'T':
		hint = "write a blank between date and time"
	case c == '.':
		hint = "a range has two dots, and only seconds have a fraction"
	case c == ' ':
		hint = "blanks stand after the weekdays and the date only, and one before the zone"
	case isLetter(c):
		hint = zoneHint + ", after a blank"
	}
	return s.fail(s.pos, part+": "+s.found()+" was not expected", hint)
}

// timestamp reads seconds since 1970 as the one time that is due.
func (s *scanner) timestamp(w *when) *SyntaxError {
	start := s.pos
	s.pos++
	digits := s.over(isDigit)
	if !s.done() || digits == "" {
		return s.fail(s.pos, "timestamp: only whole seconds may follow @, and nothing them", "such as @1767225600")
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	t := time.Unix(n, 0).UTC()
	if err != nil || n >= 1<<40 || t.Year() > lastYear {
		return s.fail(start, "timestamp: it is after the year "+strconv.Itoa(lastYear), "")
	}
	one := func(n int) chain { return chain{{n, open, 0}} }
	w.year, w.month, w.day = one(t.Year()), one(int(t.Month())), one(t.Day())
	w.hour, w.minute, w.rest = one(t.Hour()), one(t.Minute()), one(t.Second()*second)
	w.utc = true
	return nil
}
