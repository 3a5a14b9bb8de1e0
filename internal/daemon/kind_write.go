package daemon

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

func openWrite(s *source, ended func()) (intake, error) {
	c := s.config.Write
	if c.Sends() {
		return openSpooler(s, ended)
	}
	fd, err := s.openDescriptor(c.Fifo, unix.O_RDWR, c.Path, unix.O_WRONLY, c.FD)
	if err != nil {
		return nil, err
	}
	src := sources.NewWrite(s.config.Name, s.queue, fd)
	var in intake = src
	if c.Fifo != "" {
		ended = newEnds(2, ended).one
		file, err := watchFifo(s, c.Fifo, fd, ended, s.reopen)
		if err != nil {
			_ = unix.Close(fd)
			return nil, err
		}
		in = &fifo{src, file}
	}
	src.OnEvent(func(r sources.Ready) { tellRoom(s, r) })
	src.OnCancel(func() { _ = unix.Close(fd); ended() })
	return in, nil
}

// tellRoom makes an event of room to write. That nobody can read it any more is
// one too, the last (clause R9): what a handler writes is refused by then. A
// descriptor that was inherited has no other end to wait for.
func tellRoom(s *source, r sources.Ready) {
	switch {
	case errors.Is(r.Err, reactor.ErrStale):
		s.lost(r.Err)
		return
	case r.Err == nil && !r.HangUp:
		tell(s, r)
		return
	}
	none := uint64(0)
	s.put(handlers.Event{Data: &none, Bytes: &none, EOF: true})
	if s.config.Write.FD == nil {
		s.lost(errNoReader)
		return
	}
	s.finished(errNoReader.Error())
}

// errNoReader is why a write source has ended.
var errNoReader = errors.New("the other end is gone: nobody reads any more")
