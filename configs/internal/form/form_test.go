package form_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/reactord/reactord/configs/internal/form"
)

// message is the text of the only handler of a document.
func message(t interface{ Fatalf(string, ...any) }, text string) *form.Text {
	doc, _, faults := form.Parse([]byte(text))
	if len(faults) > 0 || doc == nil {
		t.Fatalf("parse %q: %+v", text, faults)
	}
	return &doc.Sources.Entries[0].Value.Handler.Log.Message
}

// written writes a character in one of the ways a scalar of a style has.
func written(t *rapid.T, r rune, style string) string {
	escaped := map[rune][]string{
		'"': {`\"`}, '\\': {`\\`}, '\t': {`\t`, "\t"}, '\n': {`\n`}, '/': {`/`, `\/`}, 'ä': {"ä", `\xe4`, `\u00e4`, `\U000000e4`},
		'\u2028': {`\L`, `\u2028`}, '\u00a0': {`\_`}, '\x1b': {`\e`, `\x1b`},
	}
	switch {
	case style == "'" && r == '\'':
		return "''"
	case style == `"` && escaped[r] != nil:
		return rapid.SampledFrom(escaped[r]).Draw(t, "escape")
	default:
		return string(r)
	}
}

// The place of a byte of a value is that of the character it was written with.
func TestTextAtInline(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		style := rapid.SampledFrom([]string{"", "'", `"`}).Draw(t, "style")
		alphabet := map[string][]rune{
			"":  []rune("abcäö☃$.x"),
			"'": []rune(`abcäö☃$' "\x`),
			`"`: []rune("abcäö☃$' \"\\\t\n/\u2028\u00a0\x1b"),
		}[style]
		value := rapid.SliceOfN(rapid.SampledFrom(alphabet), 1, 12).Draw(t, "value")
		anchor := rapid.SampledFrom([]string{"", "&a ", "&b1  "}).Draw(t, "anchor")
		head := "sources: { ü: { custom: add, handler: { log: " + anchor + style

		var columns []int // by offset in the value
		scalar := ""
		for _, r := range value {
			columns = append(columns, utf8.RuneCountInString(head+scalar)+1)
			for range utf8.RuneLen(r) - 1 {
				columns = append(columns, 0) // within a character
			}
			scalar += written(t, r, style)
		}
		columns = append(columns, utf8.RuneCountInString(head+scalar)+1)

		text := message(t, head+scalar+style+" } } }")
		if text.Value != string(value) {
			t.Fatalf("value %q, want %q", text.Value, string(value))
		}
		for offset, want := range columns {
			if got := text.At(offset); want > 0 && (got != form.Position{Line: 1, Col: want}) {
				t.Errorf("offset %d of %q: got %v, want column %d", offset, text.Value, got, want)
			}
		}
	})
}

// In a literal block every line of the value has its own line.
func TestTextAtLiteral(t *testing.T) {
	text := message(t, "sources:\n  x:\n    custom: add\n    handler:\n      log: |\n\n        ä one\n          two\n\n        three\n")
	for part, want := range map[string]form.Position{
		"ä one": {Line: 7, Col: 9}, "one": {Line: 7, Col: 11}, "two": {Line: 8, Col: 11}, "three": {Line: 10, Col: 9},
	} {
		if got := text.At(strings.Index(text.Value, part)); got != want {
			t.Errorf("%s: got %v, want %v", part, got, want)
		}
	}
}

// Where the place within a scalar is not known it is that of the scalar.
func TestTextAtElsewhere(t *testing.T) {
	for name, scalar := range map[string]string{
		"folded":          ">\n        one\n        two\n",
		"several lines":   "one\n        two\n",
		"quoted lines":    "\"one\n        two\"\n",
		"literal at end":  "|+\n        one\n\n\n",
		"literal, indent": "|1\n         one\n        two\n",
	} {
		text := message(t, "sources:\n  x:\n    custom: add\n    handler:\n      log: "+scalar)
		if got := text.At(len(text.Value)); got.Line < 5 || got.Col < 1 {
			t.Errorf("%s: got %v", name, got)
		}
	}
	var missing form.Text
	if got := missing.At(0); got.IsSet() {
		t.Errorf("missing: got %v", got)
	}
}

func TestParseDuration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := time.Duration(rapid.Int64Range(0, 1<<62).Draw(t, "duration"))
		if got, _, ok := form.ParseDuration(want.String()); !ok || got != want {
			t.Errorf("%s: got %v, %v", want, got, ok)
		}
	})
	for text, hint := range map[string]string{
		"10": "write 10s for seconds, 10ms for milliseconds", "0": "write 0s for seconds, 0ms for milliseconds",
		"1.5d": "write 36h", "2w": "write 336h", "-1s": "a duration is not negative",
		"": "", "soon": "", "1y": "", "-1": "", "1 d w": "", "1e9d": "", "0x10": "",
	} {
		if got, gotHint, ok := form.ParseDuration(text); ok || gotHint != hint {
			t.Errorf("%q: got %v, %q, %v", text, got, gotHint, ok)
		}
	}
}

func TestSuggest(t *testing.T) {
	known := []string{"timer", "signal", "files", "every"}
	for wrong, want := range map[string]string{
		"tmer": "did you mean timer?", "fiels": "did you mean files?", "EVERY": "did you mean every?", "x": "", "": "", "signal ": "did you mean signal?",
		strings.Repeat("timer", 100): "",
	} {
		if got := form.Suggest(wrong, known); got != want {
			t.Errorf("%s: got %q, want %q", wrong, got, want)
		}
	}
}

func TestLines(t *testing.T) {
	lines := form.NewLines("a\nb\r\nc\rd")
	got := ""
	for number := range 6 {
		got += fmt.Sprintf("<%s>", lines.Line(number))
	}
	if want := "<><a><b><c><d><>"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
