package sources

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// limits adds to a bare errno of inotify which limit was hit.
func limits(err error) error {
	switch {
	case errors.Is(err, unix.ENOSPC):
		return fmt.Errorf("%w (raise fs.inotify.max_user_watches)", err)
	case errors.Is(err, unix.EMFILE):
		return fmt.Errorf("%w (raise fs.inotify.max_user_instances, or LimitNOFILE)", err)
	}
	return err
}

// descriptors adds to a bare errno of a call that makes a descriptor what to do
// about it.
func descriptors(err error) error {
	switch {
	case errors.Is(err, unix.EMFILE):
		return fmt.Errorf("%w (the process's descriptors are used up: raise LimitNOFILE or ulimit -n)", err)
	case errors.Is(err, unix.ENFILE):
		return fmt.Errorf("%w (the machine's descriptors are used up: raise fs.file-max)", err)
	}
	return err
}
