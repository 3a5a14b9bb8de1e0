package calendar

import (
	"fmt"
	"strings"
)

// nicknames are the words that stand for five fields.
var nicknames = map[string]string{
	"@hourly":   "0 * * * *",
	"@daily":    "0 0 * * *",
	"@midnight": "0 0 * * *",
	"@weekly":   "0 0 * * 0",
	"@monthly":  "0 0 1 * *",
	"@yearly":   "0 0 1 1 *",
	"@annually": "0 0 1 1 *",
}

var nicknameWords = []string{"@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"}

const sixFieldsHint = "five fields: minute, hour, day of the month, month, day of the week; no seconds, no command"

// ParseCron reads the five fields of a crontab, or a word such as @daily, as
// cronie does, with CRON_TZ=Zone or TZ=Zone before them if they mean the clock of
// a place. The package documentation says more. Every error is a *SyntaxError.
func ParseCron(text string) (*Expression, error) {
	s, err := newScanner(text)
	if err != nil {
		return nil, err
	}
	s.over(isSpace)
	zone, err := s.cronZone()
	if err != nil {
		return nil, err
	}
	if s.peek(0) == '@' {
		start := s.pos
		word := s.over(isWord)
		five, ok := nicknames[word]
		if !ok {
			return nil, s.fail(start, "there is no \""+clip(word)+"\"", nicknameHint(word))
		}
		if s.over(isSpace); !s.done() {
			return nil, s.fail(s.pos, "nothing may follow "+word, "")
		}
		s = &scanner{text: five, end: len(five)}
	}
	var fields [5]cronField
	for i, kind := range cronKinds {
		if s.done() {
			return nil, s.fail(s.pos, kind.name+" is missing: there are "+fmt.Sprint(i)+" fields of 5", sixFieldsHint)
		}
		if fields[i], err = s.cronField(kind); err != nil {
			return nil, err
		}
		if !s.done() && !isSpace(s.peek(0)) {
			return nil, s.fail(s.pos, kind.name+": "+s.found()+" was not expected", "")
		}
		s.over(isSpace)
	}
	if !s.done() {
		return nil, s.fail(s.pos, "there are more than five fields", sixFieldsHint)
	}
	return cronExpression(fields, zone), nil
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }
func isWord(c byte) bool  { return !isSpace(c) }

func nicknameHint(word string) string {
	if word == "@reboot" {
		return "it is not a time; let the program's start be the event"
	}
	return didYouMean(word, nicknameWords, "one of "+strings.Join(nicknameWords, " "))
}

// cronZone reads CRON_TZ=Zone or TZ=Zone and the blanks that follow.
func (s *scanner) cronZone() (zoneOf, *SyntaxError) {
	for _, name := range [...]string{"CRON_TZ=", "TZ="} {
		if !strings.HasPrefix(s.text[s.pos:], name) {
			continue
		}
		s.pos += len(name)
		start := s.pos
		word := s.over(isWord)
		s.over(isSpace)
		place, ok := zoneNamed(word)
		if !ok {
			return zoneOf{}, s.noZone(start, word)
		}
		return zoneOf{word, place}, nil
	}
	return zoneOf{}, nil
}

// cronExpression puts the fields together. A star in the hour or the minute makes
// an entry go by real time, see rule.
func cronExpression(f [5]cronField, zone zoneOf) *Expression {
	minute, hour, day, month, weekday := f[0], f[1], f[2], f[3], f[4]
	e := &Expression{place: zone.place, rule: madeUp, due: fields{
		months:  month.values,
		either:  !day.star && !weekday.star,
		hours:   hour.values,
		minutes: minute.values,
		seconds: midnight,
	}}
	if minute.star || hour.star {
		e.rule = everyTime
	}
	chain(nil).each(firstYear, lastYear, e.due.addYear)
	for i := range e.due.days {
		e.due.days[i] = day.values & (1<<(shortestMonth+i+1) - 1)
	}
	for n := range 7 { // Sunday is 0 in cron and 6 in fields
		if weekday.values.has((n + 1) % 7) {
			e.due.weekdays.add(n)
		}
	}
	var b strings.Builder
	if zone.name != "" {
		b.WriteString("CRON_TZ=" + zone.name + " ")
	}
	for i, kind := range cronKinds {
		if i > 0 {
			b.WriteByte(' ')
		}
		f[i].write(&b, kind)
	}
	e.text = b.String()
	return e
}
