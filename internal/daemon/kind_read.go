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
	fd, err := openDescriptor(c.Fifo, c.Path, c.FD, unix.O_RDONLY)
	if err != nil {
		return nil, err
	}
	src := sources.NewRead(s.config.Name, s.queue, fd)
	if c.Framing == "lines" {
		l := &lineReader{source: s, fd: fd, lines: sources.Lines{Max: int(c.Limit)}, end: s.closed}
		src.OnEvent(func(sources.Ready) { l.read() })
	} else {
		src.OnEvent(func(r sources.Ready) { tell(s, r) })
	}
	src.OnCancel(func() { _ = unix.Close(fd); ended() })
	return src, nil
}

func openWrite(s *source, ended func()) (intake, error) {
	c := s.config.Write
	fd, err := openDescriptor(c.Fifo, c.Path, c.FD, unix.O_WRONLY)
	if err != nil {
		return nil, err
	}
	src := sources.NewWrite(s.config.Name, s.queue, fd)
	src.OnEvent(func(r sources.Ready) { tell(s, r) })
	src.OnCancel(func() { _ = unix.Close(fd); ended() })
	return src, nil
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
// it is missing, and held open at both ends, so that it outlives its writers.
func openDescriptor(fifo, path string, inherited *int, mode int) (int, error) {
	const flags = unix.O_NONBLOCK | unix.O_CLOEXEC | unix.O_NOCTTY
	switch {
	case fifo != "":
		if err := makeFifo(fifo); err != nil {
			return -1, err
		}
		fd, err := unix.Open(fifo, unix.O_RDWR|flags, 0)
		if err != nil {
			return -1, &fs.PathError{Op: "open", Path: fifo, Err: err}
		}
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFIFO {
			_ = unix.Close(fd)
			return -1, fmt.Errorf("%s is not a FIFO", fifo)
		}
		return fd, nil
	case path != "":
		fd, err := unix.Open(path, mode|flags, 0)
		if err != nil {
			return -1, &fs.PathError{Op: "open", Path: path, Err: err}
		}
		return fd, nil
	}
	// A copy: the descriptor we were started with stays for a next time.
	fd, err := unix.FcntlInt(uintptr(*inherited), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return -1, fmt.Errorf("descriptor %d was not inherited: %w", *inherited, err)
	}
	return fd, unix.SetNonblock(fd, true)
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

// lineReader reads a descriptor and makes events of its lines.
type lineReader struct {
	source *source
	fd     int
	peer   *handlers.Peer
	lines  sources.Lines
	end    func(error) // called once, at the end of the stream
	buffer [readSize]byte
}

// readSize is how much is read before other descriptors have their turn.
const readSize = 32 << 10

// read is called when there is something to read, and reads once. What is left
// is told again, and while pending is full the source is suspended, so that a
// slow handler holds the sender up instead of filling memory.
func (l *lineReader) read() {
	n, err := unix.Read(l.fd, l.buffer[:])
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return
	case err != nil, n == 0:
		l.put(l.lines.End(), true)
		if err != nil {
			err = fmt.Errorf("read: %w", err)
		}
		l.end(err)
	default:
		l.put(l.lines.Split(l.buffer[:n]), false)
	}
}

func (l *lineReader) put(lines []string, eof bool) {
	if len(lines) > 0 {
		l.source.put(handlers.Event{Lines: lines, EOF: eof, Peer: l.peer})
	}
}
