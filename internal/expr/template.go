package expr

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

// Template is a compiled text with ${…} in it, safe for use by any number of
// goroutines.
type Template struct {
	text  string
	parts []part
}

// part is a literal text, or an expression if its code is not nil.
type part struct {
	literal string
	code    *code
}

// CompileTemplate compiles a text over the fields of env. The error is an
// *Error, with its offset in text.
//
// A text that is exactly one ${…} of list type compiles too: see
// [Template.IsList].
func CompileTemplate(text string, env *Env) (*Template, error) {
	pieces, f := scan(text)
	if f != nil {
		return nil, f
	}
	t := &Template{text: text}
	for _, p := range pieces {
		if !p.isCode {
			t.parts = append(t.parts, part{literal: p.text})
			continue
		}
		c, f := compilePiece(p, env, len(pieces) == 1)
		if f != nil {
			return nil, f
		}
		t.parts = append(t.parts, part{code: c})
	}
	return t, nil
}

// IsList reports whether the template is exactly one ${…} of list type: it has
// no text, only arguments, one an element (EV6).
func (t *Template) IsList() bool {
	return len(t.parts) == 1 && t.parts[0].code != nil && isList(t.parts[0].code.result)
}

// Constant returns the text of a template that reads no field, and whether it is
// one.
func (t *Template) Constant() (string, bool) {
	switch {
	case len(t.parts) == 0:
		return "", true
	case len(t.parts) == 1 && t.parts[0].code == nil:
		return t.parts[0].literal, true
	default:
		return "", false
	}
}

// String returns the source text.
func (t *Template) String() string { return t.text }

// Text returns the text for the record f: absent values are empty, the bytes of
// texts are kept as they are.
func (t *Template) Text(f Fields) (string, error) {
	if t.IsList() {
		return "", fmt.Errorf("evaluate %s: a list is no text", t)
	}
	var b strings.Builder
	for _, p := range t.parts {
		if p.code == nil {
			b.WriteString(p.literal)
			continue
		}
		value, err := p.code.run(f)
		if err != nil {
			return "", fmt.Errorf("evaluate ${%s}: %w", p.code.text, err)
		}
		b.WriteString(render(value))
	}
	return b.String(), nil
}

// Args returns the arguments for the record f: one an element if the template
// is a list, otherwise exactly one, whatever is in it (EV6).
func (t *Template) Args(f Fields) ([]string, error) {
	if !t.IsList() {
		text, err := t.Text(f)
		if err != nil {
			return nil, err
		}
		return []string{text}, nil
	}
	value, err := t.parts[0].code.run(f)
	if err != nil {
		return nil, fmt.Errorf("evaluate %s: %w", t, err)
	}
	return elements(value), nil
}

// elements renders the elements of a list.
func elements(value any) []string {
	list := reflect.ValueOf(value)
	if kind := list.Kind(); kind != reflect.Slice && kind != reflect.Array {
		return nil
	}
	args := make([]string, list.Len())
	for i := range args {
		args[i] = render(list.Index(i).Interface())
	}
	return args
}

// compilePiece compiles the code of one ${…}; alone tells that it is the whole
// template.
func compilePiece(p piece, env *Env, alone bool) (*code, *Error) {
	if strings.TrimSpace(p.text) == "" {
		return nil, &Error{Offset: p.offset - len("${"), Msg: "${} is empty", Hint: "for a literal ${ write $${"}
	}
	c, f := compile(p.text, env)
	if f != nil {
		f.Offset += p.offset
		return nil, inTemplate(f, p.text)
	}
	if f := unprintable(c, alone); f != nil {
		f.Offset = p.offset
		return nil, f
	}
	return c, nil
}

// shell matches what people write who mean a variable of a shell, such as HOME
// or HOME:-/root.
var shell = regexp.MustCompile(`^([A-Za-z_]\w*([-:+=?#%/^,@].*)?|[#!?*@\d].*)$`)

// inTemplate adds the code to the message about it, and what is often meant by
// code that is none.
func inTemplate(f *Error, text string) *Error {
	what, list, _ := strings.Cut(f.Msg, "; ")
	f.Msg = what + " in ${" + text + "}"
	if list != "" {
		f.Msg += "; " + list
	}
	if f.Hint == "" && shell.MatchString(text) {
		f.Hint = "for a shell variable write $${" + text + "}"
	}
	return f
}

// unprintable is the fault of a result that cannot stand where it does.
func unprintable(c *code, alone bool) *Error {
	source := "${" + c.text + "}"
	switch {
	case isObject(c.result):
		return &Error{Msg: source + " is an object, not a text", Hint: "take one of its fields"}
	case !isList(c.result):
		return nil
	case !alone:
		return &Error{
			Msg:  source + " is a list inside a text",
			Hint: fmt.Sprintf("write ${join(%s, ' ')}, or make it an argument of its own", c.text),
		}
	case c.result.Ref != nil && isObject(*c.result.Ref):
		return &Error{
			Msg:  source + " is a list of objects, not of texts",
			Hint: fmt.Sprintf("take a field of each, as in ${map(%s, .path)}", c.text),
		}
	}
	return nil
}
