package daemon

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// spooler is the intake of a write source with `from`: it writes the files of a
// spool into a FIFO. A file is removed, and is an event, when its last byte has
// been read from the FIFO, so that nothing is lost with the pipe's buffer; one
// that a daemon that was killed had begun is sent again from its start.
//
// It holds the FIFO open for writing alone: with no reader there is nobody to
// write for, and a reader's open finds a writer. The kernel tells neither that a
// reader has come nor that all was read, to those who poll; inotify tells of
// each open, read and close of the FIFO, and of what comes into the spool.
//
//	bell  something was told by inotify: look at everything
//	room  there is room in the pipe again: go on; suspended unless it was full
type spooler struct {
	source *source
	fifo   string
	fd     int // the FIFO's
	told   int // the inotify instance's
	spool  *spool
	bell   *reactor.Source[sources.Ready]
	room   *reactor.Source[sources.Ready]

	mu        sync.Mutex
	waits     bool // room isn't suspended
	cancelled bool

	// What follows belongs to the intake queue.
	over   bool      // the FIFO is no more
	now    *letter   // being written
	unread []*letter // written, not known to have been read
	buffer []byte
	total  int64 // bytes written

	letters atomic.Uint64 // for status
	waiting atomic.Int64  // bytes nobody has read
}

const (
	// mostUnread is how many files may be on their way.
	mostUnread = 64
	// sendSize is how much is written at a time, sendTurn how often before others
	// have their turn.
	sendSize = 32 << 10
	sendTurn = 4
)

func openSpooler(s *source, ended func()) (_ intake, err error) {
	c := s.config.Write
	x := &spooler{source: s, fifo: c.Fifo, fd: -1, told: -1, buffer: make([]byte, sendSize)}
	defer func() {
		if err != nil {
			x.close()
		}
	}()
	if x.spool, err = openSpool(c.From); err != nil {
		return nil, err
	}
	if x.fd, err = s.openFifoToWrite(c.Fifo); err != nil {
		return nil, err
	}
	if err = x.listen(); err != nil {
		return nil, err
	}
	x.bell = sources.NewRead(s.config.Name+" bell", s.queue, x.told)
	x.room = sources.NewWrite(s.config.Name, s.queue, x.fd)
	x.room.Suspend()
	ended = newEnds(3, ended).one
	file, err := watchFifo(s, c.Fifo, x.fd, ended, func() { x.abandon(); s.reopen() })
	if err != nil {
		return nil, err
	}
	closed := newEnds(2, func() { x.settle(); x.close() }).one
	x.bell.OnRegister(x.step)
	x.bell.OnEvent(func(sources.Ready) { x.rung() })
	x.bell.OnCancel(func() { closed(); ended() })
	x.room.OnEvent(func(sources.Ready) { x.roomy() })
	x.room.OnCancel(func() { closed(); ended() })
	return &fifo{x, file}, nil
}

// openFifoToWrite opens a FIFO, which is made if it is missing, for writing, also
// when nobody reads it.
func (s *source) openFifoToWrite(path string) (int, error) {
	both, err := s.openDescriptor(path, unix.O_RDWR, "", 0, nil)
	if err != nil {
		return -1, err
	}
	defer unix.Close(both)
	fd, err := unix.Open(fmt.Sprintf("/proc/self/fd/%d", both), unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}

// listen has inotify tell what may change anything.
func (x *spooler) listen() (err error) {
	if x.told, err = unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC); err != nil {
		return fmt.Errorf("watch the FIFO: %w", err)
	}
	for _, w := range []struct {
		fd   int
		mask uint32
	}{
		{x.fd, unix.IN_OPEN | unix.IN_ACCESS | unix.IN_CLOSE_NOWRITE},
		{int(x.spool.dir.Fd()), unix.IN_CREATE | unix.IN_CLOSE_WRITE | unix.IN_MOVED_TO | unix.IN_ATTRIB | unix.IN_DELETE_SELF | unix.IN_MOVE_SELF},
	} {
		if _, err := unix.InotifyAddWatch(x.told, fmt.Sprintf("/proc/self/fd/%d", w.fd), w.mask); err != nil {
			return fmt.Errorf("watch the FIFO and the spool: %w", err)
		}
	}
	return nil
}

// Activate implements intake.
func (x *spooler) Activate() error {
	err := errors.Join(x.bell.Activate(), x.room.Activate())
	if err != nil {
		x.Cancel()
	}
	return err
}

// Suspend implements intake.
func (x *spooler) Suspend() { x.bell.Suspend(); x.room.Suspend() }

// Resume implements intake.
func (x *spooler) Resume() { x.bell.Resume(); x.room.Resume() }

