package reactor

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

var alarmClocks = [...]Clock{Monotonic, Boottime, Wall}

func alarmIndex(c Clock) int {
	switch c {
	case Monotonic:
		return 0
	case Boottime:
		return 1
	case Wall:
		return 2
	}
	panic(fmt.Sprintf("reactor: unknown clock %d", c))
}

// Alarm calls a function once a time has come. Sources, windows and time-outs
// are made of alarms; programs use timers.
//
// An alarm has a window: from its target, before which it never fires, to its
// deadline, by which it should have (clause T10). One wake-up serves all
// alarms of a clock whose windows are open.
type Alarm struct {
	set  *alarmSet
	fire func(now Instant)
	at   [2]int32 // index + 1 in each heap, 0: in none
	time [2]Instant
}

// NewAlarm returns an alarm that isn't set. fire is called on the loop, with
// the time on the alarm's clock: it must not block; it may set alarms.
func (r *Reactor) NewAlarm(c Clock, fire func(now Instant)) *Alarm {
	return &Alarm{set: r.alarms[alarmIndex(c)], fire: fire}
}

// Set sets or moves the alarm: it fires once between target and deadline, at
// once when target has passed, never when target is Forever. The error is that
// of a loop that couldn't be started; then nothing is set.
func (a *Alarm) Set(target, deadline Instant) error {
	return a.set.set(a, target, max(target, deadline))
}

// Stop unsets the alarm and reports whether it was set. When it was not, fire
// may be running.
func (a *Alarm) Stop() bool { return a.set.stop(a) }

// alarmSet holds the alarms of one clock in two heaps: by target, to find
// what may fire, and by deadline, to find when to wake. Its timerfd is made
// with the loop, so that an alarm can be set on the loop without asking it for
// anything.
type alarmSet struct {
	reactor *Reactor
	clock   Clock

	mu       sync.Mutex
	fd       int
	armed    Instant // what the timerfd is set to; Forever: nothing
	byTarget heap
	byDue    heap
	fired    []*Alarm // reused by expire
	firing   bool     // expire will set the timerfd
	jump     jump
	refused  bool        // the timerfd could not be set, and that was told
	again    *time.Timer // sets it then; nil: it isn't set itself
}

func newAlarmSet(r *Reactor, c Clock) *alarmSet {
	return &alarmSet{reactor: r, clock: c, fd: -1, armed: Forever,
		byTarget: heap{which: 0}, byDue: heap{which: 1}}
}

func (s *alarmSet) set(a *Alarm, target, deadline Instant) error {
	s.mu.Lock()
	if s.fd < 0 && target != Forever {
		s.mu.Unlock()
		if err := s.reactor.loop.start(); err != nil {
			return err
		}
		s.mu.Lock()
	}
	defer s.mu.Unlock()
	if target == Forever {
		s.byTarget.remove(a)
		s.byDue.remove(a)
		return nil
	}
	s.byTarget.set(a, target)
	s.byDue.set(a, deadline)
	s.armLocked()
	return nil
}

func (s *alarmSet) stop(a *Alarm) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	// The timerfd stays as it is: a wake-up for nothing is cheaper than a
	// system call for each alarm that is stopped.
	s.byDue.remove(a)
	return s.byTarget.remove(a)
}

// openLocked makes the timerfd and has the loop, whose lock is held, watch it.
func (s *alarmSet) openLocked() error {
	k := s.reactor.kernel
	fd, err := k.TimerfdCreate(int32(s.clock))
	if err != nil {
		return fmt.Errorf("create %s timerfd: %w", s.clock, advice(err))
	}
	if _, err := s.reactor.loop.watchLocked(fd, In, Edge, func(Readiness) { s.expire() }); err != nil {
		_ = k.Close(fd)
		return fmt.Errorf("watch %s timerfd: %w", s.clock, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fd = fd
	return nil
}

// close runs after the loop has ended.
func (s *alarmSet) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd < 0 {
		return nil
	}
	fd := s.fd
	s.fd = -1
	if s.again != nil {
		s.again.Stop()
	}
	return s.reactor.kernel.Close(fd)
}

// expire runs on the loop: it fires every alarm whose target has passed, in
// the order of their targets, and sets the timerfd for the rest.
func (s *alarmSet) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	var count [8]byte
	n, err := s.reactor.kernel.Read(s.fd, count[:])
	switch {
	case err == nil && n == 8 && binary.NativeEndian.Uint64(count[:]) > 0:
	case errors.Is(err, unix.ECANCELED): // the wall clock was set: look again
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		// The timerfd was set again in between, or a read that can't be
		// interrupted was: what has come due is seen by the clock.
	default:
		s.reactor.tracer.Failed(s.clock.String()+" timerfd", err)
	}
	s.armed = Forever
	now := s.reactor.Now(s.clock)
	fired := s.fired[:0]
	for first := s.byTarget.first(); first.time <= now && first.alarm != nil; first = s.byTarget.first() {
		a := first.alarm
		s.byTarget.remove(a)
		s.byDue.remove(a)
		fired = append(fired, a)
	}
	by, tell := s.jumpedLocked()
	s.firing = true
	s.mu.Unlock()
	if tell != nil {
		tell(by)
	}
	for i, a := range fired {
		fired[i] = nil
		a.fire(now)
	}
	s.mu.Lock()
	s.fired, s.firing = fired[:0], false
	s.armLocked()
	// Only a timerfd that is set is cancelled by a jump: one before that is seen
	// by looking again.
	if by, tell := s.jumpedLocked(); tell != nil {
		s.mu.Unlock()
		tell(by)
		s.mu.Lock()
	}
}
