package form

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// start is the place of what concerns the text as a whole.
var start = Position{Line: 1, Col: 1}

// unreadable finds the first byte of a text that cannot stand in YAML.
func unreadable(text []byte) *Fault {
	pos := start
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return &Fault{Pos: pos, Msg: fmt.Sprintf("byte 0x%02X is not UTF-8", text[i]), Hint: "is this a text file?"}
		case r == 0:
			return &Fault{Pos: pos, Msg: "a NUL byte", Hint: "is this a text file?"}
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0x7f:
			return &Fault{Pos: pos, Msg: fmt.Sprintf("control character %U", r), Hint: "is this a text file?"}
		}
		pos.Col++
		if r == '\n' || r == '\r' && !followedBy(text[i+size:], '\n') {
			pos = Position{Line: pos.Line + 1, Col: 1}
		}
		i += size
	}
	return nil
}

func followedBy(text []byte, b byte) bool { return len(text) > 0 && text[0] == b }

// syntaxHints has what is most often wrong behind a message of the YAML library.
var syntaxHints = []struct{ message, hint string }{
	{"unknown anchor", `quote a text that begins with *, as in "*.jpg"`},
	{"mapping values are not allowed", `quote a text that contains ": ", and indent keys of one map alike`},
	{"cannot start any token", "indent with spaces, not tabs, and quote a text that begins with @, ` or %"},
	{"did not find expected alphabetic", `quote a text that begins with * or &, as in "*.jpg"`},
	{"unknown escape character", `write \\ for a backslash, or use single quotes`},
	{"unexpected end of stream", "is a closing quote missing?"},
	{"expected ',' or ']'", "is a closing ] missing? quote a text with brackets, braces or commas in it"},
	{"expected ',' or '}'", "is a closing } missing? quote a text with brackets, braces or commas in it"},
	{"did not find expected key", "indent the keys of one map alike"},
}

// syntax is the fault that an error of the YAML library tells of.
func syntax(err error) Fault {
	var lib *yaml.LoadError
	if !errors.As(err, &lib) {
		return Fault{Pos: start, Msg: "no valid YAML: " + err.Error()}
	}
	f := Fault{Pos: Position{Line: lib.Mark.Line, Col: lib.Mark.Column}, Msg: "no valid YAML: " + lib.Message}
	if !f.Pos.IsSet() {
		f.Pos = start
	}
	if c := lib.ContextMark; lib.ContextMsg != "" && c.Line > 0 && c.Line < f.Pos.Line {
		if strings.Contains(lib.Message, "end of stream") {
			f.Pos = Position{Line: c.Line, Col: c.Column} // there is nothing to see at the end
		}
		f.Msg += fmt.Sprintf(" (%s from line %d, column %d on)", lib.ContextMsg, c.Line, c.Column)
	}
	for _, h := range syntaxHints {
		if strings.Contains(lib.Message, h.message) {
			f.Hint = h.hint
			break
		}
	}
	return f
}
