package sources

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
)

// portAgain is when a port that was refused memory by the kernel tries again.
const portAgain = 100 * time.Millisecond

// portIntake is the intake of a port. Its pending is the socket's own buffer:
// Latch reads it.
type portIntake struct {
	source     *reactor.Source[PortEvent]
	fd         int
	options    PortOptions
	connection bool // of type seqpacket
	socket     inode
	watch      *reactor.Watch
	retry      *reactor.Alarm

	// Used by one call at a time, on the target queue.
	reset   error // the connection was reset; what was sent before is still there
	failing bool  // the last receive was refused, and the tracer told

	mu     sync.Mutex
	ready  bool  // there may be something to receive
	taken  bool  // that was looked at, and not asked for again
	paused bool  // until retry
	ended  bool  // the end was told, nothing is asked for any more
	stale  bool  // the descriptor isn't ours any more
	passed []int // descriptors latched and not yet the handler's
}

// Handle implements reactor.Handled.
func (in *portIntake) Handle() int { return in.fd }

// Mask implements reactor.Handled.
func (in *portIntake) Mask() uint64 { return uint64(reactor.In) }

// Register implements reactor.Intake.
func (in *portIntake) Register() error {
	if err := ports.claim(in); err != nil {
		return err
	}
	err := in.source.Reactor().Kernel().SetSocketOption(in.fd, unix.SOL_SOCKET, unix.SO_PASSCRED, 1)
	if err == nil {
		in.watch, err = in.source.Reactor().Watch(in.fd, reactor.In|reactor.RdHup, reactor.HoldOff, in.told)
	}
	if err != nil {
		ports.release(in)
		return fmt.Errorf("port: %w", err)
	}
	return nil
}

// Rearm implements reactor.Intake: the kernel is asked for more, unless the end
// was told or a refusal is waited out. While something was told and still waits
// nothing is asked: the watch would be armed when the socket is looked at, and of
// a socket that is closed then nothing would ever be told (clause R8).
func (in *portIntake) Rearm() {
	in.mu.Lock()
	ask := in.taken && !in.paused && !in.ended
	in.taken = in.taken && !ask
	in.mu.Unlock()
	if ask {
		in.watch.Rearm()
	}
}

// Unregister implements reactor.Intake.
func (in *portIntake) Unregister() {
	in.watch.Close()
	in.mu.Lock()
	in.ended = true
	in.mu.Unlock()
	in.retry.Stop()
	in.dropPassed()
	ports.release(in)
}

// told runs on the loop.
func (in *portIntake) told(ready reactor.Readiness) {
	in.mu.Lock()
	in.ready = true
	in.stale = in.stale || ready&reactor.Stale != 0
	in.mu.Unlock()
	in.source.Wake()
}

// again is the retry alarm's, on the loop.
func (in *portIntake) again(reactor.Instant) {
	in.mu.Lock()
	in.ready, in.paused = true, false
	in.mu.Unlock()
	in.source.Wake()
}

// Latch implements coalesce.Latcher: it receives up to a batch.
func (in *portIntake) Latch() (PortEvent, bool) {
	in.dropPassed()
	in.mu.Lock()
	ready, stale := in.ready && !in.ended, in.stale
	in.ready, in.taken = false, in.taken || ready
	in.mu.Unlock()
	if !ready {
		return PortEvent{}, false
	}
	var ev PortEvent
	// Another socket under our number is not for us to read (clause R8).
	ours, err := ports.isOf(in)
	switch {
	case stale || err == nil && !ours:
		ev.Err = reactor.ErrStale
	case err != nil:
		in.pause(fmt.Errorf("is it still the socket?: %w", err))
	default:
		in.receive(&ev)
	}
	in.mu.Lock()
	in.ended = in.ended || ev.HangUp || ev.Err != nil
	for _, m := range ev.Messages {
		in.passed = append(in.passed, m.FDs...)
	}
	in.mu.Unlock()
	return ev, len(ev.Messages) > 0 || ev.HangUp || ev.Err != nil
}

// handedOn says that the handler has what was latched last.
func (in *portIntake) handedOn() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.passed = nil
}

// dropPassed closes descriptors that were latched and that no handler got.
func (in *portIntake) dropPassed() {
	in.mu.Lock()
	fds := in.passed
	in.passed = nil
	in.mu.Unlock()
	in.closeAll(fds)
}

func (in *portIntake) closeAll(fds []int) {
	for _, fd := range fds {
		_ = in.source.Reactor().Kernel().Close(fd)
	}
}

// receive fills ev until the batch is full, the socket empty or at its end.
func (in *portIntake) receive(ev *PortEvent) {
	b := takePortBuffers(in.options)
	defer b.giveBack()
	for tries := 0; len(ev.Messages) < in.options.Batch && tries < 2*in.options.Batch+8; tries++ {
		m, end, err := in.receiveOne(b)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.ECONNRESET):
			// The other end went with unread messages of ours. The kernel says
			// so before it gives what it has for us; a datagram socket goes on.
			in.reset = err
		case errors.Is(err, unix.ENOBUFS), errors.Is(err, unix.ENOMEM):
			in.pause(fmt.Errorf("receive: %w", err))
			return
		case errors.Is(err, unix.EBADF), errors.Is(err, unix.ENOTSOCK):
			ev.Err = reactor.ErrStale // closed since we looked
			return
		case err != nil:
			ev.Err = fmt.Errorf("port: receive: %w", err)
			return
		case end:
			ev.HangUp, ev.Err = true, in.reset
			return
		default:
			in.failing = false
			ev.Messages = append(ev.Messages, m)
		}
	}
}

// pause puts off the next receive: asked at once, the kernel would refuse at
// once, again and again.
func (in *portIntake) pause(err error) {
	if !in.failing {
		in.failing = true
		in.source.Reactor().Tracer().Failed(in.source.Label(), fmt.Errorf("port: %w; trying again every %v", err, portAgain))
	}
	in.mu.Lock()
	in.paused = true
	in.mu.Unlock()
	at := in.source.Reactor().Now(reactor.Monotonic).Add(portAgain)
	if err := in.retry.Set(at, at.Add(portAgain/10)); err != nil {
		in.source.Reactor().Tracer().Failed(in.source.Label(), fmt.Errorf("port: %w", err))
		in.mu.Lock()
		in.paused = false
		in.mu.Unlock()
	}
}
