package handlers

import (
	"strings"
	"unicode/utf8"
)

const hex = "0123456789abcdef"

// readable is s for the record (clause EV4): itself when it is UTF-8.
// Otherwise every byte that isn't part of a character is written \xNN, and so
// is every backslash (\x5c), so that nothing else looks like that and the
// bytes can be told from it.
func readable(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return escape(s, func(c rune) bool { return c == '\\' })
}

// printable is s for the log: bytes that aren't UTF-8 and control characters
// but the tab are written \xNN, so that a line stays a line, a terminal obeys
// nobody, and the journal takes it for text.
func printable(s string) string {
	if utf8.ValidString(s) && strings.IndexFunc(s, control) < 0 {
		return s
	}
	return escape(s, control)
}

// control reports whether c is a control character that isn't the tab.
func control(c rune) bool { return c < ' ' && c != '\t' || c >= 0x7f && c < 0xa0 }

// escape writes as \xNN the bytes that aren't UTF-8, and those of the
// characters that special picks.
func escape(s string, special func(rune) bool) string {
	var b strings.Builder
	b.Grow(len(s) + 12)
	for i := 0; i < len(s); {
		c, size := utf8.DecodeRuneInString(s[i:])
		if c == utf8.RuneError && size == 1 || special(c) {
			for _, octet := range []byte(s[i : i+size]) {
				b.Write([]byte{'\\', 'x', hex[octet>>4], hex[octet&15]})
			}
		} else {
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}
