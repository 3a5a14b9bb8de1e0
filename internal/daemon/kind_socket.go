package daemon

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// openSocket makes a socket of a source and the intake over it, which closes it
// and calls ended at its end.
type openSocket func(ended func()) (intake, error)

// standing is the intake of a socket at a path, which is made anew when its file
// is removed or moved underneath: otherwise nobody could reach the source any
// more. Who has the former one still open is served by it, until the next time.
type standing struct {
	source *source
	path   string
	open   openSocket
	again  *reactor.Alarm // renews, after that failed

	mu        sync.Mutex
	sockets   []intake // the last is the one at the path
	file      *reactor.Source[sources.VnodeEvent]
	of        unix.Stat_t // the file
	paused    int
	cancelled bool
	left      int    // sockets and files that have not ended, and one until Cancel
	ended     func() // when none is left
}

// mostFormer is how many former sockets are kept.
const mostFormer = 1

// renewAgain is when a socket that couldn't be made is tried again.
const renewAgain = time.Second

// openStanding is an intake over what open makes, made anew if it has a path.
func openStanding(s *source, c *configs.Listen, ended func(), open openSocket) (intake, error) {
	if !hasPath(c) {
		return open(ended)
	}
	t := &standing{source: s, path: c.Address, open: open, left: 1, ended: ended}
	t.again = s.daemon.reactor.NewAlarm(reactor.Monotonic, func(reactor.Instant) { s.queue.Async(t.renew) })
	return t, nil
}

// Activate implements intake.
func (t *standing) Activate() error {
	err := t.make()
	if err != nil {
		t.Cancel()
	}
	return err
}

// make makes the socket and a watch on its file. It runs on the intake queue.
func (t *standing) make() error {
	t.add(1)
	in, err := t.open(t.gone)
	if err != nil {
		t.gone()
		return err
	}
	if err := in.Activate(); err != nil {
		return err // its cancel handler runs
	}
	file, of, err := t.watch()
	if err != nil {
		in.Cancel()
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sockets, t.file, t.of = append(t.sockets, in), file, of
	for range t.paused {
		in.Suspend()
	}
	if t.cancelled {
		in.Cancel()
		file.Cancel()
		return nil
	}
	for len(t.sockets) > 1+mostFormer {
		former := t.sockets[0]
		t.sockets = t.sockets[1:]
		former.Cancel()
		for range t.paused {
			former.Resume() // or it would not end
		}
	}
	return nil
}

// watch watches the file at the path, and says which it is.
func (t *standing) watch() (file *reactor.Source[sources.VnodeEvent], of unix.Stat_t, err error) {
	fd, err := unix.Open(t.path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err == nil {
		err = unix.Fstat(fd, &of)
	}
	if err == nil {
		file, err = t.source.daemon.vnodes.New(t.source.config.Name+" file", t.source.queue, fd,
			sources.VnodeBit(coalesce.Delete)|sources.VnodeBit(coalesce.Rename))
	}
	if err != nil {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
		return nil, of, fmt.Errorf("watch the socket's file %s: %w", t.path, err)
	}
	t.add(1)
	moved := sync.OnceFunc(func() {
		file.Cancel()
		t.source.failed(errors.New("the socket's file was removed or moved: it is made anew"))
		t.renew()
	})
	file.OnEvent(func(sources.VnodeEvent) { moved() })
	file.OnCancel(func() { _ = unix.Close(fd); t.gone() })
	err = file.Activate()
	if err == nil && !t.isAt(of) { // since it was opened, and before it was watched
		t.source.queue.Async(moved)
	}
	return file, of, err
}

// isAt reports whether that file is at the path.
func (t *standing) isAt(file unix.Stat_t) bool {
	var now unix.Stat_t
	return unix.Lstat(t.path, &now) == nil && now.Ino == file.Ino && now.Dev == file.Dev
}

// renew makes the socket anew, or tries it again later.
func (t *standing) renew() {
	t.mu.Lock()
	over := t.cancelled
	t.mu.Unlock()
	if over {
		return
	}
	if err := t.make(); err != nil {
		t.source.failed(err)
		at := t.source.daemon.reactor.Now(reactor.Monotonic).Add(renewAgain)
		if err := t.again.Set(at, at.Add(renewAgain/4)); err != nil {
			t.source.failed(err)
		}
		return
	}
	t.source.works(taking)
}

func (t *standing) add(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.left += n
}

// gone counts what has ended. The last takes the file away, if it is still ours.
func (t *standing) gone() {
	t.mu.Lock()
	t.left--
	last, of := t.left == 0, t.of
	t.mu.Unlock()
	if !last {
		return
	}
	if t.isAt(of) {
		_ = os.Remove(t.path)
	}
	t.ended()
}

// Suspend implements intake.
func (t *standing) Suspend() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.paused++
	for _, in := range t.sockets {
		in.Suspend()
	}
}

// Resume implements intake.
func (t *standing) Resume() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.paused--
	for _, in := range t.sockets {
		in.Resume()
	}
}

// Cancel implements intake.
func (t *standing) Cancel() {
	t.mu.Lock()
	if t.cancelled {
		t.mu.Unlock()
		return
	}
	t.cancelled = true
	t.again.Stop()
	if t.file != nil {
		t.file.Cancel()
	}
	for _, in := range t.sockets {
		in.Cancel()
	}
	t.mu.Unlock()
	t.gone()
}

// all are its sockets, the one at the path last.
func (t *standing) all() []intake {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.sockets)
}
