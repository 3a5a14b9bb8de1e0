package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rs/zerolog"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// mostConnections is how many connections one listener keeps open. Others wait
// in the kernel's backlog.
const mostConnections = 1024

// acceptAgain is when a listener that is out of descriptors tries again.
const acceptAgain = time.Second

// listener is the intake of a source that listens: the listening socket and the
// connections it accepted, each with an intake of its own. It is
// suspended, resumed and cancelled as one.
type listener struct {
	*reactor.Source[sources.Ready]
	source  *source
	fd      int
	connect connection
	ends    *ends          // the listening socket and the connections
	again   *reactor.Alarm // resumes accepting after EMFILE

	mu        sync.Mutex
	conns     map[int]intake // by their descriptors
	paused    int
	cancelled bool
	crowded   bool
}

// connection is what a listener makes of a connection it accepted: an intake
// that calls gone in its cancel handler, which closes the descriptor. nil makes it
// an event of its own, for a handler to talk to (clause XC5).
type connection func(l *listener, c sources.Connection, gone func()) (intake, error)

func openListener(s *source, ended func()) (intake, error) {
	c := s.config.Read.Listen
	connect := readConnection
	if s.config.Read.Framing == "none" {
		connect = nil
	}
	if c.Network == "systemd" {
		return openPassed(s, c.Address, connect, ended)
	}
	return openStanding(s, c, ended, func(ended func()) (intake, error) {
		if err := makeSocketDirectory(c); err != nil {
			return nil, err
		}
		fd, err := sources.Listen(c.Network, c.Address)
		if err != nil {
			return nil, err
		}
		return newListener(s, fd, connect, ended), nil
	})
}

// openPassed listens on what systemd passed.
func openPassed(s *source, name string, connect connection, ended func()) (intake, error) {
	fds, err := s.daemon.inherited.listeners(name)
	if err != nil {
		for _, fd := range fds {
			_ = unix.Close(fd)
		}
		return nil, err
	}
	ended = newEnds(len(fds), ended).one
	var all several
	for _, fd := range fds {
		all = append(all, newListener(s, fd, connect, ended))
	}
	return all, nil
}

// several are intakes that are one.
type several []intake

// Activate implements intake. When one can't be, all are cancelled.
func (all several) Activate() error {
	for _, in := range all {
		if err := in.Activate(); err != nil {
			all.Cancel()
			return err
		}
	}
	return nil
}

// Suspend implements intake.
func (all several) Suspend() {
	for _, in := range all {
		in.Suspend()
	}
}

// Resume implements intake.
func (all several) Resume() {
	for _, in := range all {
		in.Resume()
	}
}

// Cancel implements intake.
func (all several) Cancel() {
	for _, in := range all {
		in.Cancel()
	}
}

// makeSocketDirectory makes the directory of a socket that lies in one.
func makeSocketDirectory(c *configs.Listen) error {
	if !hasPath(c) {
		return nil
	}
	return os.MkdirAll(filepath.Dir(c.Address), 0o755)
}

func hasPath(c *configs.Listen) bool {
	return c.Network != "tcp" && c.Network != "systemd" && !strings.HasPrefix(c.Address, "@")
}

// newListener returns the intake over the listening socket fd, which it closes.
func newListener(s *source, fd int, connect connection, ended func()) *listener {
	l := &listener{source: s, fd: fd, connect: connect, ends: newEnds(1, ended), conns: map[int]intake{}}
	l.Source = sources.NewRead(s.config.Name, s.queue, fd)
	l.again = s.daemon.reactor.NewAlarm(reactor.Monotonic, func(reactor.Instant) { l.Source.Resume() })
	l.OnEvent(func(sources.Ready) { l.accept() })
	l.OnCancel(func() {
		_ = unix.Close(fd)
		l.ends.one()
	})
	return l
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
	l.source.works(taking)
	if l.connect == nil {
		l.source.put(handlers.Event{Peer: peer(conn), Descriptors: l.source.hold(conn.FD)})
		return
	}
	in, err := l.connect(l, conn, func() { l.remove(conn.FD) })
	if err != nil {
		_ = unix.Close(conn.FD)
		l.source.failed(err)
		return
	}
	l.add(conn.FD, in)
	if err := in.Activate(); err != nil {
		l.source.failed(err)
	}
}

// readConnection reads lines or messages of a connection.
func readConnection(l *listener, conn sources.Connection, gone func()) (intake, error) {
	src := sources.NewRead(l.source.config.Name+" "+conn.Addr, l.source.queue, conn.FD)
	r, err := newReader(l.source, conn.FD, func(err error) {
		if err != nil {
			l.source.log(zerolog.DebugLevel).Err(err).Str("peer", conn.Addr).Msg("connection broke")
		}
		src.Cancel()
	})
	if err != nil {
		return nil, err
	}
	r.peer, r.connection = peer(conn), true
	src.OnEvent(r.read)
	src.OnCancel(gone)
	return src, nil
}

func peer(c sources.Connection) *handlers.Peer {
	p := &handlers.Peer{Addr: c.Addr}
	if c.Credentials != nil {
		p.PID, p.UID, p.GID = int(c.Credentials.Pid), &c.Credentials.Uid, &c.Credentials.Gid
	}
	return p
}

func (l *listener) add(fd int, in intake) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns[fd] = in
	l.ends.add()
	for range l.paused {
		in.Suspend()
	}
	if l.cancelled {
		in.Cancel()
	}
	if len(l.conns) == mostConnections {
		l.crowded = true
		l.Source.Suspend()
	}
}

// remove forgets a connection and closes its descriptor, in this order: the
// number may be the next one's.
func (l *listener) remove(fd int) {
	l.mu.Lock()
	delete(l.conns, fd)
	if l.crowded {
		l.crowded = false
		l.Source.Resume()
	}
	l.mu.Unlock()
	_ = unix.Close(fd)
	l.ends.one()
}

// connections is how many are open.
func (l *listener) connections() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.conns)
}

// Suspend implements intake.
func (l *listener) Suspend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paused++
	l.Source.Suspend()
	for _, c := range l.conns {
		c.Suspend()
	}
}

// Resume implements intake.
func (l *listener) Resume() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paused--
	l.Source.Resume()
	for _, c := range l.conns {
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
	for _, c := range l.conns {
		c.Cancel()
	}
}

func listenDetail(in intake) map[string]any {
	var all []intake
	switch in := in.(type) {
	case *listener:
		all = []intake{in}
	case several:
		all = in
	case *standing:
		all = in.all()
	}
	open, held := 0, -1
	for _, one := range all {
		if l, ok := one.(*listener); ok {
			open, held = open+l.connections(), l.source.held()
		}
	}
	if held < 0 {
		return nil
	}
	return map[string]any{"connections": open + held}
}
