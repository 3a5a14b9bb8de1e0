package calendar

import (
	"strings"
	"time"
)

// zoneOf is the zone an expression names, or nothing.
type zoneOf struct {
	name  string
	place *time.Location
}

const zoneHint = "a zone is UTC or a name such as Europe/Berlin"

// cutZone takes a zone from the end of the text: its last word, if that begins
// with a letter and is neither the only word nor a weekday.
func (s *scanner) cutZone() (zoneOf, *SyntaxError) {
	blank := strings.LastIndexByte(s.text, ' ')
	last := s.text[blank+1:]
	if blank < 0 || last == "" || !isLetter(last[0]) {
		return zoneOf{}, nil
	}
	s.end = blank
	if strings.EqualFold(last, "UTC") {
		return zoneOf{"UTC", time.UTC}, nil
	}
	place, ok := zoneNamed(last)
	if ok {
		return zoneOf{last, place}, nil
	}
	letters := (&scanner{text: last, end: len(last)}).over(isLetter)
	if _, ok := weekdayNamed(letters); ok {
		return zoneOf{}, s.fail(blank+1, "weekdays stand before the date and the time", "")
	}
	return zoneOf{}, s.noZone(blank+1, last)
}

// noZone is the error for a name that is no zone's.
func (s *scanner) noZone(offset int, name string) *SyntaxError {
	hint := zoneHint
	if better := capitals(name); better != name {
		if _, ok := zoneNamed(better); ok {
			hint = "did you mean " + better + "?"
		}
	}
	return s.fail(offset, "time zone: there is no \""+clip(name)+"\" in the tz database", hint)
}

// zoneNamed looks a name up in the tz database. "Local", which the time package
// knows, is no name there.
func zoneNamed(name string) (*time.Location, bool) {
	if name == "" || name == "Local" || strings.Trim(name, "/") != name || strings.Contains(name, "//") {
		return nil, false
	}
	for i := range len(name) {
		if c := name[i]; !isLetter(c) && !isDigit(c) && !strings.ContainsRune("-_+/", rune(c)) {
			return nil, false
		}
	}
	place, err := time.LoadLocation(name)
	return place, err == nil
}

// capitals writes a zone as the tz database does: europe/berlin as Europe/Berlin.
func capitals(name string) string {
	b := []byte(strings.ToLower(name))
	for i := range b {
		if isLetter(b[i]) && (i == 0 || b[i-1] == '/' || b[i-1] == '_') {
			b[i] -= 'a' - 'A'
		}
	}
	return string(b)
}
