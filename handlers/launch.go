package handlers

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// A command inherits the signal mask of the thread that forks it. Where signals
// are blocked, for a signalfd counts them, that thread can't unblock them before:
// it would be given some of those it is to count. So the program is executed a
// second time, as the child, which unblocks all and then becomes the command.

// launching is the first argument of such a child. It is followed by the number of
// the descriptor for the error, the path and the arguments of the command.
const launching = "reactord: about to execute a command"

// Launch is what a program whose Exec handlers have Launcher set calls first thing
// in main. It returns at once, unless the process is to become a command: then it
// never does.
func Launch() {
	if len(os.Args) < 4 || os.Args[0] != launching {
		return
	}
	fd, err := strconv.Atoi(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	unix.CloseOnExec(fd)
	runtime.LockOSThread()
	var none unix.Sigset_t
	if err = unix.PthreadSigmask(unix.SIG_SETMASK, &none, nil); err == nil {
		err = unix.Exec(os.Args[2], os.Args[3:], os.Environ())
	}
	var errno syscall.Errno
	errors.As(err, &errno)
	_, _ = unix.Write(fd, binary.NativeEndian.AppendUint32(nil, uint32(errno)))
	os.Exit(1)
}

// forkFunc is syscall.ForkExec.
type forkFunc = func(path string, argv []string, attr *syscall.ProcAttr) (pid int, err error)

// launch is a forkFunc for a thread that blocks signals. It takes as long as the
// program takes to begin, a millisecond or two, and returns when the command has
// been executed.
func launch(fork forkFunc, path string, argv []string, attr *syscall.ProcAttr) (pid int, err error) {
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return 0, err
	}
	r := os.NewFile(uintptr(pipe[0]), "launch")
	defer r.Close()
	with := *attr
	with.Files = append(attr.Files[:len(attr.Files):len(attr.Files)], uintptr(pipe[1]))
	pid, err = fork("/proc/self/exe", append([]string{launching, strconv.Itoa(len(attr.Files)), path}, argv...), &with)
	_ = unix.Close(pipe[1])
	if err != nil {
		return pid, err
	}
	var failure [4]byte
	_, err = io.ReadFull(r, failure[:])
	switch {
	case errors.Is(err, io.EOF): // it is the command now
		return pid, nil
	case err == nil:
		err = syscall.Errno(binary.NativeEndian.Uint32(failure[:]))
	}
	_ = unix.Kill(pid, unix.SIGKILL) // whatever it is, nobody looks after it
	for {
		if _, err := unix.Wait4(pid, nil, 0, nil); err != unix.EINTR {
			break
		}
	}
	if pidfd := attr.Sys.PidFD; pidfd != nil && *pidfd >= 0 {
		_ = unix.Close(*pidfd)
	}
	return 0, err
}

// blocksSignals reports whether a child would inherit signals that are blocked. All
// threads block what the first one did when the program started.
func blocksSignals() bool {
	var none, blocked unix.Sigset_t
	return unix.PthreadSigmask(unix.SIG_SETMASK, nil, &blocked) == nil && blocked != none
}
