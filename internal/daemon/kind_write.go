package daemon

import (
	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/sources"
)

func openWrite(s *source, ended func()) (intake, error) {
	c := s.config.Write
	if sends(s.config) {
		return openSpooler(s, ended)
	}
	fd, err := s.openDescriptor(c.Fifo, unix.O_RDWR, c.Path, unix.O_WRONLY, c.FD)
	if err != nil {
		return nil, err
	}
	src := sources.NewWrite(s.config.Name, s.queue, fd)
	var in intake = src
	if c.Fifo != "" {
		ended = last(2, ended)
		file, err := watchFifo(s, fd, ended, s.reopen)
		if err != nil {
			_ = unix.Close(fd)
			return nil, err
		}
		in = &fifo{src, file}
	}
	src.OnEvent(func(r sources.Ready) { tell(s, r) })
	src.OnCancel(func() { _ = unix.Close(fd); ended() })
	return in, nil
}
