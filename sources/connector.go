package sources

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
)

// ErrNoConnector is why an Activity can't be activated where the kernel doesn't
// tell of processes: without CAP_NET_ADMIN before Linux 6.6, or outside of the first
// network or pid namespace.
var ErrNoConnector = errors.New("the kernel's process connector is not permitted here (it takes the machine's own network and pid namespaces, and before Linux 6.6 CAP_NET_ADMIN)")

// TryConnector tells, by asking the kernel, why an Activity can't be activated:
// the error wraps ErrNoConnector where it isn't permitted, and is nil where it
// works.
func TryConnector() error {
	k := kernel.Real{}
	fd, err := connectorOpen(k, ProcessExec)
	if err == nil {
		connectorClose(k, fd)
	}
	return err
}

// connectorOpen makes a socket that the kernel has agreed to tell of the kinds.
func connectorOpen(k kernel.Kernel, kinds ProcessAct) (fd int, err error) {
	fd, err = k.ConnectorOpen(kinds.connector())
	if err != nil {
		return -1, connectorRefusal("open", err)
	}
	if err := connectorSubscribe(k, fd); err != nil {
		return -1, errors.Join(err, k.Close(fd))
	}
	return fd, nil
}

// connectorRefusal tells what is not permitted, and won't be, from what went wrong.
func connectorRefusal(what string, err error) error {
	switch err {
	case unix.EPERM, unix.EACCES, unix.EPROTONOSUPPORT, unix.EAFNOSUPPORT, unix.ECONNREFUSED:
		return fmt.Errorf("%w: %s: %w", ErrNoConnector, what, err)
	}
	return fmt.Errorf("process connector: %s: %w", what, descriptors(err))
}

// connectorClose ends it. Kernels before 6.6 count listeners and don't see them
// close.
func connectorClose(k kernel.Kernel, fd int) {
	_ = k.Sendmsg(fd, connectorRequest(connectorIgnore), nil, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	_ = k.Close(fd)
}

// connectorSubscribe asks for the events. The kernel has answered when the call
// returns; where it listens to nobody it doesn't answer at all.
func connectorSubscribe(k kernel.Kernel, fd int) error {
	ask := func() error {
		return k.Sendmsg(fd, connectorRequest(connectorListen), nil, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	}
	err := ask()
	for err == unix.EINTR {
		err = ask()
	}
	if err != nil {
		return connectorRefusal("subscribe", err)
	}
	var buf [connectorRoom]byte
	for {
		n, from, err := connectorReceive(k, fd, buf[:])
		switch {
		case err == unix.EINTR, err == unix.ENOBUFS:
			continue
		case err == unix.EAGAIN:
			return fmt.Errorf("%w: no answer: %w", ErrNoConnector, err)
		case err != nil:
			return connectorRefusal("no answer", err)
		}
		e, ok := parseConnector(buf[:n])
		switch {
		case !fromKernel(from) || !ok:
		case e.what == connectorAnswer && e.errno != 0:
			return fmt.Errorf("%w: %w", ErrNoConnector, unix.Errno(e.errno))
		case e.what == connectorAnswer:
			return nil
		}
	}
}

func connectorReceive(k kernel.Kernel, fd int, buf []byte) (int, unix.Sockaddr, error) {
	n, _, _, from, err := k.Recvmsg(fd, buf, nil, 0)
	return n, from, err
}

// fromKernel tells the kernel's messages from those that another process sent to
// our socket.
func fromKernel(from unix.Sockaddr) bool {
	nl, ok := from.(*unix.SockaddrNetlink)
	return ok && nl.Pid == 0
}

// Where a message of the connector has what: a netlink header, a connector
// header (struct cn_msg), and struct proc_event.
const (
	netlinkHeader   = unix.SizeofNlMsghdr
	connectorHeader = 20
	eventHeader     = 16
	connectorRoom   = 256 // longer than any message

	atWhat  = netlinkHeader + connectorHeader
	atEvent = atWhat + eventHeader
)

// Kinds of events and requests (linux/cn_proc.h).
const (
	connectorAnswer = 0x0
	connectorFork   = 0x1
	connectorExec   = 0x2
	connectorComm   = 0x200

	connectorListen = 1
	connectorIgnore = 2

	connectorProcesses = 1 // the index and value of the connector's processes
)

// connector is the mask as the connector knows it.
func (kinds ProcessAct) connector() (mask uint32) {
	for kind, bit := range map[ProcessAct]uint32{
		ProcessFork: connectorFork, ProcessExec: connectorExec, ProcessName: connectorComm,
	} {
		if kinds&kind != 0 {
			mask |= bit
		}
	}
	return mask
}

// connectorEvent is one event: the thread pid of the process tgid did it.
type connectorEvent struct {
	what      uint32
	errno     uint32 // of an answer
	pid, tgid int
	child     connectorTask // of a fork
}

type connectorTask struct{ pid, tgid int }

// act is what a process did; false for what threads do among themselves.
func (e connectorEvent) act() (Act, bool) {
	switch {
	case e.tgid <= 0:
	case e.what == connectorExec:
		return Act{Kind: ProcessExec, PID: e.tgid}, true
	case e.what == connectorComm && e.pid == e.tgid:
		return Act{Kind: ProcessName, PID: e.tgid}, true
	case e.what == connectorFork && e.child.pid == e.child.tgid && e.child.tgid > 0:
		return Act{Kind: ProcessFork, PID: e.tgid, Child: e.child.tgid}, true
	}
	return Act{}, false
}

// parseConnector takes a datagram apart; false when it is none of the process
// connector's.
func parseConnector(data []byte) (connectorEvent, bool) {
	if len(data) < atEvent+8 {
		return connectorEvent{}, false
	}
	word := func(at int) uint32 { return binary.NativeEndian.Uint32(data[at:]) }
	if length := word(0); length < atEvent+8 || uint64(length) > uint64(len(data)) {
		return connectorEvent{}, false
	}
	if word(netlinkHeader) != connectorProcesses || word(netlinkHeader+4) != connectorProcesses {
		return connectorEvent{}, false
	}
	e := connectorEvent{what: word(atWhat)}
	if e.what == connectorAnswer {
		e.errno = word(atEvent)
		return e, true
	}
	number := func(at int) int { return int(int32(word(at))) }
	e.pid, e.tgid = number(atEvent), number(atEvent+4)
	if e.what == connectorFork {
		if word(0) < atEvent+16 {
			return connectorEvent{}, false
		}
		e.child = connectorTask{number(atEvent + 8), number(atEvent + 12)}
	}
	return e, true
}

// connectorRequest is a message that begins or ends listening.
func connectorRequest(op uint32) []byte {
	const size = netlinkHeader + connectorHeader + 4
	b := make([]byte, 0, size)
	order := binary.NativeEndian
	b = order.AppendUint32(b, size)
	b = order.AppendUint16(b, unix.NLMSG_DONE)
	b = append(b, make([]byte, 10)...) // flags, sequence, pid
	b = order.AppendUint32(b, connectorProcesses)
	b = order.AppendUint32(b, connectorProcesses)
	b = append(b, make([]byte, 8)...) // sequence, acknowledgement
	b = order.AppendUint16(b, 4)      // what follows
	b = append(b, 0, 0)
	return order.AppendUint32(b, op)
}
