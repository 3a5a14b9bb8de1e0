package handlers

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// command is what a run executes: all templates are texts.
type command struct {
	path string // of the program
	argv []string
	dir  string // empty: the daemon's
	env  []string
}

// program is where the program lies, seen from the daemon.
func (c *command) program() string {
	if filepath.IsAbs(c.path) {
		return c.path
	}
	return filepath.Join(c.dir, c.path)
}

// command makes the command of a run. All its errors are permanent: the same
// event would give them again.
func (x *Exec) command(run *Run) (*command, error) {
	c := &command{}
	var err error
	if c.argv, err = x.arguments(run); err != nil {
		return nil, err
	}
	if x.Dir != nil {
		if c.dir, err = run.text(x.Dir); err != nil {
			return nil, fmt.Errorf("dir: %w", err)
		}
	}
	if c.env, err = x.environ(run); err != nil {
		return nil, err
	}
	if c.path, err = lookPath(c.argv[0], searchPath(c.env)); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.argv[0], err)
	}
	return c, nil
}

func (x *Exec) arguments(run *Run) ([]string, error) {
	if x.Shell != "" {
		return []string{"/bin/sh", "-c", x.Shell}, nil
	}
	argv := make([]string, 0, len(x.Command))
	for _, template := range x.Command {
		if text, ok := template.Constant(); ok {
			argv = append(argv, text)
			continue
		}
		args, err := template.Args(run.Fields())
		if err != nil {
			return nil, fmt.Errorf("command: %w", err)
		}
		argv = append(argv, args...)
	}
	if len(argv) == 0 || argv[0] == "" {
		return nil, errors.New("command: there is no program to start")
	}
	for i, arg := range argv {
		if strings.IndexByte(arg, 0) >= 0 {
			return nil, fmt.Errorf("command: argument %d has a NUL in it, which no argument can have: use stdin", i)
		}
	}
	return argv, nil
}

var (
	errNotFound      = errors.New("there is no such command in PATH")
	errNotExecutable = errors.New("the command in PATH may not be executed")
)

// lookPath finds a program as execvp(3) does, but never in the working
// directory: directories of path that aren't absolute are passed over. A name
// with a slash is itself, relative to the command's working directory.
func lookPath(name, path string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	err := errNotFound
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		candidate := dir + "/" + name
		info, statErr := os.Stat(candidate)
		switch {
		case statErr != nil || info.IsDir():
		case unix.Access(candidate, unix.X_OK) == nil:
			return candidate, nil
		default:
			err = fmt.Errorf("%w: %s", errNotExecutable, candidate)
		}
	}
	return "", err
}
