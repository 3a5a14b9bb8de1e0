package sources

import (
	"encoding/binary"
	"sync"

	"golang.org/x/sys/unix"
)

const (
	sizeofFD = 4
	// controlSpace is room for all the control messages of a message: credentials,
	// the 253 descriptors it can carry at most (SCM_MAX_FD), and what a program may
	// have the kernel add besides: a security label, a pidfd, a time stamp.
	controlSpace = 2 << 10
)

// portBuffers is what a message is received into. They are shared by all ports,
// so that one that waits has none.
type portBuffers struct {
	data    []byte // Limit bytes
	control []byte // what there is room for
	space   [controlSpace]byte
	whole   []byte // data, as long as it is
}

var (
	portPool = sync.Pool{New: func() any { return new(portBuffers) }}

	credentialSpace = unix.CmsgSpace(unix.SizeofUcred)
)

func takePortBuffers(o PortOptions) *portBuffers {
	b := portPool.Get().(*portBuffers)
	if len(b.whole) < o.Limit {
		b.whole = make([]byte, o.Limit)
	}
	b.data = b.whole[:o.Limit]
	// The kernel puts credentials first. Where there is no room for descriptors
	// it doesn't even open them, and says MSG_CTRUNC.
	b.control = b.space[:credentialSpace]
	if o.TakeFDs {
		b.control = b.space[:]
	}
	return b
}

// giveBack keeps the buffers for another, unless they are uncommonly large.
func (b *portBuffers) giveBack() {
	if len(b.whole) <= DefaultPortLimit {
		portPool.Put(b)
	}
}

// receiveOne takes one message off the socket. end is the end of a connection.
func (in *portIntake) receiveOne(b *portBuffers) (m Message, end bool, err error) {
	n, control, flags, from, err := in.source.Reactor().Kernel().Recvmsg(in.fd, b.data, b.control, unix.MSG_TRUNC)
	if err != nil {
		return Message{}, false, err
	}
	// An empty message has credentials; the end of a connection has nothing.
	if n == 0 && control == 0 && in.connection && flags&unix.MSG_CTRUNC == 0 {
		return Message{}, true, nil
	}
	m = Message{Length: n, Truncated: flags&unix.MSG_TRUNC != 0, FDsLost: flags&unix.MSG_CTRUNC != 0}
	if to, ok := from.(*unix.SockaddrUnix); ok {
		m.Addr = to.Name
	}
	in.parse(&m, b.control[:control])
	if m.Truncated || m.FDsLost {
		m.FDsLost = m.FDsLost || len(m.FDs) > 0
		in.closeAll(m.FDs)
		m.FDs = nil
	}
	if !m.Truncated {
		m.Data = append([]byte{}, b.data[:n]...)
	}
	return m, false, nil
}

// parse finds the sender and the descriptors in the control messages.
func (in *portIntake) parse(m *Message, control []byte) {
	// What the kernel writes is well-formed, also when it had to stop early:
	// what comes before a fault is taken, so that no descriptor is overlooked.
	for len(control) >= unix.SizeofCmsghdr {
		header, data, rest, err := unix.ParseOneSocketControlMessage(control)
		if err != nil {
			break
		}
		control = rest
		if header.Level != unix.SOL_SOCKET {
			continue
		}
		// Not by package unix: it panics over messages that were cut off.
		switch header.Type {
		case unix.SCM_RIGHTS:
			for ; len(data) >= sizeofFD; data = data[sizeofFD:] {
				m.FDs = append(m.FDs, int(binary.NativeEndian.Uint32(data)))
			}
		case unix.SCM_CREDENTIALS:
			if len(data) < unix.SizeofUcred {
				continue
			}
			peer := &unix.Ucred{
				Pid: int32(binary.NativeEndian.Uint32(data)),
				Uid: binary.NativeEndian.Uint32(data[4:]),
				Gid: binary.NativeEndian.Uint32(data[8:]),
			}
			if known(peer) {
				m.Peer = peer
			}
		}
	}
	if m.Peer == nil && in.connection {
		if peer, err := unix.GetsockoptUcred(in.fd, unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil && known(peer) {
			m.Peer = peer
		}
	}
}

// overflowUser is who a user is that has no number here.
const overflowUser = 65534

// known reports whether credentials say anything. What was sent before anybody
// asked for them has pid 0 and nobody's user; pid 0 alone is a process of a pid
// namespace that has no number in ours.
func known(peer *unix.Ucred) bool { return peer.Pid != 0 || peer.Uid != overflowUser }
