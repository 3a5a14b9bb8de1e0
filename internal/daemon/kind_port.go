package daemon

import (
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/rs/zerolog"

	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/sources"
)

// portMode is the mode of a port's socket: who may send.
const portMode = 0o660

// openPort makes the socket. A datagram socket is one port; of a seqpacket
// socket every connection is one.
func openPort(s *source, ended func()) (intake, error) {
	c := s.config.Port.Listen
	return openStanding(s, c, ended, func(ended func()) (intake, error) {
		if err := makeSocketDirectory(c); err != nil {
			return nil, err
		}
		fd, err := sources.ListenPort(c.Network, c.Address, portMode)
		if err != nil {
			return nil, err
		}
		if c.Network == "unixpacket" {
			return newListener(s, fd, portConnection, ended), nil
		}
		p, err := newPort(s, s.config.Name, fd, nil, func() { _ = unix.Close(fd); ended() })
		if err != nil {
			_ = unix.Close(fd)
			return nil, err
		}
		return p, nil
	})
}

func portConnection(l *listener, conn sources.Connection, gone func()) (intake, error) {
	return newPort(l.source, l.source.config.Name+" connection", conn.FD, peer(conn), gone)
}

// port is the intake over one socket, and what it counts for status.
type port struct {
	*sources.Port
	dropped *atomic.Uint64
	lost    *atomic.Uint64 // messages without the descriptors they carried
}

// newPort makes events of what arrives at fd. from is the other end of a
// connection, whose end is an event too.
func newPort(s *source, label string, fd int, from *handlers.Peer, ended func()) (*port, error) {
	src, err := sources.NewPort(label, s.queue, fd, sources.PortOptions{Limit: int(s.config.Port.Limit), TakeFDs: s.config.Port.Descriptors})
	if err != nil {
		return nil, err
	}
	p := &port{Port: src, dropped: new(atomic.Uint64), lost: new(atomic.Uint64)}
	src.OnEvent(func(ev sources.PortEvent) { p.took(s, ev, from) })
	src.OnCancel(ended)
	return p, nil
}

func (p *port) took(s *source, ev sources.PortEvent, from *handlers.Peer) {
	var messages []handlers.Message
	var faults []error // told behind what was whole
	for i := range ev.Messages {
		m := &ev.Messages[i]
		if m.Truncated {
			p.dropped.Add(1)
			faults = append(faults, fmt.Errorf("a message of %d bytes was dropped: limit is %d; raise limit, or send less at once", m.Length, s.config.Port.Limit))
			continue
		}
		message := handlers.Message{Data: string(m.Data), Peer: sender(m)}
		switch {
		case !m.FDsLost:
		case s.config.Port.Descriptors:
			p.lost.Add(1)
			message.DescriptorsLost = true
			s.failed(errDescriptorsLost)
		default:
			s.log(zerolog.DebugLevel).Msg("descriptors that came with a message were not taken")
		}
		if len(m.FDs) > 0 { // an event of its own, behind those before it
			s.putMessages(messages)
			messages = nil
			s.put(handlers.Event{Messages: []handlers.Message{message}, Descriptors: s.hold(m.FDs...)})
			continue
		}
		messages = append(messages, message)
	}
	s.putMessages(messages)
	for _, err := range faults {
		s.failed(err)
	}
	switch {
	case from == nil && ev.Err != nil:
		s.lost(ev.Err)
	case from != nil && (ev.HangUp || ev.Err != nil):
		if ev.Err != nil && !errors.Is(ev.Err, unix.ECONNRESET) {
			s.failed(ev.Err)
		}
		s.put(handlers.Event{EOF: true, Peer: from})
		p.Cancel()
	}
}

// errDescriptorsLost is what a message without its descriptors means: the kernel had room
// to tell of them, and the process none for another.
var errDescriptorsLost = errors.New("a message came without the descriptors it carried: the daemon's are used up (raise LimitNOFILE or ulimit -n)")

func (s *source) putMessages(messages []handlers.Message) {
	if len(messages) > 0 {
		s.put(handlers.Event{Messages: messages})
	}
}

// sender is who sent a message.
func sender(m *sources.Message) *handlers.Peer {
	if m.Peer == nil && m.Addr == "" {
		return nil
	}
	from := &handlers.Peer{Addr: m.Addr}
	if m.Peer != nil {
		from.PID, from.UID, from.GID = int(m.Peer.Pid), &m.Peer.Uid, &m.Peer.Gid
	}
	return from
}

func portDetail(in intake) map[string]any {
	all := []intake{in}
	if t, ok := in.(*standing); ok {
		all = t.all()
	}
	if len(all) == 0 {
		return nil
	}
	if p, ok := all[len(all)-1].(*port); ok {
		return map[string]any{"dropped": p.dropped.Load(), "descriptors_lost": p.lost.Load()}
	}
	return listenDetail(in)
}
