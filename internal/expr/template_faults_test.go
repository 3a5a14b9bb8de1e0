package expr_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reactord/reactord/internal/expr"
)

func TestTemplateFaults(t *testing.T) {
	tests := []struct {
		name, kind, text string
		want             expr.Error
	}{
		{"shell variable", "write", "x ${HOME}", expr.Error{
			Offset: 4,
			Msg:    `unknown field "HOME" in ${HOME}; fields of a write event: attempt, count, data, eof, id, kind, run, source, time`,
			Hint:   "for a shell variable write $${HOME}",
		}},
		{"shell expansion", "write", "${HOME:-x}", expr.Error{
			Offset: 6,
			Msg:    `unexpected token Operator(":") in ${HOME:-x}`,
			Hint:   "for a shell variable write $${HOME:-x}",
		}},
		{"unknown member", "process", "ü ${exit.status}", expr.Error{
			Offset: 10,
			Msg:    `unknown field "status" in ${exit.status}; there are: code, core, signal`,
		}},
		{"unknown function", "write", "${system(id)}", expr.Error{
			Offset: 2,
			Msg:    `unknown function "system" in ${system(id)}`,
		}},
		{"whole record", "write", `${$env["id"]}`, expr.Error{
			Offset: 2,
			Msg:    `unknown field "$env" in ${$env["id"]}; fields of a write event: attempt, count, data, eof, id, kind, run, source, time`,
		}},
		{"unterminated", "write", "a ${id", expr.Error{Offset: 2, Msg: "${ without its }", Hint: "for a literal ${ write $${"}},
		{"unterminated text", "write", `a ${"id}`, expr.Error{Offset: 2, Msg: "${ without its }", Hint: "for a literal ${ write $${"}},
		{"empty", "write", "a ${ }", expr.Error{Offset: 2, Msg: "${} is empty", Hint: "for a literal ${ write $${"}},
		{"list in a text", "files", "got ${paths}", expr.Error{
			Offset: 6,
			Msg:    "${paths} is a list inside a text",
			Hint:   "write ${join(paths, ' ')}, or make it an argument of its own",
		}},
		{"list of objects", "files", "${changes}", expr.Error{
			Offset: 2,
			Msg:    "${changes} is a list of objects, not of texts",
			Hint:   "take a field of each, as in ${map(changes, .path)}",
		}},
		{"object", "process", "${exit}", expr.Error{Offset: 2, Msg: "${exit} is an object, not a text", Hint: "take one of its fields"}},
		{"range", "write", "${len(1..1000000000)}", expr.Error{
			Offset: 7,
			Msg:    "ranges are not allowed in ${len(1..1000000000)}",
		}},
		{"unbounded function", "write", `${repeat("x", 1000000)}`, expr.Error{
			Offset: 2,
			Msg:    `unknown function "repeat" in ${repeat("x", 1000000)}`,
		}},
		{"wrong type", "files", "${path + 1}", expr.Error{
			Offset: 7,
			Msg:    "invalid operation: + (mismatched types string and int) in ${path + 1}",
		}},
		{"line without each", "read", "${line}", expr.Error{
			Offset: 2,
			Msg:    `unknown field "line" in ${line}; fields of a read event: attempt, bytes, count, data, eof, id, kind, lines, messages, peer, run, source, time`,
			Hint:   "for a shell variable write $${line}",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := expr.CompileTemplate(tt.text, expr.EnvFor(tt.kind, "event"))
			var got *expr.Error
			if !errors.As(err, &got) {
				t.Fatalf("got %v", err)
			}
			if diff := cmp.Diff(tt.want, *got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTemplateTooLong(t *testing.T) {
	_, err := expr.CompileTemplate("${"+strings.Repeat("(", 1<<20)+"}", expr.EnvFor("timer", ""))
	if err == nil || !strings.Contains(err.Error(), "longer than 8192 bytes") {
		t.Errorf("got %.100v", err)
	}
}
