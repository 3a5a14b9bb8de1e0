package sources

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
)

// pressureFlag is a trigger that is only ever asked.
type pressureFlag struct {
	fd    int
	level PressureLevel
}

// ring opens a bell and watches it.
func (in *pressureIntake) ring(data []byte, interest reactor.Readiness, told func(reactor.Readiness)) error {
	r := in.source.Reactor()
	fd, err := in.plan.open(r.Kernel(), data)
	if err != nil {
		return err
	}
	in.bells = append(in.bells, fd)
	w, err := r.Watch(fd, interest, reactor.Edge, told)
	if err != nil {
		return fmt.Errorf("pressure: %s: %w", in.plan.path, err)
	}
	in.watches = append(in.watches, w)
	return nil
}

// ownRang is what the loop calls for a trigger with a bell of its own. The
// first call is the kernel's answer to being asked and means nothing; a window
// can't have passed.
func (in *pressureIntake) ownRang(level PressureLevel) func(reactor.Readiness) {
	asked := false
	return func(ready reactor.Readiness) {
		switch {
		case in.lost(ready):
		case !asked:
			asked = true
		default:
			in.update(func(now reactor.Instant) { in.ladder.fired(level, now) })
		}
	}
}

// sharedRang runs on the loop when any trigger on the file fired.
func (in *pressureIntake) sharedRang(ready reactor.Readiness) {
	if !in.lost(ready) {
		in.update(in.lookLocked)
	}
}

// lookLocked asks the flags which of our triggers fired.
func (in *pressureIntake) lookLocked(now reactor.Instant) {
	polled := make([]unix.PollFd, len(in.flags))
	for i, f := range in.flags {
		polled[i] = unix.PollFd{Fd: int32(f.fd), Events: unix.POLLPRI}
	}
	_, err := in.source.Reactor().Kernel().Poll(polled)
	for errors.Is(err, unix.EINTR) {
		_, err = in.source.Reactor().Kernel().Poll(polled)
	}
	if err != nil { // the marks stay, and wake nobody any more
		in.retry.later(fmt.Errorf("pressure: poll %s: %w", in.plan.path, err))
		return
	}
	in.retry.succeeded()
	for i, f := range in.flags {
		switch {
		case polled[i].Revents&(unix.POLLERR|unix.POLLNVAL) != 0:
			in.failLocked(ErrCgroupGone)
			return
		case polled[i].Revents&unix.POLLPRI != 0:
			in.ladder.fired(f.level, now)
		}
	}
}

// streamRang runs on the loop when there are bytes to read and throw away. Its
// interest is in both, so that a wake-up without a byte is an end.
func (in *pressureIntake) streamRang(ready reactor.Readiness) {
	if ready&reactor.Stale != 0 {
		in.lost(ready)
		return
	}
	in.update(in.discardLocked)
}

// discardLocked reads the only bell empty.
func (in *pressureIntake) discardLocked(now reactor.Instant) {
	any, err := discard(in.source.Reactor().Kernel().Read, in.bells[0])
	if any {
		in.ladder.fired(PressureWarn, now)
	}
	switch {
	case err == nil:
		in.retry.succeeded()
	case errors.Is(err, unix.EBADF):
		in.failLocked(reactor.ErrStale)
	case errors.Is(err, ErrPressureClosed), errors.Is(err, unix.ECONNRESET):
		in.failLocked(err)
	default: // what wasn't read wakes nobody any more
		in.retry.later(fmt.Errorf("pressure: read %s: %w", in.plan.path, err))
	}
}

// again does what was refused, on the loop.
func (in *pressureIntake) again() {
	switch in.plan.kind {
	case sharedBell:
		in.update(in.lookLocked)
	case streamBell, socketBell:
		in.update(in.discardLocked)
	}
}

// discard reads fd empty. An end is an error. What a FIFO or a socket holds is
// bounded; whoever writes faster than we read is read on at the next wake-up.
func discard(read func(int, []byte) (int, error), fd int) (any bool, err error) {
	const most = 256
	var buffer [16 << 10]byte
	for range most {
		n, err := read(fd, buffer[:])
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			return any, nil
		case err != nil:
			return any, err
		case n == 0:
			return any, ErrPressureClosed
		default:
			any = true
		}
	}
	return any, nil
}

// lost takes in that the file is gone, and reports whether it is.
func (in *pressureIntake) lost(ready reactor.Readiness) bool {
	var err error
	switch {
	case ready&reactor.Stale != 0:
		err = reactor.ErrStale
	case ready&(reactor.Err|reactor.Hup) != 0:
		err = ErrCgroupGone
	default:
		return false
	}
	in.update(func(reactor.Instant) { in.failLocked(err) })
	return true
}
