package daemon

import (
	"io/fs"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/sources"
)

func openVnode(s *source, ended func()) (intake, error) {
	c := s.config.Vnode
	var mask sources.VnodeMask
	for _, name := range c.Events {
		op, err := coalesce.ParseOp(name)
		if err != nil {
			return nil, err
		}
		mask |= sources.VnodeBit(op)
	}
	fd, err := unix.Open(c.Path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: c.Path, Err: err}
	}
	src, err := s.daemon.vnodes.New(s.config.Name, s.queue, fd, mask)
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	src.OnEvent(func(e sources.VnodeEvent) {
		data := uint64(e.Data)
		s.put(handlers.Event{Data: &data, Changes: e.Changes})
	})
	src.OnCancel(func() { _ = unix.Close(fd); ended() })
	return src, nil
}
