package expr_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reactord/reactord/internal/expr"
)

// one is the record of an event that holds a single change.
var one = expr.Fields{
	"id": "01J", "source": "uploads", "kind": "files", "attempt": 1, "count": 1,
	"op": "close", "path": "/srv/up/a b.jpg", "dir": false,
	"changes": []any{map[string]any{"op": "close", "path": "/srv/up/a b.jpg", "dir": false}},
	"paths":   []string{"/srv/up/a b.jpg"},
}

// several is the record of an event that holds three changes of two paths.
var several = expr.Fields{
	"count": 3,
	"changes": []map[string]any{
		{"op": "create", "path": "/a"}, {"op": "close", "path": "/a"}, {"op": "rename", "path": "/c", "from": "/b"},
	},
	"paths": []string{"/a", "/c"},
}

func TestTemplateText(t *testing.T) {
	tests := []struct {
		name, kind, each, text string
		fields                 expr.Fields
		want                   string
	}{
		{"no field", "files", "event", "hello", one, "hello"},
		{"empty", "files", "event", "", one, ""},
		{"field", "files", "event", "<${path}>", one, "</srv/up/a b.jpg>"},
		{"two fields", "files", "event", "${op} ${path}", one, "close /srv/up/a b.jpg"},
		{"absent field", "files", "event", "[${from}]", one, "[]"},
		{"single change only", "files", "event", "[${path}]", several, "[]"},
		{"member of absent object", "process", "event", "code ${exit.code}", expr.Fields{}, "code "},
		{"member of object", "process", "event", "code ${exit.code}", expr.Fields{"exit": map[string]any{"code": 3}}, "code 3"},
		{"absent member", "process", "event", "[${exit.signal}]", expr.Fields{"exit": map[string]any{"code": 3}}, "[]"},
		{"optional member", "process", "event", "[${exit?.code}]", expr.Fields{}, "[]"},
		{"index", "files", "event", "${changes[2].from}", several, "/b"},
		{"negative index", "files", "event", "${changes[-1].from}", several, "/b"},
		{"index beyond the end", "files", "event", "[${changes[7].from}]", several, "[]"},
		{"absent list", "read", "event", "${len(lines)} [${lines[0]}]", expr.Fields{}, "0 []"},
		{"joined list", "files", "event", `${join(paths, ", ")}`, several, "/a, /c"},
		{"mapped list", "files", "event", `${join(map(changes, .op), " ")}`, several, "create close rename"},
		{"literal", "files", "event", "$${path} $$ $x 5$", one, "${path} $$ $x 5$"},
		{"literal before a field", "files", "event", "$$${path}", one, "$${path}"},
		{"dollar before a field", "files", "event", `${"$"}${path}`, one, "$/srv/up/a b.jpg"},
		{"brace in a text", "timer", "event", `${data > 3 ? "a}" : "b"}`, expr.Fields{"data": 4}, "a}"},
		{"escaped quote", "timer", "event", `${"\"}" + 'x\'}'}`, nil, `"}x'}`},
		{"back quote", "timer", "event", "${`}\\`}", nil, `}\`},
		{"nested braces", "timer", "event", `${{"a": {"b": 7}}.a.b}`, nil, "7"},
		{"large integer", "custom", "event", "${data}", expr.Fields{"data": int64(1) << 62}, "4611686018427387904"},
		{"unsigned", "custom", "event", "${data}", expr.Fields{"data": ^uint64(0)}, "18446744073709551615"},
		{"whole float", "custom", "event", "${data * 1000000.0}", expr.Fields{"data": 30_000_000}, "30000000000000"},
		{"fraction", "custom", "event", "${data / 2}", expr.Fields{"data": 5}, "2.5"},
		{"huge float", "custom", "event", "${data * 1.0}", expr.Fields{"data": 1e300}, "1e+300"},
		{"boolean", "files", "event", "${dir}", one, "false"},
		{"absent orders nothing", "timer", "event", "${data > 3} ${data < 3} ${data >= 3} ${data <= 3}", nil, "false false false false"},
		{"absent equals nil", "timer", "event", "${data == nil} ${data == 0}", nil, "true false"},
		{"default", "timer", "event", "${data ?? 9}", nil, "9"},
		{"other integers", "timer", "event", "${data == 3} ${data > 2}", expr.Fields{"data": uint32(3)}, "true true"},
		{"functions on paths", "files", "event", "${base(path)} ${dir(path)} ${ext(path)}", one, "a b.jpg /srv/up .jpg"},
		{"function on an absent path", "files", "event", "[${base(from)}]", one, "[]"},
		{"invalid UTF-8", "files", "event", "<${path}>", expr.Fields{"path": "/\xff\n\xfe"}, "</\xff\n\xfe>"},
		{"invalid UTF-8 through a function", "files", "event", "${base(path)}", expr.Fields{"path": "/x/\xff"}, "\xff"},
		{"line", "read", "line", "${line}", expr.Fields{"line": "x ${y}"}, "x ${y}"},
		{"item that is an object", "custom list", "event", "${items[0]}", expr.Fields{"items": []any{map[string]any{"a": 1}}}, `{"a":1}`},
		{"item that is a list", "custom list", "event", "<${items[0]}>", expr.Fields{"items": []any{[]any{"a", 1}}}, `<["a",1]>`},
		{"let", "custom", "event", "${let x = data; x + x}", expr.Fields{"data": 4}, "8"},
		{"duration", "timer", "event", `${duration("90s")}`, nil, "1m30s"},
		{"method", "timer", "event", `${date("2026-01-02").Year()}`, nil, "2026"},
		{"time", "timer", "event", `${date("2026-01-02T03:04:05Z")}`, nil, "2026-01-02T03:04:05Z"},
		{"field named like a function", "files", "event", "${count} ${dir}", one, "1 false"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tmpl, err := expr.CompileTemplate(tt.text, expr.EnvFor(tt.kind, tt.each))
			if err != nil {
				t.Fatalf("compile: %v", err)
			}
			got, err := tmpl.Text(tt.fields)
			if err != nil {
				t.Fatalf("text: %v", err)
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			args, err := tmpl.Args(tt.fields)
			if err != nil || len(args) != 1 || args[0] != tt.want {
				t.Errorf("as an argument: %q, %v", args, err)
			}
			if tmpl.String() != tt.text {
				t.Errorf("source is %q", tmpl.String())
			}
		})
	}
}

// EV6: exactly one expression of list type is one argument an element.
func TestTemplateArgs(t *testing.T) {
	tests := []struct {
		name, kind, text string
		fields           expr.Fields
		want             []string
	}{
		{"list", "files", "${paths}", several, []string{"/a", "/c"}},
		{"absent list", "files", "${paths}", nil, []string{}},
		{"mapped list", "files", "${map(changes, .op)}", several, []string{"create", "close", "rename"}},
		{"filtered list", "files", `${map(filter(changes, .from != nil), .path)}`, several, []string{"/c"}},
		{"sliced list", "files", "${paths[1:]}", several, []string{"/c"}},
		{"items", "custom list", "${items}", expr.Fields{"items": []any{"a b", 3, nil, map[string]any{"x": true}}}, []string{"a b", "3", "", `{"x":true}`}},
		{"list of one item stays one argument", "custom list", "${items[0]}", expr.Fields{"items": []any{[]any{"-x", "-y"}}}, []string{`["-x","-y"]`}},
		{"bytes", "files", "${paths}", expr.Fields{"paths": []string{"/\xff", "/a\nb"}}, []string{"/\xff", "/a\nb"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tmpl, err := expr.CompileTemplate(tt.text, expr.EnvFor(tt.kind, "event"))
			if err != nil {
				t.Fatalf("compile: %v", err)
			}
			got, err := tmpl.Args(tt.fields)
			if err != nil {
				t.Fatalf("args: %v", err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTemplateIsList(t *testing.T) {
	for text, want := range map[string]bool{
		"${paths}": true, "${path}": false, "": false, "paths": false, "${map(paths, #)}": true, "$${paths}": false,
	} {
		tmpl, err := expr.CompileTemplate(text, expr.EnvFor("files", "event"))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := tmpl.IsList(); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
		if _, err := tmpl.Text(one); want != (err != nil) {
			t.Errorf("%s: text of a list gives %v", text, err)
		}
	}
}

func TestTemplateConstant(t *testing.T) {
	tests := []struct {
		text, want string
		constant   bool
	}{
		{"", "", true}, {"abc", "abc", true}, {"a $${x}", "a ${x}", true}, {"${path}", "", false}, {"a${path}", "", false},
	}
	for _, tt := range tests {
		tmpl, err := expr.CompileTemplate(tt.text, expr.EnvFor("files", "event"))
		if err != nil {
			t.Fatalf("%s: %v", tt.text, err)
		}
		if got, ok := tmpl.Constant(); got != tt.want || ok != tt.constant {
			t.Errorf("%s: got %q, %v", tt.text, got, ok)
		}
	}
}

func TestTemplateRunError(t *testing.T) {
	tmpl, err := expr.CompileTemplate(`a ${fromJSON(source)}`, expr.EnvFor("timer", "event"))
	if err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func(expr.Fields) error{
		"text": func(f expr.Fields) error { _, err := tmpl.Text(f); return err },
		"args": func(f expr.Fields) error { _, err := tmpl.Args(f); return err },
	} {
		err := call(expr.Fields{"source": "{"})
		if err == nil || !strings.HasPrefix(err.Error(), "evaluate ${fromJSON(source)}: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
