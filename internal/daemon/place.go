package daemon

import (
	"fmt"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// place is a watch on the file at a path, of a FIFO or a socket. Without it one that
// is removed or moved away leaves a source that nobody can reach.
type place struct {
	*reactor.Source[sources.VnodeEvent]
	queue *reactor.Queue
	path  string
	fd    int
	file  unix.Stat_t
	moved func()
}

// watchPlace watches the file of fd, which is open with O_PATH and taken over; it was
// at path. moved is called once, on the intake queue, when it isn't there any more, and
// ended when the watch has ended.
func (s *source) watchPlace(path string, fd int, moved, ended func()) (*place, error) {
	p := &place{queue: s.queue, path: path, fd: fd, moved: sync.OnceFunc(moved)}
	err := unix.Fstat(fd, &p.file)
	if err == nil {
		p.Source, err = s.daemon.vnodes.New(s.config.Name+" file", s.queue, fd,
			sources.VnodeBit(coalesce.Delete)|sources.VnodeBit(coalesce.Rename))
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("watch the file %s: %w", path, err)
	}
	p.OnEvent(func(sources.VnodeEvent) { p.moved() })
	p.OnCancel(ended)
	return p, nil
}

// Activate implements intake. What happened since the file was opened, and before it
// was watched, is seen by looking.
func (p *place) Activate() error {
	err := p.Source.Activate()
	_ = unix.Close(p.fd) // an active one has its own
	if err == nil && !p.holds() {
		p.queue.Async(func() {
			if !p.Cancelled() {
				p.moved()
			}
		})
	}
	return err
}

// holds reports whether the file is at the path.
func (p *place) holds() bool {
	var now unix.Stat_t
	return unix.Lstat(p.path, &now) == nil && now.Ino == p.file.Ino && now.Dev == p.file.Dev
}
