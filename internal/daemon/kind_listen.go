package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// mostConnections is how many connections one listener keeps open. Others wait
// in the kernel's backlog.
const mostConnections = 1024

// acceptAgain is when a listener that is out of descriptors tries again.
const acceptAgain = time.Second

// listener is the intake of a read source that listens: the listening socket
// and the connections it accepted, each read by its own source. It is
// suspended, resumed and cancelled as one.
type listener struct {
	*reactor.Source[sources.Ready]
	source *source
	fd     int
	ended  func()
	again  *reactor.Alarm // resumes accepting after EMFILE

	mu        sync.Mutex
	conns     map[*reactor.Source[sources.Ready]]struct{}
	paused    int
	cancelled bool
	open      int // the listening socket and the connections
	crowded   bool
}

func openListener(s *source, ended func()) (intake, error) {
	c := s.config.Read.Listen
	if c.Network != "tcp" {
		if err := os.MkdirAll(filepath.Dir(c.Address), 0o755); err != nil {
			return nil, err
		}
	}
	fd, err := sources.Listen(c.Network, c.Address)
	if err != nil {
		return nil, err
	}
	l := &listener{source: s, fd: fd, ended: ended, open: 1, conns: map[*reactor.Source[sources.Ready]]struct{}{}}
	l.Source = sources.NewRead(s.config.Name, s.queue, fd)
	l.again = s.daemon.reactor.NewAlarm(reactor.Monotonic, func(reactor.Instant) { l.Source.Resume() })
	l.OnEvent(func(sources.Ready) { l.accept() })
	l.OnCancel(func() {
		_ = unix.Close(fd)
		if c.Network != "tcp" {
			_ = os.Remove(c.Address)
		}
		l.gone()
	})
	return l, nil
}

// accept takes one connection: what waits behind it is told again.
func (l *listener) accept() {
	conn, err := sources.Accept(l.fd)
	switch {
	case errors.Is(err, unix.EAGAIN):
		return
	case err != nil:
		l.source.failed(fmt.Errorf("accept: %w; trying again in %v", err, acceptAgain))
		l.Source.Suspend()
		at := l.source.daemon.reactor.Now(reactor.Monotonic).Add(acceptAgain)
		if err := l.again.Set(at, at); err != nil {
			l.source.failed(err)
			l.Source.Resume()
		}
		return
	}
	src := sources.NewRead(l.source.config.Name+" "+conn.Addr, l.source.queue, conn.FD)
	r := &lineReader{source: l.source, fd: conn.FD, peer: peer(conn), lines: sources.Lines{Max: int(l.source.config.Read.Limit)}}
	r.end = func(err error) {
		if err != nil {
			l.source.log.Debug().Err(err).Str("peer", conn.Addr).Msg("connection broke")
		}
		src.Cancel()
	}
	r.packets = l.source.config.Read.Listen.Network == "unixpacket"
	src.OnEvent(func(sources.Ready) { r.read() })
	src.OnCancel(func() {
		_ = unix.Close(conn.FD)
		l.remove(src)
	})
	l.add(src)
	if err := src.Activate(); err != nil {
		l.source.failed(err)
	}
}

func peer(c sources.Connection) *handlers.Peer {
	p := &handlers.Peer{Addr: c.Addr}
	if c.Credentials != nil {
		p.PID, p.UID, p.GID = int(c.Credentials.Pid), &c.Credentials.Uid, &c.Credentials.Gid
	}
	return p
}

func (l *listener) add(src *reactor.Source[sources.Ready]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns[src] = struct{}{}
	l.open++
	for range l.paused {
		src.Suspend()
	}
	if l.cancelled {
		src.Cancel()
	}
	if len(l.conns) == mostConnections {
		l.crowded = true
		l.Source.Suspend()
	}
}

func (l *listener) remove(src *reactor.Source[sources.Ready]) {
	l.mu.Lock()
	delete(l.conns, src)
	if l.crowded {
		l.crowded = false
		l.Source.Resume()
	}
	l.mu.Unlock()
	l.gone()
}

// gone counts what has been closed; the last ends the intake.
func (l *listener) gone() {
	l.mu.Lock()
	l.open--
	last := l.open == 0
	l.mu.Unlock()
	if last {
		l.ended()
	}
}

// Suspend implements intake.
func (l *listener) Suspend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paused++
	l.Source.Suspend()
	for c := range l.conns {
		c.Suspend()
	}
}

// Resume implements intake.
func (l *listener) Resume() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paused--
	l.Source.Resume()
	for c := range l.conns {
		c.Resume()
	}
}

// Cancel implements intake.
func (l *listener) Cancel() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cancelled = true
	if l.again.Stop() {
		l.Source.Resume()
	}
	if l.crowded {
		l.crowded = false
		l.Source.Resume()
	}
	l.Source.Cancel()
	for c := range l.conns {
		c.Cancel()
	}
}
