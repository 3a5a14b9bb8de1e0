package calendar_test

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// fits says whether a normal form fits a reading, component by component.
func fits(t *testing.T, normal string, r time.Time) bool {
	words := strings.Fields(normal)
	if strings.Contains("MonTueWedThuFriSatSun", words[0][:min(3, len(words[0]))]) {
		days := "Mon Tue Wed Thu Fri Sat Sun"
		is := false
		for _, item := range strings.Split(words[0], ",") {
			first, last, isRange := strings.Cut(item, "..")
			if !isRange {
				last = first
			}
			day := strings.Index(days, r.Format("Mon"))
			is = is || strings.Index(days, first) <= day && day <= strings.Index(days, last)
		}
		if !is {
			return false
		}
		words = words[1:]
	}
	date, day, fromEnd := strings.Cut(words[0], "~")
	if !fromEnd {
		dash := strings.LastIndexByte(date, '-')
		date, day = date[:dash], date[dash+1:]
	}
	year, month, _ := strings.Cut(date, "-")
	clock := strings.Split(words[1], ":")
	length := time.Date(r.Year(), r.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	dayFits := within(t, day, int64(r.Day())*1e6, 31e6)
	if fromEnd {
		dayFits = fromEndFits(t, day, r.Day(), length)
	}
	return dayFits && within(t, year, int64(r.Year())*1e6, 2199e6) && within(t, month, int64(r.Month())*1e6, 12e6) &&
		within(t, clock[0], int64(r.Hour())*1e6, 23e6) && within(t, clock[1], int64(r.Minute())*1e6, 59e6) &&
		r.Nanosecond()%1000 == 0 && within(t, clock[2], int64(r.Second())*1e6+int64(r.Nanosecond()/1000), 60e6-1)
}

// within says whether a value is in a list; all in millionths.
func within(t *testing.T, list string, value, high int64) bool {
	if list == "*" {
		return value%1e6 == 0
	}
	for _, item := range strings.Split(list, ",") {
		first, last, step := component(t, item, high)
		if value >= first && value <= last && (value-first)%step == 0 {
			return true
		}
	}
	return false
}

func fromEndFits(t *testing.T, list string, day, length int) bool {
	for _, item := range strings.Split(list, ",") {
		first, last, step := component(t, item, 0)
		low, high := length+1-int(last/1e6), length+1-int(first/1e6)
		if last == 0 { // a/b goes from there to the end of the month
			low, high = high, length
		}
		if day >= low && day <= high && (day-low)%int(step/1e6) == 0 {
			return true
		}
	}
	return false
}

// component takes a, a/b, a..b and a..b/c apart; the last of a/b is high.
func component(t *testing.T, item string, high int64) (first, last, step int64) {
	body, by, stepped := strings.Cut(item, "/")
	a, b, isRange := strings.Cut(body, "..")
	first, step = millionths(t, a), 1e6
	last = first
	if stepped {
		step, last = millionths(t, by), high
	}
	if isRange {
		last = millionths(t, b)
	}
	return first, last, step
}

func millionths(t *testing.T, text string) int64 {
	whole, part, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole+(part + "000000")[:6], 10, 64)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return n
}
