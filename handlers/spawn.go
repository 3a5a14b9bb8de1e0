package handlers

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// seams are what tests replace; the zero value is the real thing.
type seams struct {
	fork     forkFunc
	byNumber bool // as on a kernel that can't signal a group through a pidfd
}

// passed are the descriptors that a command gets beside its standard streams,
// from 3 on: copies, the caller's to close.
func (x *Exec) passed(e *Event) ([]int, error) {
	if x.Stdin == StdinConnection {
		return nil, nil
	}
	return e.Descriptors.copies()
}

// spawn starts a command with the standard streams given, and those passed. It costs a fork that
// shares memory until the program is executed (vfork), so the daemon's size
// doesn't matter.
//
// It is syscall.ForkExec rather than os.StartProcess or os/exec, which make a
// pidfd and a wait of their own (three times the allocations, and a thread for
// the wait).
//
// Dispositions need no care: the runtime sets every signal it handles back to its
// default in the child.
func (x *Exec) spawn(c *command, files [3]int, passed []int) (*process, error) {
	pidfd := -1
	attr := &syscall.ProcAttr{
		Dir:   c.dir,
		Env:   c.env,
		Files: []uintptr{uintptr(files[0]), uintptr(files[1]), uintptr(files[2])},
		Sys:   &syscall.SysProcAttr{Setpgid: true, PidFD: &pidfd},
	}
	for _, fd := range passed {
		attr.Files = append(attr.Files, uintptr(fd))
	}
	fork := x.seams.fork
	if fork == nil {
		fork = syscall.ForkExec
	}
	var pid int
	var err error
	if x.Launcher && blocksSignals() {
		pid, err = launch(fork, c.path, c.argv, attr)
	} else {
		pid, err = fork(c.path, c.argv, attr)
	}
	if err != nil {
		return nil, err
	}
	return &process{pid: pid, pidfd: pidfd, byNumber: x.seams.byNumber || !groupSignals()}, nil
}

// passing are the errors of a start that succeeds another time.
var passing = []error{unix.EAGAIN, unix.ENOMEM, unix.EMFILE, unix.ENFILE, unix.ENOSPC, unix.ETXTBSY, unix.EINTR}

// startFailure is the outcome of a run whose command couldn't be started. Not
// to find or not to be allowed to execute something is permanent, a lack of
// processes, memory or descriptors is transient.
func startFailure(c *command, e *Event, err error) Outcome {
	for _, e := range passing {
		if errors.Is(err, e) {
			return failed(Transient, fmt.Errorf("start %s: %w%s", c.argv[0], err, advice(err)))
		}
	}
	return failed(Permanent, fmt.Errorf("start %s: %w", c.argv[0], explained(c, e, err)))
}

// advice is what can be done about a lack.
func advice(err error) string {
	switch {
	case errors.Is(err, unix.EAGAIN):
		return " (no more processes may be started: raise TasksMax or ulimit -u)"
	case errors.Is(err, unix.EMFILE):
		return " (the daemon's descriptors are used up: raise LimitNOFILE or ulimit -n)"
	case errors.Is(err, unix.ENFILE):
		return " (the machine's descriptors are used up: raise fs.file-max)"
	}
	return ""
}

// explained says what a bare error of fork and exec means. The kernel has one
// number for a missing program, a missing directory and a missing interpreter.
func explained(c *command, e *Event, err error) error {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err
	}
	if dirErr := enterable(c.dir); dirErr != nil {
		return fmt.Errorf("working directory: %w", dirErr)
	}
	switch errno {
	case unix.E2BIG:
		return fmt.Errorf("%w: the arguments and the environment are longer than the system allows: have the command read %s", err, onStdin(e))
	case unix.ENOENT:
		if _, statErr := os.Stat(c.program()); statErr == nil {
			return fmt.Errorf("%w: the interpreter %s asks for is missing", err, c.path)
		}
	case unix.ENOEXEC:
		return fmt.Errorf("%w: %s is no program, and has no #! line", err, c.path)
	}
	return err
}

// onStdin is what a command can read instead of long arguments.
func onStdin(e *Event) string {
	switch {
	case e.Kind == "files" || e.Kind == "vnode":
		return "the paths from its standard input, with stdin: paths"
	case len(e.Lines) > 0:
		return "the lines from its standard input, with stdin: lines"
	}
	return "them from the event on its standard input, with stdin: event, which is the default"
}

// enterable is why a directory can't be made the working directory.
func enterable(dir string) error {
	if dir == "" {
		return nil
	}
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = &os.PathError{Op: "chdir", Path: dir, Err: unix.ENOTDIR}
	}
	if err == nil {
		if accessErr := unix.Access(dir, unix.X_OK); accessErr != nil {
			err = &os.PathError{Op: "chdir", Path: dir, Err: accessErr}
		}
	}
	return err
}
