package configs_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/reactord/reactord/configs"
)

func TestFaultError(t *testing.T) {
	wide := strings.Repeat("ä", 200)
	tests := []struct {
		name  string
		fault configs.Fault
		want  string
	}{
		{"place and message", configs.Fault{File: "a.yaml", Line: 2, Col: 3, Msg: "no"}, "a.yaml:2:3: error: no"},
		{"hint", configs.Fault{File: "a.yaml", Line: 2, Col: 3, Msg: "no", Hint: "yes"}, "a.yaml:2:3: error: no\n  hint: yes"},
		{"caret", configs.Fault{File: "a", Line: 1, Col: 3, Msg: "no", Text: "äbc"}, "a:1:3: error: no\näbc\n  ^"},
		{"tabs", configs.Fault{File: "a", Line: 1, Col: 4, Msg: "no", Text: "\tb\tc"}, "a:1:4: error: no\n\tb\tc\n\t \t^"},
		{"beyond the end", configs.Fault{File: "a", Line: 1, Col: 9, Msg: "no", Text: "abc"}, "a:1:9: error: no\nabc\n   ^"},
		{"nothing moves the cursor", configs.Fault{File: "a", Line: 1, Col: 2, Msg: "\x1b[2J", Hint: "\r", Text: "\x00\xff\x1b"},
			"a:1:2: error: \ufffd[2J\n\ufffd\ufffd\ufffd\n ^\n  hint: \ufffd"},
		{"wide, at the start", configs.Fault{File: "a", Line: 1, Col: 5, Msg: "no", Text: wide},
			"a:1:5: error: no\n" + wide[:240] + "…\n    ^"},
		{"wide, in the middle", configs.Fault{File: "a", Line: 1, Col: 101, Msg: "no", Text: wide},
			"a:1:101: error: no\n…" + wide[:240] + "…\n" + strings.Repeat(" ", 61) + "^"},
		{"wide, at the end", configs.Fault{File: "a", Line: 1, Col: 200, Msg: "no", Text: wide},
			"a:1:200: error: no\n…" + wide[:240] + "\n" + strings.Repeat(" ", 120) + "^"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.fault.Error(); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// A flood of faults on an endless line is cut, in reasonable time.
func TestFaultsFlood(t *testing.T) {
	var text strings.Builder
	text.WriteString("sources: { x: { custom: add, handler: { log: x }")
	for i := range 20_000 {
		fmt.Fprintf(&text, ", unknown%d: 1", i)
	}
	text.WriteString(" } }")
	_, err := configs.Parse("x.yaml", []byte(text.String()))
	if err == nil {
		t.Fatal("no faults")
	}
	shown := err.Error()
	if !strings.Contains(shown[strings.LastIndexByte(shown, '\n'):], "more errors") || !utf8.ValidString(shown) {
		t.Errorf("ends with %q", shown[len(shown)-100:])
	}
}
