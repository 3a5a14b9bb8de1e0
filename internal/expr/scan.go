package expr

import "strings"

// piece is a stretch of a template: a literal text, or the code between ${ and }.
type piece struct {
	text   string
	isCode bool
	offset int // where text begins in the template, in bytes
}

// scan splits a template into its pieces, neighbouring literals joined.
func scan(text string) ([]piece, *Error) {
	var pieces []piece
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			pieces = append(pieces, piece{text: literal.String()})
			literal.Reset()
		}
	}
	for i := 0; i < len(text); {
		switch rest := text[i:]; {
		case strings.HasPrefix(rest, "$${"):
			literal.WriteString("${")
			i += len("$${")
		case strings.HasPrefix(rest, "${"):
			length := codeLength(rest[len("${"):])
			if length < 0 {
				return nil, &Error{Offset: i, Msg: "${ without its }", Hint: "for a literal ${ write $${"}
			}
			flush()
			start := i + len("${")
			pieces = append(pieces, piece{text: text[start : start+length], isCode: true, offset: start})
			i = start + length + len("}")
		default:
			next := strings.IndexByte(rest[1:], '$') + 1
			if next == 0 {
				next = len(rest)
			}
			literal.WriteString(rest[:next])
			i += next
		}
	}
	flush()
	return pieces, nil
}

// codeLength is the length of the code up to the brace that closes it, or -1.
// Braces within pairs of braces and within texts belong to the code.
func codeLength(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '{':
			depth++
		case '}':
			if depth == 0 {
				return i
			}
			depth--
		case '"', '\'', '`':
			length := quotedLength(s[i+1:], c)
			if length < 0 {
				return -1
			}
			i += length
		}
	}
	return -1
}

// quotedLength is the length of a text up to and including its closing quote, or
// -1. A backslash escapes what follows it, but not between back quotes.
func quotedLength(s string, quote byte) int {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == quote:
			return i + 1
		case s[i] == '\\' && quote != '`':
			i++
		}
	}
	return -1
}
