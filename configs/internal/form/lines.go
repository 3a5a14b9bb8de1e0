package form

import (
	"strings"
	"unicode/utf8"
)

// Lines are the lines of a text.
type Lines struct{ lines []string }

// NewLines splits a text into lines. Line feeds, carriage returns and pairs of
// both end a line, as in YAML.
func NewLines(text string) *Lines {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\r", "\n")
	return &Lines{lines: strings.Split(text, "\n")}
}

// Line returns a line by its number, from 1 on; a line that is not there is
// empty.
func (l *Lines) Line(number int) string {
	if number < 1 || number > len(l.lines) {
		return ""
	}
	return l.lines[number-1]
}

// offset is where in its line the character at a column begins, in bytes.
func offset(line string, col int) int {
	at := 0
	for ; col > 1 && at < len(line); col-- {
		_, size := utf8.DecodeRuneInString(line[at:])
		at += size
	}
	return at
}

// column is the column of the character that begins at an offset of a line.
func column(line string, offset int) int {
	return utf8.RuneCountInString(line[:min(offset, len(line))]) + 1
}
