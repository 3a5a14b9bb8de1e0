package configs

import (
	"path/filepath"
	"regexp"
	"strings"

	"github.com/reactord/reactord/configs/internal/form"
	"github.com/reactord/reactord/internal/expr"
)

func (b *builder) handler(h *form.Handler, pos Position, e event) *Handler {
	handler := &Handler{Timeout: h.Timeout.D, When: b.condition(&h.When, e.env()), Pos: pos}
	if h.Log != nil {
		handler.Log = b.log(h.Log, e.env())
	}
	if h.Exec != nil {
		handler.Exec = b.exec(h.Exec, e)
	}
	if h.Timeout.IsSet() && h.Timeout.D == 0 {
		b.fault(h.Timeout.Pos, "leave it out for no limit", "timeout must be longer than 0")
	}
	return handler
}

// Names of the fields of a log line and of variables of the environment.
var (
	fieldName    = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
	variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

func (b *builder) log(l *form.Log, env *expr.Env) *Log {
	log := &Log{Message: b.text(&l.Message, env), Level: l.Level.Value, Fields: b.pairs(&l.Fields, env)}
	for i := range l.Fields.Entries {
		if name := &l.Fields.Entries[i].Name; !fieldName.MatchString(name.Value) {
			b.fault(name.Pos, "letters, digits, dots, underscores and hyphens", "bad name %q for a field", name.Value)
		}
	}
	return log
}

func (b *builder) exec(x *form.Exec, e event) *Exec {
	exec := &Exec{
		Command:   b.command(x, e.env()),
		Shell:     b.shell(&x.Shell),
		Dir:       b.directory(&x.Dir, e.env()),
		Env:       b.pairs(&x.Env, e.env()),
		Stdin:     x.Stdin.Value,
		Output:    x.Output.Value,
		KillAfter: x.KillAfter.D,
	}
	for i := range x.Env.Entries {
		switch name := &x.Env.Entries[i].Name; {
		case !variableName.MatchString(name.Value):
			b.fault(name.Pos, "letters, digits and underscores", "bad name %q for a variable", name.Value)
		case strings.HasPrefix(name.Value, "REACTORD_"):
			b.fault(name.Pos, "", "variable %s: names that begin with REACTORD_ are the daemon's", name.Value)
		}
	}
	switch {
	case (exec.Stdin == "paths" || exec.Stdin == "paths0") && !e.paths():
		b.fault(x.Stdin.Pos, "use event or none", "stdin: %s is for files and vnode sources", exec.Stdin)
	case exec.Stdin == "connection" && !e.connection:
		b.fault(x.Stdin.Pos, "use event or none", "stdin: connection is for read sources that listen, with framing: none")
	case exec.Stdin == "lines" && !e.lines:
		b.fault(x.Stdin.Pos, "use event or none", "stdin: lines is for read sources with framing: lines")
	}
	return exec
}

func (b *builder) pairs(named *form.Named[form.Text], env *expr.Env) []Pair {
	var pairs []Pair
	for i := range named.Entries {
		entry := &named.Entries[i]
		pairs = append(pairs, Pair{Name: entry.Name.Value, Value: b.text(&entry.Value, env)})
	}
	return pairs
}

// command compiles the program and its arguments. The program is one text.
func (b *builder) command(x *form.Exec, env *expr.Env) []*expr.Template {
	var command []*expr.Template
	for i := range x.Command {
		t := &x.Command[i]
		if i > 0 {
			command = append(command, b.template(t, env))
			continue
		}
		if t.IsSet() && t.Value == "" {
			b.fault(t.Pos, "", "the program of the command is empty")
		}
		command = append(command, b.text(t, env))
	}
	return command
}

// shell is a text for a shell. It is not a template: what a file is called must
// never become a command. Only the literal $${ is one, since that is how ${ is
// written everywhere else.
func (b *builder) shell(t *form.Text) string {
	if !t.IsSet() {
		return ""
	}
	if strings.TrimSpace(t.Value) == "" {
		b.fault(t.Pos, "", "the shell command is empty")
	}
	literal := strings.ReplaceAll(t.Value, "$${", "  {")
	if at := strings.Index(literal, "${"); at >= 0 {
		b.fault(t.At(at), `take the event from the environment, as in "$REACTORD_PATH"; for a variable of the shell write $${…}`,
			"${…} in a shell command: what an event holds must not become a command")
	}
	return strings.ReplaceAll(t.Value, "$${", "${")
}

// directory compiles a working directory; one that begins with a name is
// relative to the configuration file.
func (b *builder) directory(t *form.Text, env *expr.Env) *expr.Template {
	if !t.IsSet() {
		return nil
	}
	if strings.HasPrefix(t.Value, "/") || strings.HasPrefix(t.Value, "${") {
		return b.text(t, env)
	}
	compiled := b.text(t, env)
	if compiled == nil {
		return nil
	}
	path := t.Value
	switch {
	case path == "":
		b.fault(t.Pos, "leave it out for the daemon's own", "dir is empty")
	case path == "~" || strings.HasPrefix(path, "~/"):
		path = escaped(b.inHome(t.Pos, "~")) + path[1:]
	default:
		path = escaped(b.dir) + string(filepath.Separator) + path
	}
	absolute, err := expr.CompileTemplate(path, env)
	if err != nil {
		b.expression(t, err)
	}
	return absolute
}

// escaped is a text that means itself in a template.
func escaped(s string) string { return strings.ReplaceAll(s, "${", "$${") }
