package sources

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
)

// Started is what a source of starts delivers: what came since the last call.
type Started struct {
	// PIDs are processes that executed a program or took another name, in the
	// order of the first time, each once.
	PIDs []int
	// Lost tells that there were more: the kernel's queue or MaxStarted didn't
	// hold them. Whoever must know them all looks through /proc.
	Lost bool
}

// MaxStarted is how many processes one call is told of at most.
const MaxStarted = 4096

// ErrNoConnector is why Starts can't be activated where the kernel doesn't tell
// of processes: without CAP_NET_ADMIN, or outside of the first network or pid
// namespace.
var ErrNoConnector = errors.New("the kernel's process connector is not permitted here (it takes CAP_NET_ADMIN, and the machine's own network and pid namespaces)")

// Starts is a source of programs that are executed, by any process of the
// machine, and of processes that change their name, as the kernel's process
// connector tells of them (clause PR2). What else it tells of, forks and exits
// above all, is filtered in the kernel and wakes nobody.
type Starts struct {
	*reactor.Source[Started]
}

// NewStarts returns an inactive source. Activate fails with ErrNoConnector where
// it isn't permitted. It costs a descriptor.
func NewStarts(label string, target *reactor.Queue) *Starts {
	in := &startsIntake{fd: -1}
	in.source = reactor.NewSource(label, target, &in.pending, in)
	in.queue = in.source.Reactor().NewQueue("starts." + label)
	return &Starts{in.source}
}

// startsIntake reads the connector dry as soon as there is something, on a queue
// of its own: its queue in the kernel is short.
type startsIntake struct {
	source  *reactor.Source[Started]
	pending startsPending
	queue   *reactor.Queue
	waits   atomic.Bool // a drain is on its way

	fd    int
	watch *reactor.Watch
}

// Register implements reactor.Intake.
func (in *startsIntake) Register() error {
	k := in.source.Reactor().Kernel()
	fd, err := k.ConnectorOpen()
	switch err {
	case nil:
	case unix.EPERM, unix.EACCES, unix.EPROTONOSUPPORT, unix.EAFNOSUPPORT, unix.ECONNREFUSED:
		return fmt.Errorf("%w: %w", ErrNoConnector, err)
	default:
		return fmt.Errorf("process connector: %w", limits(err))
	}
	in.fd = fd
	if err := in.subscribe(); err != nil {
		return errors.Join(err, k.Close(fd))
	}
	in.watch, err = in.source.Reactor().Watch(fd, reactor.In, reactor.Edge, func(reactor.Readiness) { in.submit() })
	if err != nil {
		return errors.Join(err, k.Close(fd))
	}
	in.submit() // what came before the watch
	return nil
}

// subscribe asks for the events. The kernel has answered when the call returns;
// where it listens to nobody it doesn't answer at all.
func (in *startsIntake) subscribe() error {
	k := in.source.Reactor().Kernel()
	if err := k.Sendmsg(in.fd, connectorRequest(connectorListen), nil, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("%w: %w", ErrNoConnector, err)
	}
	var buf [connectorRoom]byte
	for {
		n, from, err := in.receive(buf[:])
		switch {
		case err == unix.EINTR, err == unix.ENOBUFS:
			continue
		case err != nil:
			return fmt.Errorf("%w: no answer: %w", ErrNoConnector, err)
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

func (in *startsIntake) receive(buf []byte) (int, unix.Sockaddr, error) {
	n, _, _, from, err := in.source.Reactor().Kernel().Recvmsg(in.fd, buf, nil, 0)
	return n, from, err
}

// fromKernel tells the kernel's messages from those that another process sent to
// our socket.
func fromKernel(from unix.Sockaddr) bool {
	nl, ok := from.(*unix.SockaddrNetlink)
	return ok && nl.Pid == 0
}

func (in *startsIntake) submit() {
	if !in.waits.Swap(true) {
		in.queue.Async(in.drain)
	}
}

// drain reads all there is.
func (in *startsIntake) drain() {
	in.waits.Store(false)
	var buf [connectorRoom]byte
	for in.fd >= 0 {
		n, from, err := in.receive(buf[:])
		switch err {
		case nil:
		case unix.EINTR:
			continue
		case unix.ENOBUFS:
			in.pending.lose()
			in.source.Wake()
			continue
		case unix.EAGAIN:
			return
		default:
			in.source.Reactor().Tracer().Failed(in.source.Label(), fmt.Errorf("process connector: %w", err))
			return
		}
		e, ok := parseConnector(buf[:n])
		if ok && fromKernel(from) && e.tells() {
			in.pending.add(e.tgid)
			in.source.Wake()
		}
	}
}

// Rearm implements reactor.Intake: nothing is held off.
func (*startsIntake) Rearm() {}

// Unregister implements reactor.Intake.
func (in *startsIntake) Unregister() {
	in.watch.Close()
	in.queue.Sync(func() { // behind a drain that is on its way
		k := in.source.Reactor().Kernel()
		// Kernels before 6.6 count listeners and don't see them close.
		_ = k.Sendmsg(in.fd, connectorRequest(connectorIgnore), nil, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
		_ = k.Close(in.fd)
		in.fd = -1
	})
}

// startsPending merges starts.
type startsPending struct {
	mu      sync.Mutex
	started Started
}

func (p *startsPending) add(pid int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case slices.Contains(p.started.PIDs, pid):
	case len(p.started.PIDs) == MaxStarted:
		p.started.Lost = true
	default:
		p.started.PIDs = append(p.started.PIDs, pid)
	}
}

func (p *startsPending) lose() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.started.Lost = true
}

// Latch implements coalesce.Latcher.
func (p *startsPending) Latch() (Started, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	started := p.started
	p.started = Started{}
	return started, started.Lost || len(started.PIDs) > 0
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
	connectorExec   = 0x2
	connectorComm   = 0x200

	connectorListen = 1
	connectorIgnore = 2

	connectorProcesses = 1 // the index and value of the connector's processes
)

// connectorEvent is one event: the process's threads are pid, the process tgid.
type connectorEvent struct {
	what      uint32
	errno     uint32 // of an answer
	pid, tgid int
}

// tells reports whether it is about a process and not about one of its threads.
func (e connectorEvent) tells() bool {
	return e.tgid > 0 && (e.what == connectorExec || e.what == connectorComm && e.pid == e.tgid)
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
	e.pid, e.tgid = int(int32(word(atEvent))), int(int32(word(atEvent+4)))
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
