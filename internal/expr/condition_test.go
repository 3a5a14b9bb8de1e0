package expr_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reactord/reactord/internal/expr"
)

func TestConditionTrue(t *testing.T) {
	tests := []struct {
		name, kind, text string
		fields           expr.Fields
		want             bool
	}{
		{"number", "custom", "data > 3", expr.Fields{"data": 4}, true},
		{"number of another type", "custom", "data > 3 and data != 5", expr.Fields{"data": int64(4)}, true},
		{"absent number", "custom", "data > 3", nil, false},
		{"absent number negated", "custom", "not (data > 3)", nil, true},
		{"text", "files", `path endsWith ".jpg"`, one, true},
		{"absent text", "files", `path endsWith ".jpg"`, several, false},
		{"pattern", "files", `path matches "^/srv/.*[.]jpg$"`, one, true},
		{"member of a list", "files", `op in ["close", "rename"]`, one, true},
		{"any", "files", `any(changes, .op == "rename" and .from == "/b")`, several, true},
		{"none", "files", `none(changes, .op == "delete")`, several, true},
		{"absent list", "files", `any(changes, .op == "delete")`, nil, false},
		{"exit", "process", "exit.code != 0", expr.Fields{"exit": map[string]any{"code": 1}}, true},
		{"absent exit", "process", "exit.code == 0", nil, false},
		{"absent boolean", "read", "eof", nil, false},
		{"payload", "custom list", `items[0].level == "high"`, expr.Fields{"items": []any{map[string]any{"level": "high"}}}, true},
		{"absent among booleans", "read", "eof or not eof and (eof ? false : true)", nil, true},
		{"nested order", "files", "count > len(filter(changes, .dir or len(paths) < 1))", several, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := expr.CompileCondition(tt.text, expr.EnvFor(tt.kind, "event"))
			if err != nil {
				t.Fatalf("compile: %v", err)
			}
			got, err := c.True(tt.fields)
			if err != nil {
				t.Fatalf("true: %v", err)
			}
			if got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			if c.String() != tt.text {
				t.Errorf("source is %q", c)
			}
		})
	}
}

func TestConditionFaults(t *testing.T) {
	tests := []struct {
		name, kind, text string
		want             expr.Error
	}{
		{"number", "write", "data", expr.Error{Msg: "the condition is a number, not true or false", Hint: "compare it with something, as in data > 3"}},
		{"text", "write", "source", expr.Error{Msg: "the condition is a text, not true or false", Hint: "compare it with something, as in data > 3"}},
		{"list", "files", "paths", expr.Error{Msg: "the condition is a list, not true or false", Hint: "compare it with something, as in data > 3"}},
		{"object", "process", "exit", expr.Error{Msg: "the condition is an object, not true or false", Hint: "compare it with something, as in data > 3"}},
		{"nil", "write", "nil", expr.Error{Msg: "the condition is nil, not true or false", Hint: "compare it with something, as in data > 3"}},
		{"unknown field", "write", `source == "ü" and dta > 3`, expr.Error{
			Offset: 19,
			Msg:    `unknown field "dta"; fields of a write event: attempt, count, data, eof, id, kind, run, source, time`,
		}},
		{"syntax", "write", "data >", expr.Error{Offset: 5, Msg: "unexpected token EOF"}},
		{"pattern", "write", `source matches "["`, expr.Error{Offset: 7, Msg: "error parsing regexp: missing closing ]: `[`"}},
		{"empty", "write", "", expr.Error{Msg: "unexpected token EOF"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := expr.CompileCondition(tt.text, expr.EnvFor(tt.kind, "event"))
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

func TestConditionRunErrors(t *testing.T) {
	tests := []struct {
		name, text string
		fields     expr.Fields
		want       string
	}{
		{"not a condition", "items[0]", expr.Fields{"items": []any{"x"}}, "evaluate items[0]: the result is a string, not true or false"},
		{"wrong payload", "items[0] > 3", expr.Fields{"items": []any{"x"}}, "evaluate items[0] > 3: invalid operation: string > int"},
		{"not a condition within", "items[0] and true", expr.Fields{"items": []any{"x"}}, "evaluate items[0] and true: a string is not true or false"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := expr.CompileCondition(tt.text, expr.EnvFor("custom list", "event"))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := c.True(tt.fields); err == nil || err.Error() != tt.want || got {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}
