package expr_test

import (
	"strings"
	"testing"

	"github.com/reactord/reactord/internal/expr"
)

// A text never makes the compiler panic, whatever compiles can be run, and a text
// without a dollar is itself.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{
		"", "plain", "${path}", "$${path}", "a ${paths} b", "${paths}", "${changes[0].path ?? 'x'}", `${"}" + path}`,
		"${", "${}", "$", "$$${path}", "${{'a': 1}.a}", "${let x = 1; x}", "${1..9}", "${path matches '['}", "${join(paths, ',')}",
		"${count / 0}", "${count % 0}", "${path[1:]}", "${map(paths, #index)}", "\xff${path}", "${\x00}", "${now().Year()}",
	} {
		f.Add(seed)
	}
	env := expr.EnvFor("files", "path")
	f.Fuzz(func(t *testing.T, text string) {
		tmpl, err := expr.CompileTemplate(text, env)
		if err != nil {
			return
		}
		for _, fields := range []expr.Fields{nil, one, several} {
			_, _ = tmpl.Args(fields)
		}
		if strings.Contains(text, "$") {
			return
		}
		if got, ok := tmpl.Constant(); !ok || got != text {
			t.Errorf("got %q, %v", got, ok)
		}
	})
}

// A condition never makes the compiler panic, and its faults lie within its text.
func FuzzCondition(f *testing.F) {
	for _, seed := range []string{
		"data > 3", "any(items, # == 1)", "not eof", "exit.code in 1..3", "let a = 1; a == data", "a.b.c", "$env", "now() > now()",
		"if data > 1 { true } else { false }", "all([1, 2], # > 0) ? true : nil", "data matches data", "ü > ö",
	} {
		f.Add(seed)
	}
	env := expr.EnvFor("timer", "event")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := expr.CompileCondition(text, env)
		if err == nil {
			_, _ = c.True(nil)
			_, _ = c.True(expr.Fields{"data": 4, "ticks": uint64(4)})
			return
		}
		if f := err.(*expr.Error); f.Offset < 0 || f.Offset > len(text) || f.Msg == "" {
			t.Errorf("fault %+v", f)
		}
	})
}
