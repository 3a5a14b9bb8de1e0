package handlers

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// anyBytes are bytes that are often UTF-8.
func anyBytes() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		parts := rapid.SliceOf(rapid.OneOf(
			rapid.String(),
			rapid.SampledFrom([]string{`\`, `\x41`, "\xff", "\xe4\xb8", "\x1b[31m", "\u0085"}),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		)).Draw(t, "parts")
		return strings.Join(parts, "")
	})
}

var escaped = regexp.MustCompile(`\\x[0-9a-f]{2}`)

// The legible form of what isn't UTF-8 is UTF-8, and tells the bytes.
func TestEV4_ReadableIsReversible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyBytes().Draw(t, "bytes")
		got := readable(s)
		if !utf8.ValidString(got) {
			t.Fatalf("%q isn't UTF-8", got)
		}
		if utf8.ValidString(s) {
			if got != s {
				t.Fatalf("%q became %q", s, got)
			}
			return
		}
		back := escaped.ReplaceAllStringFunc(got, func(e string) string {
			octet, err := strconv.ParseUint(e[2:], 16, 8)
			if err != nil {
				t.Fatal(err)
			}
			return string([]byte{byte(octet)})
		})
		if back != s {
			t.Fatalf("%q became %q, which says %q", s, got, back)
		}
	})
}

// A line of the log is one line of text, whatever it was made of.
func TestXC3_PrintableIsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyBytes().Draw(t, "bytes")
		got := printable(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(c rune) bool { return c != '\t' && unicode.IsControl(c) }) {
			t.Fatalf("%q became %q", s, got)
		}
		if utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) && got != s {
			t.Fatalf("%q became %q", s, got)
		}
	})
}
