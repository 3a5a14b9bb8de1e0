package expr_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reactord/reactord/internal/expr"
)

// EV1 to EV3: the names an expression may use, by kind.
func TestEnvNames(t *testing.T) {
	const common = "attempt count id kind run source time"
	tests := []struct{ kind, each, more string }{
		{"timer", "event", "data scheduled ticks"},
		{"read", "event", "bytes data eof lines messages peer"},
		{"read", "line", "bytes data eof line lines messages peer"},
		{"read", "message", "bytes data eof lines message messages peer"},
		{"internal", "event", "about what"},
		{"port", "event", "eof messages peer"},
		{"port", "message", "eof message messages peer"},
		{"write", "event", "data eof"},
		{"write from", "event", "changes data dir from moved op path paths to"},
		{"vnode", "event", "changes data dir from moved op path paths to"},
		{"files", "event", "changes dir from moved op path paths to"},
		{"files", "path", "changes dir from moved op path paths to"},
		{"signal", "event", "data senders signal"},
		{"process", "event", "child exit name pid what"},
		{"custom", "event", "data"},
		{"custom list", "event", "items"},
		{"cancel", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.kind+" "+tt.each, func(t *testing.T) {
			more := map[string]bool{}
			for _, name := range expr.EnvFor(tt.kind, tt.each).Names() {
				more[name] = true
			}
			want := map[string]bool{}
			for _, name := range strings.Fields(common + " " + tt.more) {
				want[name] = true
			}
			if diff := cmp.Diff(want, more); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A record is never changed by what is evaluated over it.
func TestRecordUntouched(t *testing.T) {
	tmpl, err := expr.CompileTemplate("${len(lines)}", expr.EnvFor("read", "event"))
	if err != nil {
		t.Fatal(err)
	}
	fields := expr.Fields{"bytes": 3}
	if _, err := tmpl.Text(fields); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(expr.Fields{"bytes": 3}, fields); diff != "" {
		t.Error(diff)
	}
}
