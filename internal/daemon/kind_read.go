package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/sources"
)

func openRead(s *source, ended func()) (intake, error) {
	c := s.config.Read
	if c.Listen != nil {
		return openListener(s, ended)
	}
	framed := c.Framing != "none"
	// A FIFO that is read to its end tells when its last writer has gone, and
	// is opened anew then; one whose handler reads it never comes to an end.
	fifoMode := unix.O_RDWR
	if framed {
		fifoMode = unix.O_RDONLY
	}
	fd, err := s.openDescriptor(c.Fifo, fifoMode, c.Path, unix.O_RDONLY, c.FD)
	if err != nil {
		return nil, err
	}
	src := sources.NewRead(s.config.Name, s.queue, fd)
	gone := s.reopen // what its handler would read is out of its reach
	if framed {
		r, err := newReader(s, fd, s.closed)
		if err != nil {
			_ = unix.Close(fd)
			return nil, err
		}
		if c.Fifo != "" {
			r.end, r.lasting = func(error) { s.reopen() }, true
		}
		src.OnEvent(r.read)
		gone = func() { // what was written is read first
			if src.Cancelled() {
				return
			}
			if err := hangUp(fd); err != nil {
				s.lost(err)
			}
		}
	} else {
		src.OnEvent(func(r sources.Ready) { tell(s, r) })
	}
	var in intake = src
	if c.Fifo != "" {
		ended = newEnds(2, ended).one
		file, err := watchFifo(s, c.Fifo, fd, ended, gone)
		if err != nil {
			_ = unix.Close(fd)
			return nil, err
		}
		in = &fifo{src, file}
	}
	src.OnCancel(func() { _ = unix.Close(fd); ended() })
	return in, nil
}

// tell makes an event of a readiness. A descriptor that has nothing more to
// tell ends its source.
func tell(s *source, r sources.Ready) {
	if r.Err != nil {
		s.lost(r.Err)
		return
	}
	n := uint64(r.Bytes)
	s.put(handlers.Event{Data: &n, Bytes: &n, EOF: r.EOF})
	if r.EOF {
		s.closed(nil)
	}
}

// closed ends an intake whose descriptor is at its end, or broken.
func (s *source) closed(err error) {
	if err != nil {
		s.lost(err)
		return
	}
	s.finished("end of file: nothing more will come")
}

// openDescriptor opens what a read or write source names. A FIFO is made when
// it is missing.
func (s *source) openDescriptor(fifo string, fifoMode int, path string, mode int, inherited *int) (int, error) {
	if inherited != nil {
		return s.daemon.inherited.open(*inherited, mode)
	}
	want := uint32(0) // any type of file
	if fifo != "" {
		if err := makeFifo(fifo); err != nil {
			return -1, err
		}
		path, mode, want = fifo, fifoMode, unix.S_IFIFO
	}
	if err := usable(path, want); err != nil {
		return -1, err
	}
	fd, err := unix.Open(path, mode|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err != nil {
		return -1, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	if err := pollable(fd, want); err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("%s %w", path, err)
	}
	return fd, nil
}

func makeFifo(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := unix.Mkfifo(path, 0o660); err != nil && !errors.Is(err, unix.EEXIST) {
		return &fs.PathError{Op: "mkfifo", Path: path, Err: err}
	}
	return nil
}
