package sources

import (
	"errors"
	"fmt"
	"math"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
)

// Message is one message of a port, whole, with who sent it.
type Message struct {
	// Data is the caller's to keep; empty for an empty message, nil for a
	// truncated one.
	Data []byte
	// Length is how long the message was.
	Length int
	// Truncated says that Length was over the limit. Nothing of it is given: a
	// part would be taken for the whole. Its descriptors are closed.
	Truncated bool
	// Peer is who sent it, by the kernel's word (SCM_CREDENTIALS); nil where the
	// kernel doesn't know, as for what was sent before there was a port.
	Peer *unix.Ucred
	// Addr is where the sender is bound: a path, or @ and an abstract name.
	// Empty for one that isn't, and for a connection.
	Addr string
	// FDs are the descriptors that were passed, close-on-exec. They are the
	// handler's to close.
	FDs []int
	// FDsLost says that descriptors were passed and are not in FDs: the port
	// takes none, or this process could not open them all. It is all or none.
	FDsLost bool
}

// PortEvent is what a port delivers: what came since the last call, in order.
type PortEvent struct {
	Messages []Message
	// HangUp says that the other end of a connection is gone, or will send no
	// more. It is told once, with or after its last message.
	HangUp bool
	// Err says why nothing more will come, where that is no plain hang-up:
	// unix.ECONNRESET (with HangUp) when the other end went without having read
	// all we sent, reactor.ErrStale when the descriptor was closed by somebody.
	Err error
}

// PortOptions says how a port receives. The zero value is ready.
type PortOptions struct {
	// Limit is the longest message in bytes, at most MaxPortLimit; 0 is
	// DefaultPortLimit. A buffer of that size is in use while messages are
	// received, and none while the port waits.
	Limit int
	// Batch is how many messages one call gets at most; 0 is DefaultPortBatch.
	Batch int
	// TakeFDs hands on the descriptors messages carry. Without it they never
	// enter this process.
	TakeFDs bool
}

// Bounds and defaults of PortOptions.
const (
	DefaultPortLimit = 64 << 10
	MaxPortLimit     = 16 << 20
	DefaultPortBatch = 64
)

// Port is a source of messages from a unix socket: a bound datagram socket, or
// a connection of type seqpacket. It stands for GCD's Mach ports.
//
// Messages arrive whole and in order, with the sender's process and user as the
// kernel knows them. They stay in the kernel until a call is about to start and
// are then taken a batch at a time, so that a slow handler or a suspended
// source makes the sender wait or get EAGAIN and costs no memory here (clauses
// R1 and DV1). What was sent before activation arrives after it (clause S6).
//
// A descriptor that was passed is in exactly one place: in a message the
// handler was called with, or closed. That holds for messages that are dropped
// at a cancel (clause C2) or for want of a handler (clause S17), too.
//
// One socket has one port, under whatever number it is open: what one took in
// another would miss. The socket belongs to the caller, who closes it in the
// cancel handler.
type Port struct {
	*reactor.Source[PortEvent]
	intake *portIntake
}

// NewPort returns an inactive port over fd. It refuses what isn't a unix
// datagram socket or a connected one of type seqpacket (clause S1). Activate
// has the kernel add credentials to messages (SO_PASSCRED), and fails when the
// socket has a port already.
func NewPort(label string, target *reactor.Queue, fd int, o PortOptions) (*Port, error) {
	if o.Limit < 0 || o.Limit > MaxPortLimit {
		return nil, fmt.Errorf("port: limit %d: want at most %d bytes", o.Limit, MaxPortLimit)
	}
	if o.Batch < 0 {
		return nil, fmt.Errorf("port: batch %d: want 0 or more messages", o.Batch)
	}
	if o.Limit == 0 {
		o.Limit = DefaultPortLimit
	}
	if o.Batch == 0 {
		o.Batch = DefaultPortBatch
	}
	r := reactor.Default()
	if target != nil {
		r = target.Reactor()
	}
	in := &portIntake{fd: fd, options: o}
	if err := in.check(r.Kernel()); err != nil {
		return nil, fmt.Errorf("port %s: descriptor %d: %w", label, fd, err)
	}
	in.source = reactor.NewSource(label, target, in, in)
	in.retry = in.source.Reactor().NewAlarm(reactor.Monotonic, in.again)
	return &Port{in.source, in}, nil
}

// check refuses descriptors that are no port's.
func (in *portIntake) check(k kernel.Kernel) error {
	if in.fd < 0 || in.fd > math.MaxInt32 {
		return unix.EBADF
	}
	option := func(which int) (int, error) {
		return k.SocketOption(in.fd, unix.SOL_SOCKET, which)
	}
	domain, err := option(unix.SO_DOMAIN)
	if err != nil {
		return err
	}
	kind, err := option(unix.SO_TYPE)
	if err != nil {
		return err
	}
	if domain != unix.AF_UNIX || kind != unix.SOCK_DGRAM && kind != unix.SOCK_SEQPACKET {
		return errors.New("want a unix socket of type datagram or seqpacket")
	}
	in.connection = kind == unix.SOCK_SEQPACKET
	if in.connection {
		n, err := option(unix.SO_ACCEPTCONN)
		if err != nil {
			return err
		}
		if n != 0 {
			return errors.New("it listens: have a read source accept, and make a port of each connection")
		}
		// A connection whose other end has gone is one still.
		if _, err := unix.Getpeername(in.fd); errors.Is(err, unix.ENOTCONN) {
			return err
		}
	}
	return nil
}

// OnEvent sets the event handler as reactor.Source does. The descriptors in an
// event are the handler's from its call on.
func (p *Port) OnEvent(f func(PortEvent)) {
	if f == nil {
		p.Source.OnEvent(nil)
		return
	}
	p.Source.OnEvent(func(ev PortEvent) {
		p.intake.handedOn()
		f(ev)
	})
}

// Reply sends data, with descriptors if there are any, to where a message came
// from: to its Addr, or to the other end of the connection. It never waits:
// unix.EAGAIN says that the receiver is behind. The descriptors stay the
// caller's; over a connection data that goes with them must not be empty, or
// becomes one byte, 0. Call it before the cancel handler has closed the socket, as the
// event handler is.
func (p *Port) Reply(to Message, data []byte, fds ...int) error {
	var addr unix.Sockaddr
	if to.Addr != "" {
		addr = &unix.SockaddrUnix{Name: to.Addr}
	}
	var rights []byte
	if len(fds) > 0 {
		rights = unix.UnixRights(fds...)
	}
	for {
		err := p.Reactor().Kernel().Sendmsg(p.intake.fd, data, rights, addr)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ENOTCONN) && addr == nil:
			return fmt.Errorf("port %s: reply: %w (a sender must bind its socket to get replies)", p.Label(), err)
		case err != nil:
			return fmt.Errorf("port %s: reply: %w", p.Label(), err)
		}
		return nil
	}
}
