package daemon

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/systemd"
)

// inherited are the descriptors the daemon was started with, beside its standard
// output and its log, and the names systemd gave some of them. They stay open, for
// sources get copies, and no command gets them.
type inherited map[int]string

// inheritedNow finds them: our own descriptors close at exec, which those that
// survived one don't.
func inheritedNow() (inherited, error) {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil, fmt.Errorf("inherited descriptors: %w", err)
	}
	found := inherited{}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil || fd == unix.Stdout || fd == unix.Stderr {
			continue
		}
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err != nil || flags&unix.FD_CLOEXEC != 0 {
			continue // the directory's own is gone by now
		}
		if fd != unix.Stdin { // in whose place every command has its own
			unix.CloseOnExec(fd)
		}
		found[fd] = ""
	}
	passed, err := systemd.Descriptors(os.Getenv, os.Getpid())
	for _, p := range passed {
		if _, ok := found[p.FD]; ok {
			found[p.FD] = p.Name
		}
	}
	return found, err
}

// open is a copy of one, which can be waited for. mode is what it is for:
// unix.O_RDONLY or unix.O_WRONLY.
func (in inherited) open(number, mode int) (int, error) {
	if _, ok := in[number]; !ok {
		return -1, fmt.Errorf("descriptor %d was not inherited: start the daemon with it open", number)
	}
	if err := pollable(number, 0); err != nil {
		return -1, fmt.Errorf("descriptor %d %w", number, err)
	}
	flags, err := unix.FcntlInt(uintptr(number), unix.F_GETFL, 0)
	if err != nil {
		return -1, fmt.Errorf("descriptor %d: %w", number, err)
	}
	if has := flags & unix.O_ACCMODE; has != mode && has != unix.O_RDWR {
		what := map[int]string{unix.O_RDONLY: "reading", unix.O_WRONLY: "writing"}[mode]
		return -1, fmt.Errorf("descriptor %d is not open for %s", number, what)
	}
	return in.copy(number)
}

// copy is a descriptor for the same. That of a terminal is opened anew: whoever
// shares the old one, as the shell, would find that it doesn't wait any more.
func (inherited) copy(number int) (int, error) {
	if _, err := unix.IoctlGetTermios(number, unix.TCGETS); err == nil {
		flags, err := unix.FcntlInt(uintptr(number), unix.F_GETFL, 0)
		if err == nil {
			path := fmt.Sprintf("/proc/self/fd/%d", number)
			mode := flags&unix.O_ACCMODE | unix.O_NONBLOCK | unix.O_CLOEXEC | unix.O_NOCTTY
			if fd, err := unix.Open(path, mode, 0); err == nil {
				return fd, nil
			}
		}
	}
	fd, err := unix.FcntlInt(uintptr(number), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return -1, fmt.Errorf("descriptor %d: %w", number, err)
	}
	return fd, unix.SetNonblock(fd, true)
}

// listeners are copies of the listening sockets of that name, in the order in
// which they were passed.
func (in inherited) listeners(name string) (fds []int, err error) {
	passed, err := systemd.Descriptors(os.Getenv, os.Getpid())
	if err != nil {
		return nil, err
	}
	for _, p := range passed {
		if in[p.FD] != name {
			continue
		}
		listens, err := unix.GetsockoptInt(p.FD, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
		if err != nil || listens == 0 {
			return fds, fmt.Errorf("descriptor %d, called %q, is no listening socket: in its socket unit write ListenStream= or ListenSequentialPacket=, and not Accept=yes", p.FD, name)
		}
		fd, err := in.copy(p.FD)
		if err != nil {
			return fds, err
		}
		fds = append(fds, fd)
	}
	if len(fds) == 0 {
		return nil, fmt.Errorf("systemd passed no socket called %q: write FileDescriptorName=%s in a socket unit of this service, and start that unit", name, name)
	}
	return fds, nil
}
