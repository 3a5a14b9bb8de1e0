package calendar

import (
	"strings"
)

// everyWeekday holds Monday, 0, to Sunday, 6.
const everyWeekday set = 1<<7 - 1

var weekdayNames = []string{
	"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun",
	"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
}

func weekdayNamed(word string) (int, bool) {
	for i, name := range weekdayNames {
		if strings.EqualFold(word, name) {
			return i % 7, true
		}
	}
	return 0, false
}

// weekdays reads names, lists and ranges of them, and the blanks that follow. An
// expression that begins with no letter has none.
func (s *scanner) weekdays() (set, *SyntaxError) {
	var days set
	for first := true; ; first = false {
		day, ok, err := s.weekday(first)
		if err != nil || !ok {
			return days, err
		}
		last := day
		if s.takeRange() || s.take('-') {
			if last, _, err = s.weekday(false); err != nil {
				return 0, err
			}
		}
		for days.add(day); day != last; days.add(day) {
			day = (day + 1) % 7
		}
		comma := s.take(',')
		if s.done() || s.peek(0) == ' ' {
			s.over(isBlank)
			return days, nil
		}
		if !comma {
			return 0, s.fail(s.pos, "weekday: a comma, a range or a blank is expected before "+s.found(), "")
		}
	}
}

// weekday reads one name. Only before the first may there be none.
func (s *scanner) weekday(first bool) (int, bool, *SyntaxError) {
	start := s.pos
	word := s.over(isLetter)
	if word == "" {
		if first {
			return 0, false, nil
		}
		return 0, false, s.fail(start, "weekday: a name is missing before "+s.found(), "Mon, Tue, Wed, Thu, Fri, Sat or Sun")
	}
	day, ok := weekdayNamed(word)
	if ok {
		return day, true, nil
	}
	known, kind := weekdayNames, "weekday: "
	if first && s.done() {
		known, kind = words, ""
	}
	return 0, false, s.fail(start, kind+"there is no \""+clip(word)+"\"", didYouMean(word, known, ""))
}

// writeWeekdays appends names in the order of the week, three or more in a row
// as a range.
func writeWeekdays(b *strings.Builder, days set) {
	for first := 0; first < 7; first++ {
		if !days.has(first) {
			continue
		}
		last := first
		for days.has(last + 1) {
			last++
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(weekdayNames[first])
		switch {
		case last == first+1:
			b.WriteString("," + weekdayNames[last])
		case last > first:
			b.WriteString(".." + weekdayNames[last])
		}
		first = last
	}
}
