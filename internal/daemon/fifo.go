package daemon

import (
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// fifo is the intake of a FIFO with a watch on its file, without which a FIFO
// that is removed or moved away leaves a source that nobody can write to.
type fifo struct {
	intake
	file *reactor.Source[sources.VnodeEvent]
}

// watchFifo is a source that has gone called on the intake queue when the file
// of fd isn't at its path any more, and ended when it has let go of it.
func watchFifo(s *source, fd int, ended func(), gone func()) (*reactor.Source[sources.VnodeEvent], error) {
	path, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, fmt.Errorf("watch the FIFO's file: %w", err)
	}
	file, err := s.daemon.vnodes.New(s.config.Name+" file", s.queue, path,
		sources.VnodeBit(coalesce.Delete)|sources.VnodeBit(coalesce.Rename))
	if err != nil {
		_ = unix.Close(path)
		return nil, fmt.Errorf("watch the FIFO's file: %w", err)
	}
	file.OnEvent(func(sources.VnodeEvent) {
		s.failed(errors.New("the FIFO was removed or moved: it is made anew"))
		gone()
	})
	file.OnCancel(func() { _ = unix.Close(path); ended() })
	return file, nil
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

// last calls ended when it was called n times.
func last(n int, ended func()) func() {
	left := new(atomic.Int32)
	left.Store(int32(n))
	return func() {
		if left.Add(-1) == 0 {
			ended()
		}
	}
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
