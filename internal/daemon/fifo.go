package daemon

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// fifo is the intake of a FIFO with a watch on its file.
type fifo struct {
	intake
	file *place
}

// watchFifo watches that the file of fd stays at its path. gone is called on the intake
// queue when it hasn't.
func watchFifo(s *source, path string, fd int, ended func(), gone func()) (*place, error) {
	file, err := unix.Open(fmt.Sprintf("/proc/self/fd/%d", fd), unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("watch the file %s: %w", path, err)
	}
	return s.watchPlace(path, file, func() {
		s.failed(errors.New("the FIFO was removed or moved: it is made anew"))
		gone()
	}, ended)
}

// Activate implements intake.
func (f *fifo) Activate() error {
	err := errors.Join(f.intake.Activate(), f.file.Activate())
	if err != nil {
		f.Cancel()
	}
	return err
}

// Cancel implements intake.
func (f *fifo) Cancel() {
	f.intake.Cancel()
	f.file.Cancel()
}

// hangUp has the reader of a FIFO see its end once the writers it has are gone,
// also when there is none: it is a writer that comes and goes.
func hangUp(fd int) error {
	writer, err := unix.Open(fmt.Sprintf("/proc/self/fd/%d", fd), unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("hang up: %w", err)
	}
	return unix.Close(writer)
}
