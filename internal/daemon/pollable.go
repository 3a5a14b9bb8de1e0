package daemon

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// errAlwaysReady is why what never blocks is refused: its handler would run without
// end.
var errAlwaysReady = errors.New("is always ready, as /dev/null is: there is nothing to wait for")

// usable is why what lies at path can't be a source, with the path; nil when it can, or
// can't be looked at. want is the type of file it must have, 0 that any that can be
// waited for will do.
func usable(path string, want uint32) error {
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil {
		return nil
	}
	err := fitting(&st, want)
	if want == 0 && st.Mode&unix.S_IFMT == unix.S_IFSOCK {
		err = errors.New("is a socket, which can't be opened: have the daemon make one of its own, with listen or a port source")
	}
	if err != nil {
		return fmt.Errorf("%s %w", path, err)
	}
	return nil
}

// pollable is usable for a descriptor, for which the kernel can be asked.
func pollable(fd int, want uint32) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if err := fitting(&st, want); err != nil {
		return err
	}
	ask, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return fmt.Errorf("can't be asked for: %w", err)
	}
	defer unix.Close(ask)
	if err := unix.EpollCtl(ask, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{}); errors.Is(err, unix.EPERM) {
		return errAlwaysReady
	}
	return nil // what else is wrong is told by who watches it
}

// fitting refuses a file of a type that can't be waited for, or isn't the one wanted.
func fitting(st *unix.Stat_t, want uint32) error {
	switch is := st.Mode & unix.S_IFMT; {
	case want == unix.S_IFIFO && is != want:
		return errors.New("is not a FIFO")
	case want == unix.S_IFSOCK && is != want:
		return errors.New("is not a socket, and a socket can't be made there")
	case want != 0:
		return nil
	case is == unix.S_IFREG:
		return errors.New("is a regular file, which is always ready: watch it with files or vnode")
	case is == unix.S_IFDIR:
		return errors.New("is a directory: watch it with files or vnode")
	case is == unix.S_IFBLK, is == unix.S_IFCHR && memory(st.Rdev):
		return errAlwaysReady
	}
	return nil
}

// memory reports whether a device is /dev/null, /dev/zero or /dev/full.
func memory(device uint64) bool {
	minor := unix.Minor(device)
	return unix.Major(device) == 1 && (minor == 3 || minor == 5 || minor == 7)
}
