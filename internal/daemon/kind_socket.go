package daemon

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/reactor"
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
	file      *place
	paused    int
	cancelled bool
	ends      *ends // sockets and files, and one until Cancel
	ended     func()
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
	t := &standing{source: s, path: c.Address, open: open, ended: ended}
	t.ends = newEnds(1, t.end)
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
	t.ends.add()
	in, err := t.open(t.ends.one)
	if err != nil {
		t.ends.one()
		return err
	}
	if err := in.Activate(); err != nil {
		return err // its cancel handler runs
	}
	file, err := t.watch()
	if err != nil {
		in.Cancel()
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sockets, t.file = append(t.sockets, in), file
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

// watch watches the file at the path.
func (t *standing) watch() (*place, error) {
	fd, err := unix.Open(t.path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("watch the file %s: %w", t.path, err)
	}
	var file *place
	file, err = t.source.watchPlace(t.path, fd, func() {
		file.Cancel()
		t.source.failed(errors.New("the socket's file was removed or moved: it is made anew"))
		t.renew()
	}, t.ends.one)
	if err != nil {
		return nil, err
	}
	t.ends.add()
	return file, file.Activate()
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

// end takes the file away, if it is still ours.
func (t *standing) end() {
	t.mu.Lock()
	file := t.file
	t.mu.Unlock()
	if file != nil && file.holds() {
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
	t.ends.one()
}

// all are its sockets, the one at the path last.
func (t *standing) all() []intake {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.sockets)
}
