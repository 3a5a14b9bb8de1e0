package configs

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"syscall"

	"github.com/reactord/reactord/configs/internal/form"
	"github.com/reactord/reactord/internal/expr"
)

// builder makes a Config of a document and collects what is wrong with it.
type builder struct {
	file   string
	dir    string // relative paths are relative to it
	lines  *form.Lines
	faults Faults

	queueNames map[string]bool // made by knownQueue
	observed   map[syscall.Signal]observer
	endpoints  map[string][]endpoint // made by claim
}

func (b *builder) fault(pos Position, hint, format string, args ...any) {
	b.faults = append(b.faults, newFault(b.file, b.lines, pos, fmt.Sprintf(format, args...), hint))
}

func newFault(file string, lines *form.Lines, pos Position, msg, hint string) Fault {
	return Fault{File: file, Line: pos.Line, Col: pos.Col, Msg: msg, Hint: hint, Text: lines.Line(pos.Line)}
}

// sorted are the faults by their place, each once: what an alias brings in
// several times has the same faults each time.
func (b *builder) sorted() Faults {
	slices.SortStableFunc(b.faults, func(x, y Fault) int {
		return cmp.Or(cmp.Compare(x.Line, y.Line), cmp.Compare(x.Col, y.Col), cmp.Compare(x.Msg, y.Msg))
	})
	return slices.Compact(b.faults)
}

func (b *builder) config(doc *form.Document) *Config {
	return &Config{
		File:     b.file,
		Settings: b.settings(&doc.Settings),
		Queues:   b.queues(&doc.Queues),
		Sources:  b.sources(&doc.Sources, &doc.Queues),
		lines:    b.lines,
	}
}

func (b *builder) settings(s *form.Settings) Settings {
	settings := Settings{
		Control:     DefaultControl(),
		State:       DefaultState(),
		Log:         LogSettings{Level: s.Log.Level.Value, Format: s.Log.Format.Value},
		MaxPending:  s.MaxPending.N,
		StopTimeout: s.StopTimeout.D,
	}
	if s.Control.IsSet() {
		settings.Control = b.socket(&s.Control, s.Control.Value, 0)
	}
	b.claim(settings.Control, listens, "", s.Control.Pos)
	if s.State.IsSet() {
		settings.State = b.path(&s.State)
	}
	b.positive("max_pending", &s.MaxPending)
	return settings
}

// nameable is what a name of a source or a queue may look like.
var nameable = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

func (b *builder) name(what string, t *form.Text) string {
	if !nameable.MatchString(t.Value) {
		b.fault(t.Pos, "a name is 1 to 64 letters, digits, dots, underscores and hyphens", "bad name %q for a %s", t.Value, what)
	}
	return t.Value
}

// positive tells of a number that was written and is not at least 1.
func (b *builder) positive(what string, i *form.Int) {
	if i.IsSet() && i.Value == "0" {
		b.fault(i.Pos, "", "%s must be at least 1", what)
	}
}

// condition compiles a condition; nil is none.
func (b *builder) condition(t *form.Text, env *expr.Env) *expr.Condition {
	if !t.IsSet() {
		return nil
	}
	c, err := expr.CompileCondition(t.Value, env)
	if err != nil {
		b.expression(t, err)
		return nil
	}
	return c
}

// template compiles a text that may be a list of arguments.
func (b *builder) template(t *form.Text, env *expr.Env) *expr.Template {
	compiled, err := expr.CompileTemplate(t.Value, env)
	if err != nil {
		b.expression(t, err)
		return nil
	}
	return compiled
}

// text compiles a text that is one text: it cannot be a list (EV6).
func (b *builder) text(t *form.Text, env *expr.Env) *expr.Template {
	compiled := b.template(t, env)
	if compiled != nil && compiled.IsList() {
		b.fault(t.Pos, "join its elements, as in ${join(paths, ' ')}", "%s is a list, and this is a text", compiled)
		return nil
	}
	return compiled
}

// expression tells of an error of the expression language, at its place within
// the text.
func (b *builder) expression(t *form.Text, err error) {
	var e *expr.Error
	if !errors.As(err, &e) {
		e = &expr.Error{Msg: err.Error()}
	}
	b.fault(t.At(e.Offset), e.Hint, "%s", e.Msg)
}
