package handlers_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/reactord/reactord/handlers"
)

// printArguments writes each of its arguments on a line of its own, in brackets.
const printArguments = `for a in "$@"; do printf '[%s]\n' "$a"; done`

func TestEV6_Arguments(t *testing.T) {
	r := newReactor(t)
	tests := []struct {
		name  string
		texts []string
		paths []string
		want  string
	}{
		{"constants", []string{"a b", "", "$HOME"}, nil, "[a b]\n[]\n[$HOME]\n"},
		{"one argument stays one", []string{"${path}"}, []string{"/a b\n'c\" $(id) *"}, "[/a b\n'c\" $(id) *]\n"},
		{"exact bytes", []string{"x${path}"}, []string{"/\xff\xfe"}, "[x/\xff\xfe]\n"},
		{"an absent field is an empty argument", []string{"${path}"}, []string{"/a", "/b"}, "[]\n"},
		{"a list is an argument an element", []string{"<", "${paths}", ">"}, []string{"/a b", "/c"}, "[<]\n[/a b]\n[/c]\n[>]\n"},
		{"an empty list is none", []string{"<", "${paths}", ">"}, nil, "[<]\n[>]\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			argv := append([]string{"sh", "-c", printArguments, "sh"}, tt.texts...)
			x := &handlers.Exec{Reactor: r, Command: templates(t, "files", argv...)}
			if got := output(t, x, filesEvent(tt.paths...)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// The text of a shell handler is the shell's own: nothing of the event gets into it.
func TestEV6_ShellTextIsLiteral(t *testing.T) {
	x := &handlers.Exec{Reactor: newReactor(t), Shell: `echo "${path-unset} $REACTORD_PATH" | tr a-z A-Z`}
	if got := output(t, x, filesEvent("/x;y")); got != "UNSET /X;Y\n" {
		t.Errorf("got %q", got)
	}
}

func TestXC2_CommandsThatCannotStart(t *testing.T) {
	r := newReactor(t)
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file("plain", "x", 0o644)
	if err := os.Mkdir(filepath.Join(dir, "directory"), 0o755); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		exec handlers.Exec
		want string
	}{
		{"a missing command", handlers.Exec{Command: command(t, "no-such-command")},
			"start no-such-command: there is no such command in PATH"},
		{"a missing path", handlers.Exec{Command: command(t, "/no/such/command")}, "start /no/such/command: no such file or directory"},
		{"not executable", handlers.Exec{Command: command(t, dir+"/plain")}, "permission denied"},
		{"not executable, in PATH", handlers.Exec{Command: command(t, "plain")}, "may not be executed: " + dir + "/plain"},
		{"a directory in PATH", handlers.Exec{Command: command(t, "directory")}, "no such command"},
		{"a directory", handlers.Exec{Command: command(t, dir)}, "permission denied"},
		{"a missing interpreter", handlers.Exec{Command: command(t, file("script", "#!/no/such/shell\n", 0o755))}, "the interpreter"},
		{"no program", handlers.Exec{Command: command(t, file("text", "hello\n", 0o755))}, "no #! line"},
		{"a missing directory", handlers.Exec{Command: command(t, "true"), Dir: template(t, "files", "/no/such${path}")},
			"working directory: stat /no/such/a: no such file"},
		{"a directory that is none", handlers.Exec{Command: command(t, "true"), Dir: template(t, "files", dir+"/plain")}, "not a directory"},
		{"no command", handlers.Exec{Command: command(t, "${items[0]}"[:0])}, "no program"},
		{"a command of no arguments", handlers.Exec{}, "no program"},
		{"a NUL", handlers.Exec{Command: command(t, "echo", "a\x00b")}, "argument 1 has a NUL"},
		{"an argument that can't be made", handlers.Exec{Command: command(t, "echo", "${attempt % (attempt - 1)}")}, "command: evaluate"},
		{"a directory that can't be made", handlers.Exec{Command: command(t, "true"), Dir: template(t, "files", "${attempt % (attempt - 1)}")}, "dir: evaluate"},
		{"a variable that can't be made", handlers.Exec{Command: command(t, "true"),
			Env: []handlers.Var{{Name: "A", Value: template(t, "files", "${attempt % (attempt - 1)}")}}}, "env A: evaluate"},
		{"an unknown stdin", handlers.Exec{Command: command(t, "true"), Stdin: "socket"}, `stdin: "socket"`},
		{"an unknown output", handlers.Exec{Command: command(t, "true"), Output: "mail"}, `output: "mail"`},
	}
	for i := range tests {
		tt := &tests[i]
		t.Run(tt.name, func(t *testing.T) {
			tt.exec.Reactor = r
			tt.exec.Env = append(tt.exec.Env, handlers.Var{Name: "PATH", Value: template(t, "files", dir+":"+os.Getenv("PATH"))})
			o := outcomeOf(t, &tt.exec, filesEvent("/a"))
			if o.Result != handlers.Permanent || o.Err == nil || !strings.Contains(o.Err.Error(), tt.want) {
				t.Errorf("%s: %v; want permanent: %s", o.Result, o.Err, tt.want)
			}
		})
	}
}

func TestXC2_ArgumentsTooLong(t *testing.T) {
	paths := make([]string, 100_000)
	for i := range paths {
		paths[i] = "/srv/" + strings.Repeat("x", 100) + string(rune('a'+i%26))
	}
	e := filesEvent(paths...)
	x := &handlers.Exec{Reactor: newReactor(t), Command: templates(t, "files", "true", "${map(changes, .path)}")}
	o := outcomeOf(t, x, e)
	if o.Result != handlers.Permanent || !errors.Is(o.Err, syscall.E2BIG) || !strings.Contains(o.Err.Error(), "stdin: paths") {
		t.Errorf("%s: %v", o.Result, o.Err)
	}
	for want, e := range map[string]*handlers.Event{
		"stdin: lines": {Source: "s", Kind: "read", Lines: paths},
		"stdin: event": {Source: "s", Kind: "custom", Items: []any{strings.Join(paths, "")}},
	} {
		x.Command = templates(t, "custom list", "true", "${items}")
		if e.Lines != nil {
			x.Command = templates(t, "read", "true", "${lines}")
		}
		o := outcomeOf(t, x, e)
		if o.Result != handlers.Permanent || !errors.Is(o.Err, syscall.E2BIG) || !strings.Contains(o.Err.Error(), want) {
			t.Errorf("%s: %v, want %s", o.Result, o.Err, want)
		}
	}
}

// A name without a slash is looked up in the PATH the command will have, and
// never in the working directory.
func TestExecLooksUpThePathOfTheCommand(t *testing.T) {
	r := newReactor(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "greet"), []byte("#!/bin/sh\necho hello\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	path := func(text string) []handlers.Var {
		return []handlers.Var{{Name: "PATH", Value: template(t, "files", text)}}
	}
	x := &handlers.Exec{Reactor: r, Command: command(t, "greet"), Env: path(dir)}
	if got := output(t, x, filesEvent()); got != "hello\n" {
		t.Errorf("got %q", got)
	}
	for _, relative := range []string{"", ".", ":"} {
		x := &handlers.Exec{Reactor: r, Command: command(t, "greet"), Env: path(relative), Dir: template(t, "files", dir)}
		if o := outcomeOf(t, x, filesEvent()); o.Result != handlers.Permanent {
			t.Errorf("PATH=%q: %+v", relative, o)
		}
	}
	x = &handlers.Exec{Reactor: r, Command: command(t, "./greet"), Dir: template(t, "files", dir)}
	if got := output(t, x, filesEvent()); got != "hello\n" {
		t.Errorf("with a slash: got %q", got)
	}
}

func TestExecRunsInItsDirectory(t *testing.T) {
	dir := t.TempDir()
	x := &handlers.Exec{Reactor: newReactor(t), Command: command(t, "pwd", "-P"), Dir: template(t, "files", "${dir(path)}")}
	if got := output(t, x, filesEvent(dir+"/file")); got != dir+"\n" {
		t.Errorf("got %q", got)
	}
}

func TestDV7_OutcomesOfCommands(t *testing.T) {
	r := newReactor(t)
	tests := []struct {
		name, script string
		result       handlers.Result
		code         *int
		signal, err  string
	}{
		{"success", "exit 0", handlers.Done, new(0), "", "<nil>"},
		{"failure", "exit 3", handlers.Transient, new(3), "", "exited with status 3"},
		{"a signal", "kill -KILL $$", handlers.Transient, nil, "SIGKILL", "killed by SIGKILL"},
		{"a real-time signal", "kill -36 $$", handlers.Transient, nil, "SIGRTMIN+2", "killed by SIGRTMIN+2"},
		{"the first real-time signal", "kill -34 $$", handlers.Transient, nil, "SIGRTMIN", "killed by SIGRTMIN"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x := &handlers.Exec{Reactor: r, Shell: tt.script}
			o := outcomeOf(t, x, filesEvent())
			err := "<nil>"
			if o.Err != nil {
				err = o.Err.Error()
			}
			if names := map[handlers.Result]string{handlers.Done: "done", handlers.Transient: "transient"}; o.Result.String() != names[tt.result] {
				t.Errorf("result %s", o.Result)
			}
			if o.Result != tt.result || !equal(o.Code, tt.code) || o.Signal != tt.signal || err != tt.err {
				t.Errorf("%+v", o)
			}
		})
	}
}

func equal(a, b *int) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// A run whose context is over starts nothing.
func TestDV12_NothingStartsWhenStopping(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(handlers.ErrStopping)
	x := handlers.WithFork(&handlers.Exec{Reactor: newReactor(t), Command: command(t, "true")},
		func(string, []string, *syscall.ProcAttr) (int, error) { t.Error("started"); return 0, syscall.EPERM })
	o := x.Handle(ctx, newRun(filesEvent(), &logbook{}))
	if o.Result != handlers.Transient || !errors.Is(o.Err, handlers.ErrStopping) {
		t.Errorf("outcome %+v", o)
	}
}
