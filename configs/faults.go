package configs

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fault is one thing that is wrong with a configuration, at its place.
type Fault struct {
	// File is the path of the configuration, as it was given.
	File string
	// Line and Col count from 1, the column in characters.
	Line, Col int
	// Msg says what is wrong.
	Msg string
	// Hint says what to write instead; it is empty where there is nothing to say.
	Hint string
	// Text is the line; it is empty where the fault is in no line.
	Text string
}

// Error returns the fault in the form of CF1: place and message, the line, a
// caret under the column, the hint.
func (f Fault) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: error: %s", f.File, f.Line, f.Col, printable(f.Msg))
	if f.Text != "" {
		line, caret := excerpt(f.Text, f.Col)
		fmt.Fprintf(&b, "\n%s\n%s", line, caret)
	}
	if f.Hint != "" {
		fmt.Fprintf(&b, "\n  hint: %s", printable(f.Hint))
	}
	return b.String()
}

// Faults are all the faults of a configuration, sorted by place.
type Faults []Fault

// mostShown is how many faults are shown; nobody reads more.
const mostShown = 1000

// Error returns all faults, each in the form of CF1. Of more than a thousand it
// tells the number.
func (f Faults) Error() string {
	var texts []string
	for i, fault := range f {
		if i == mostShown {
			texts = append(texts, fmt.Sprintf("and %d more errors", len(f)-mostShown))
			break
		}
		texts = append(texts, fault.Error())
	}
	return strings.Join(texts, "\n")
}

// widest is how many characters of a line are shown, those around the caret.
const widest = 120

// excerpt is a line, or what is around a column of it, and a line with a caret
// under that column. Tabs stay, so that the caret stands right however wide they
// are.
func excerpt(text string, col int) (line, caret string) {
	at, before, after := col-1, "", ""
	if count := utf8.RuneCountInString(text); count > widest {
		from := max(0, min(at-widest/2, count-widest))
		text = text[byteOffset(text, from):]
		if from > 0 {
			at, before = at-from, "…"
		}
		if from+widest < count {
			text, after = text[:byteOffset(text, widest)], "…"
		}
	}
	text = printable(text)
	indent := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, before+text[:byteOffset(text, at)])
	return before + text + after, indent + "^"
}

// byteOffset is where the character at index begins in s, in bytes, or the end
// of s.
func byteOffset(s string, index int) int {
	for offset := range s {
		if index == 0 {
			return offset
		}
		index--
	}
	return len(s)
}

// printable is a text in which nothing but tabs can move the cursor.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && !unicode.IsPrint(r) {
			return utf8.RuneError
		}
		return r
	}, s)
}
