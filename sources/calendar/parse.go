package calendar

import (
	"strings"
	"time"
)

// shorthands are the words that stand for a whole expression, in their normal
// form. The misspelt and doubtful ones are systemd's, too.
var shorthands = map[string]string{
	"minutely":      "*-*-* *:*:00",
	"hourly":        "*-*-* *:00:00",
	"daily":         "*-*-* 00:00:00",
	"weekly":        "Mon *-*-* 00:00:00",
	"monthly":       "*-*-01 00:00:00",
	"quarterly":     "*-01,04,07,10-01 00:00:00",
	"semiannually":  "*-01,07-01 00:00:00",
	"semi-annually": "*-01,07-01 00:00:00",
	"biannually":    "*-01,07-01 00:00:00",
	"bi-annually":   "*-01,07-01 00:00:00",
	"yearly":        "*-01-01 00:00:00",
	"annually":      "*-01-01 00:00:00",
	"anually":       "*-01-01 00:00:00",
}

// words are those an error proposes where any may stand.
var words = append([]string{
	"minutely", "hourly", "daily", "weekly", "monthly", "quarterly", "semiannually", "yearly", "annually",
}, weekdayNames...)

// when is an expression as it was read.
type when struct {
	weekdays           set // none stands for all
	year, month, day   chain
	fromEnd            bool // days count from the end of the month
	hour, minute, rest chain
	utc                bool // it is a timestamp
}

// Parse reads an expression in the syntax of systemd's OnCalendar=. The package
// documentation says what that is and where this differs. Every error is a
// *SyntaxError. Zones are looked up in the tz database of the system.
func Parse(text string) (*Expression, error) {
	s, err := newScanner(text)
	if err != nil {
		return nil, err
	}
	zone, err := s.cutZone()
	if err != nil {
		return nil, err
	}
	if long, ok := shorthands[strings.ToLower(s.text[:s.end])]; ok {
		s = &scanner{text: long, end: len(long)}
	}
	w, err := s.when()
	if err != nil {
		return nil, err
	}
	if w.utc {
		zone = zoneOf{"UTC", time.UTC}
	}
	return w.expression(zone), nil
}

func (w *when) expression(zone zoneOf) *Expression {
	var b strings.Builder
	if w.weekdays != 0 && w.weekdays != everyWeekday {
		writeWeekdays(&b, w.weekdays)
		b.WriteByte(' ')
	} else {
		w.weekdays = everyWeekday
	}
	w.year.write(&b, 4, 1)
	b.WriteByte('-')
	w.month.write(&b, 2, 1)
	if w.fromEnd && len(w.day) > 0 {
		b.WriteByte('~')
	} else {
		b.WriteByte('-')
	}
	w.day.write(&b, 2, 1)
	b.WriteByte(' ')
	w.hour.write(&b, 2, 1)
	b.WriteByte(':')
	w.minute.write(&b, 2, 1)
	b.WriteByte(':')
	w.rest.write(&b, 2, second)
	if zone.name != "" {
		b.WriteByte(' ')
		b.WriteString(zone.name)
	}
	e := &Expression{text: b.String(), place: zone.place, rule: onward, due: fields{
		months:   w.month.set(1, 12),
		days:     w.day.daySets(w.fromEnd),
		weekdays: w.weekdays,
		hours:    w.hour.set(0, 23),
		minutes:  w.minute.set(0, 59),
		seconds:  w.rest,
	}}
	w.year.each(firstYear, lastYear, e.due.addYear)
	return e
}

func (f *fields) addYear(year int) {
	n := year - firstYear
	f.years[n/64].add(n % 64)
}