// Cancel implements intake. The bell goes first: its handler uses the FIFO's
// descriptor, which room gives back.
func (x *spooler) Cancel() {
	x.bell.Cancel()
	x.room.Cancel()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.cancelled = true; !x.waits { // a suspended one would not end
		x.waits = true
		x.room.Resume()
	}
}

// abandon leaves what wasn't read to another spooler, before that begins.
func (x *spooler) abandon() {
	x.settle()
	x.over = true
	x.letGo()
}

// close gives back what there is.
func (x *spooler) close() {
	x.letGo()
	for _, fd := range []int{x.fd, x.told} {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
	if x.spool != nil {
		_ = x.spool.dir.Close()
	}
}

func (x *spooler) letGo() {
	for _, l := range append(x.unread, x.now) {
		if l != nil {
			_ = l.file.Close()
		}
	}
	x.now, x.unread = nil, nil
}

// rung is the bell's handler. What inotify says is that it is time to look.
func (x *spooler) rung() {
	for n := 1; n > 0; {
		n, _ = unix.Read(x.told, x.buffer)
	}
	if !x.spool.isThere() {
		x.source.lost(fmt.Errorf("the spool %s was removed or moved", x.spool.path))
		return
	}
	x.step()
}

// roomy is the handler of room.
func (x *spooler) roomy() {
	x.mu.Lock()
	if x.waits && !x.cancelled {
		x.waits = false
		x.room.Suspend()
	}
	x.mu.Unlock()
	x.step()
}

// wait has step called again when there is room.
func (x *spooler) wait() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.waits && !x.cancelled {
		x.waits = true
		x.room.Resume()
	}
}

// step does what can be done now.
func (x *spooler) step() {
	if x.over {
		return
	}
	x.settle()
	for range sendTurn {
		if !x.begin() {
			return // the bell rings when there is something
		}
		n, err := x.now.file.ReadAt(x.buffer, x.now.sent)
		switch {
		case n > 0:
		case errors.Is(err, io.EOF):
			x.written()
			continue
		default:
			x.source.lost(fmt.Errorf("not sent whole: %w", err))
			return
		}
		n, err = unix.Write(x.fd, x.buffer[:n])
		switch {
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
			x.wait()
			return
		case errors.Is(err, unix.EPIPE):
			x.source.waiting("nobody reads " + x.fifo)
			return // the bell rings when somebody opens it
		case err != nil:
			x.source.lost(fmt.Errorf("write to %s: %w", x.fifo, err))
			return
		}
		x.source.waiting("")
		x.now.sent += int64(n)
		x.total += int64(n)
	}
	x.wait()
}

// begin makes sure that there is a file to send.
func (x *spooler) begin() bool {
	if x.now != nil {
		return true
	}
	if len(x.unread) >= mostUnread {
		return false
	}
	l, err := x.spool.next(x.unread, x.source.failed)
	if err != nil {
		x.source.failed(err)
	}
	x.now = l
	return l != nil
}

// written is the end of a file's way into the pipe: nothing was left of it.
func (x *spooler) written() {
	l := x.now
	x.now = nil
	l.end = x.total
	x.unread = append(x.unread, l)
	x.settle()
}

// settle removes what has been read.
func (x *spooler) settle() {
	buffered, err := unix.IoctlGetInt(x.fd, unix.TIOCINQ)
	if err != nil {
		x.source.failed(fmt.Errorf("%s: how much of it is unread: %w", x.fifo, err))
		return
	}
	x.waiting.Store(int64(buffered))
	read := x.total - int64(buffered)
	x.unread = slices.DeleteFunc(x.unread, func(l *letter) bool {
		if l.end > read {
			return false
		}
		now, later := l.more()
		if now && x.now == nil { // it has grown: the rest is sent too
			x.now = l
			return true
		}
		return !now && !later && x.done(l)
	})
}

// done makes an event of a file that was read, once it is removed.
func (x *spooler) done(l *letter) bool {
	if err := l.remove(); err != nil {
		x.source.failed(fmt.Errorf("was read and stays: %w", err))
		return false
	}
	x.letters.Add(1)
	n := uint64(l.sent)
	x.source.put(handlers.Event{Data: &n, Changes: []coalesce.Change{{Op: coalesce.Delete, Path: l.path()}}})
	return true
}

// spoolerDetail is for status: how many files were read since the source was opened,
// and how many bytes nobody has read yet.
func spoolerDetail(in intake) map[string]any {
	f, ok := in.(*fifo)
	if !ok {
		return nil
	}
	x, ok := f.intake.(*spooler)
	if !ok {
		return nil
	}
	return map[string]any{"sent": x.letters.Load(), "unread_bytes": x.waiting.Load()}
}
