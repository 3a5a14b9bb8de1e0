package form

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Text is a scalar as it was written, and its place.
type Text struct {
	// Value is the text without quotes and escapes.
	Value string
	// Pos is where the scalar begins; it is not set for a default.
	Pos Position

	style yaml.Style
	lines *Lines
	bad   bool // it was told that it is no value of its type
}

// IsSet reports whether there is a value that was written: it is neither missing,
// nor a default, nor wrong, which was told.
func (t *Text) IsSet() bool { return t.Pos.IsSet() && !t.bad }

// At returns the place of the byte at offset of the value: exactly in plain and
// quoted scalars of one line and in literal blocks, the scalar's own place
// otherwise.
func (t *Text) At(offset int) Position {
	if t.lines == nil {
		return t.Pos
	}
	if t.style&yaml.LiteralStyle != 0 {
		return t.atLiteral(offset)
	}
	if t.style&yaml.FoldedStyle != 0 {
		return t.Pos
	}
	return t.atInline(offset)
}

// atLiteral finds a place in a literal block: below its header, each line of the
// value stands in a line of its own, all equally far to the right.
func (t *Text) atLiteral(off int) Position {
	before := t.Value[:min(off, len(t.Value))]
	number := t.Pos.Line + 1 + strings.Count(before, "\n")
	before = before[strings.LastIndexByte(before, '\n')+1:]
	for i, text := range strings.Split(t.Value, "\n") {
		if strings.TrimSpace(text) == "" {
			continue
		}
		line := t.lines.Line(t.Pos.Line + 1 + i)
		indent := len(line) - len(text)
		if indent < 0 || line[indent:] != text {
			break
		}
		return Position{Line: number, Col: indent + utf8.RuneCountInString(before) + 1}
	}
	return t.Pos
}

// atInline finds a place in a plain or quoted scalar by reading the line beside
// the value.
func (t *Text) atInline(off int) Position {
	line := t.lines.Line(t.Pos.Line)
	i := skipProperties(line, offset(line, t.Pos.Col))
	quote := byte(0)
	if i < len(line) && t.style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		quote = line[i]
		i++
	}
	for done := 0; done < off; {
		written, meant := step(line[i:], quote)
		if written == 0 || !strings.HasPrefix(t.Value[done:], meant) {
			return t.Pos
		}
		i += written
		done += len(meant)
	}
	return Position{Line: t.Pos.Line, Col: column(line, i)}
}

// skipProperties steps over the anchor before a scalar.
func skipProperties(line string, i int) int {
	for i < len(line) && line[i] == '&' {
		end := strings.IndexAny(line[i:], " \t")
		if end < 0 {
			return len(line)
		}
		i += end
		i += len(line[i:]) - len(strings.TrimLeft(line[i:], " \t"))
	}
	return i
}

// step reads what stands for the next bytes of a scalar: how many bytes are
// written, and what they mean. Nothing is written at the end of the line.
func step(line string, quote byte) (written int, meant string) {
	switch {
	case line == "":
		return 0, ""
	case quote == '\'' && strings.HasPrefix(line, "''"):
		return 2, "'"
	case quote == '"' && line[0] == '\\':
		return escape(line)
	default:
		return 1, line[:1]
	}
}
