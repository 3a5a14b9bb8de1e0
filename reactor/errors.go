package reactor

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// ErrClosed is what is returned by what needs the loop of a closed Reactor.
var ErrClosed = errors.New("reactor is closed")

// ErrStale is told to a source whose descriptor was closed by somebody else
// before the source was cancelled (clause R8).
var ErrStale = errors.New("descriptor was closed before its source was cancelled")

// advice adds to a bare errno what to do about it.
func advice(err error) error {
	switch {
	case errors.Is(err, unix.EMFILE):
		return fmt.Errorf("%w (the process's descriptors are used up: raise LimitNOFILE or ulimit -n)", err)
	case errors.Is(err, unix.ENFILE):
		return fmt.Errorf("%w (the machine's descriptors are used up: raise fs.file-max)", err)
	case errors.Is(err, unix.ENOSPC):
		return fmt.Errorf("%w (raise fs.epoll.max_user_watches)", err)
	}
	return err
}
