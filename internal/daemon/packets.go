package daemon

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/sources"
)

// packets is how a socket is read whose sender's packets are kept apart.
type packets struct {
	// endless is a socket that has no end: of datagrams.
	endless bool
	// marked says that the kernel adds credentials to each packet, which the end of
	// a connection hasn't. Nothing else tells an empty packet from it.
	marked  bool
	control []byte
}

// packetsOf is nil for a descriptor that gives a stream of bytes.
func packetsOf(fd int) (*packets, error) {
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	switch {
	case errors.Is(err, unix.ENOTSOCK):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("type of socket: %w", err)
	case kind == unix.SOCK_DGRAM:
		return &packets{endless: true}, nil
	case kind != unix.SOCK_SEQPACKET:
		return nil, nil
	}
	family, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil {
		return nil, fmt.Errorf("family of socket: %w", err)
	}
	if family != unix.AF_UNIX {
		return &packets{}, nil
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PASSCRED, 1); err != nil {
		return nil, fmt.Errorf("ask for the senders of packets: %w", err)
	}
	return &packets{marked: true, control: make([]byte, unix.CmsgSpace(unix.SizeofUcred))}, nil
}

// size is how long the next packet is: what doesn't fit would be lost.
func (*packets) size(fd int) int {
	n, _, err := unix.Recvfrom(fd, nil, unix.MSG_PEEK|unix.MSG_TRUNC)
	if err != nil {
		return 0 // what is wrong is told when it is received
	}
	return n
}

// receive takes one packet into buffer; end is the end of the connection.
func (p *packets) receive(fd int, buffer []byte) (n int, end bool, err error) {
	n, control, flags, _, err := unix.Recvmsg(fd, buffer, p.control, 0)
	if err != nil || n > 0 || p.endless {
		return n, false, err
	}
	return 0, !p.marked || control == 0 && flags&unix.MSG_CTRUNC == 0, nil
}

// split makes frames of a packet, whose end ends a line or message.
func (*packets) split(s sources.Splitter, framing sources.Framing, packet []byte) []sources.Frame {
	if framing == sources.FramingWhole && len(packet) == 0 {
		return []sources.Frame{{Data: []byte{}}} // of an empty stream it makes none
	}
	return append(s.Split(packet), s.End()...)
}
