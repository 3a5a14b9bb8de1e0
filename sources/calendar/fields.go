package calendar

import (
	"math/bits"
	"time"
)

// reading is what a wall clock shows, in microseconds since it showed
// 1970-01-01 00:00:00.
type reading int64

// civil is a reading taken apart.
type civil struct {
	year, month, day   int
	hour, minute, rest int // rest in microseconds
}

func (r reading) civil() civil {
	t := time.UnixMicro(int64(r)).UTC()
	year, month, day := t.Date()
	hour, minute, sec := t.Clock()
	return civil{year, int(month), day, hour, minute, sec*second + t.Nanosecond()/1000}
}

func (c civil) reading() reading {
	t := time.Date(c.year, time.Month(c.month), c.day, c.hour, c.minute, 0, 0, time.UTC)
	return reading(t.UnixMicro() + int64(c.rest))
}

// set holds small numbers, each as the bit of that number.
type set uint64

func (s *set) add(n int)     { *s |= 1 << n }
func (s set) has(n int) bool { return s&(1<<n) != 0 }

// next returns the smallest number of the set that is at least from.
func (s set) next(from int) (int, bool) {
	s = s >> from << from
	return bits.TrailingZeros64(uint64(s)), s != 0
}

const (
	shortestMonth = 28
	yearWords     = (lastYear - firstYear + 64) / 64
)

// fields says which readings are due: those of which every field is in its set.
type fields struct {
	years    [yearWords]set
	months   set
	days     [4]set // for months of 28, 29, 30 and 31 days
	weekdays set    // Monday is 0
	either   bool   // the day or the weekday is enough
	hours    set
	minutes  set
	seconds  chain // in microseconds
}

// seek returns the first due reading that is not before from. Each turn of its
// loop begins a later year, month, day, hour or minute; no field below the day
// is empty, so that turns are at most those of the months to the last year, and
// three.
func (f *fields) seek(from reading) (reading, bool) {
	c := from.civil()
	if c.year < firstYear {
		c = civil{year: firstYear, month: 1, day: 1}
	}
	for {
		year, ok := f.year(c.year)
		if !ok {
			return 0, false
		}
		if year != c.year {
			c = civil{year: year, month: 1, day: 1}
		}
		month, ok := f.months.next(c.month)
		if !ok {
			c = civil{year: c.year + 1, month: 1, day: 1}
			continue
		}
		if month != c.month {
			c = civil{year: c.year, month: month, day: 1}
		}
		day, ok := f.daysOf(c.year, c.month).next(c.day)
		if !ok {
			c = civil{year: c.year, month: c.month + 1, day: 1}
			continue
		}
		if day != c.day {
			c = civil{year: c.year, month: c.month, day: day}
		}
		if f.time(&c) {
			return c.reading(), true
		}
		c = civil{year: c.year, month: c.month, day: c.day + 1}
	}
}

// time moves c to the first due time of its day that is not earlier, or reports
// false if the day has none left.
func (f *fields) time(c *civil) bool {
	for {
		hour, ok := f.hours.next(c.hour)
		if !ok {
			return false
		}
		if hour != c.hour {
			c.hour, c.minute, c.rest = hour, 0, 0
		}
		minute, ok := f.minutes.next(c.minute)
		if !ok {
			c.hour, c.minute, c.rest = c.hour+1, 0, 0
			continue
		}
		if minute != c.minute {
			c.minute, c.rest = minute, 0
		}
		if c.rest, ok = f.seconds.next(c.rest); ok {
			return true
		}
		c.minute, c.rest = c.minute+1, 0
	}
}

// year returns the first year of the expression that is not before from.
func (f *fields) year(from int) (int, bool) {
	n := from - firstYear
	for word := n / 64; word < yearWords; word++ {
		if bit, ok := f.years[word].next(max(0, n-word*64)); ok {
			return firstYear + word*64 + bit, true
		}
	}
	return 0, false
}

// daysOf returns the days of that month that are due.
func (f *fields) daysOf(year, month int) set {
	length := monthLength(year, month)
	days := f.days[length-shortestMonth]
	if f.weekdays == everyWeekday && !f.either {
		return days
	}
	first := (int(time.Date(year, time.Month(month), 1, 0, 0, 0, 0, time.UTC).Weekday()) + 6) % 7
	weeks := f.weekdays
	for n := 7; n < 7*6; n *= 2 { // the weekdays of eight weeks, one after another
		weeks |= weeks << n
	}
	fit := weeks >> first << 1 & (1<<(length+1) - 1)
	if f.either {
		return days | fit
	}
	return days & fit
}

func monthLength(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}
