package calendar

import (
	"fmt"
	"math"
)

// scanner goes through the text of an expression from pos to end.
type scanner struct {
	text string // all of it: offsets in errors count from its beginning
	pos  int
	end  int
}

// newScanner refuses what no expression contains: more than maxText bytes, and
// anything but printable ASCII and tabs.
func newScanner(text string) (*scanner, *SyntaxError) {
	s := &scanner{text: text, end: len(text)}
	if len(text) > maxText {
		return nil, s.fail(maxText, fmt.Sprintf("longer than %d bytes", maxText), "")
	}
	for i, r := range text {
		if r != '\t' && (r < ' ' || r > '~') {
			return nil, s.fail(i, fmt.Sprintf("there is no character %q in an expression", r), "")
		}
	}
	return s, nil
}

func (s *scanner) fail(offset int, problem, hint string) *SyntaxError {
	return &SyntaxError{Text: s.text, Offset: offset, Problem: problem, Hint: hint}
}

func (s *scanner) done() bool { return s.pos >= s.end }

// peek returns the character that many places on, or 0 behind the end.
func (s *scanner) peek(ahead int) byte {
	if s.pos+ahead >= s.end {
		return 0
	}
	return s.text[s.pos+ahead]
}

// take goes over the character if it is the next.
func (s *scanner) take(c byte) bool {
	if s.done() || s.text[s.pos] != c {
		return false
	}
	s.pos++
	return true
}

func (s *scanner) takeRange() bool {
	if s.peek(0) != '.' || s.peek(1) != '.' {
		return false
	}
	s.pos += 2
	return true
}

// over goes over all next characters of that kind and returns them.
func (s *scanner) over(kind func(byte) bool) string {
	start := s.pos
	for !s.done() && kind(s.text[s.pos]) {
		s.pos++
	}
	return s.text[start:s.pos]
}

func isBlank(c byte) bool  { return c == ' ' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// found describes what stands at pos, for errors.
func (s *scanner) found() string {
	if s.done() {
		return "the end"
	}
	return fmt.Sprintf("%q", s.text[s.pos])
}

// number reads a whole number of the part that is named.
func (s *scanner) number(part string) (int, *SyntaxError) {
	start := s.pos
	digits := s.over(isDigit)
	if digits == "" {
		return 0, s.fail(start, part+": a number is missing before "+s.found(), "")
	}
	n := 0
	for _, d := range digits {
		if n > (math.MaxInt32-9)/10 {
			return 0, s.fail(start, fmt.Sprintf("%s: %s is too large", part, clip(digits)), "")
		}
		n = n*10 + int(d-'0')
	}
	return n, nil
}

// seconds reads a number with a fraction, in microseconds, the seventh digit
// rounded. Two dots are not a fraction but a range.
func (s *scanner) seconds(part string) (int, *SyntaxError) {
	start := s.pos
	whole, err := s.number(part)
	if err != nil {
		return 0, err
	}
	if whole > math.MaxInt32/second-1 {
		return 0, s.fail(start, fmt.Sprintf("%s: %d is too large", part, whole), "")
	}
	n := whole * second
	if s.peek(0) != '.' || s.peek(1) == '.' {
		return n, nil
	}
	s.pos++
	digits := s.over(isDigit)
	if digits == "" {
		return 0, s.fail(s.pos, part+": digits are missing after the point", "")
	}
	unit := second
	for i := 0; i < len(digits) && unit > 1; i++ {
		unit /= 10
		n += int(digits[i]-'0') * unit
	}
	if len(digits) > 6 && digits[6] >= '5' {
		n++
	}
	return n, nil
}

// clip shortens a word for an error.
func clip(word string) string {
	const longest = 24
	if len(word) > longest {
		return word[:longest] + "…"
	}
	return word
}
