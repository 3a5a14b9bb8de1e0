package kernel

import (
	"sync"

	"golang.org/x/sys/unix"
)

// TurnedClock is a clock that is turned by hand, as clock.Fake.
type TurnedClock interface {
	// Nanoseconds reads the clock of that number.
	Nanoseconds(clock int32) int64
	// OnMove has a function called after every move.
	OnMove(func())
}

// Clocked is a Kernel whose timerfds expire by a TurnedClock. A timerfd of it
// is an eventfd that becomes readable when the fake clock passes its time, so
// the loop above it polls a real descriptor.
type Clocked struct {
	Kernel
	clock TurnedClock

	mu    sync.Mutex
	armed map[int]alarm
}

type alarm struct {
	clock int32
	at    int64
	// offset is wall minus boottime when the alarm was set; a step of the
	// wall clock changes it and cancels the alarm (TFD_TIMER_CANCEL_ON_SET).
	offset    int64
	cancelled bool
}

// WithClock returns k with timerfds driven by c.
func WithClock(k Kernel, c TurnedClock) *Clocked {
	f := &Clocked{Kernel: k, clock: c, armed: map[int]alarm{}}
	c.OnMove(f.expire)
	return f
}

// TimerfdCreate implements Timers.
func (f *Clocked) TimerfdCreate(int32) (int, error) {
	return unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
}

// TimerfdSet implements Timers.
func (f *Clocked) TimerfdSet(fd int, clock int32, at int64) error {
	f.mu.Lock()
	if at == 0 {
		delete(f.armed, fd)
	} else {
		f.armed[fd] = alarm{clock: clock, at: at, offset: f.offset()}
	}
	f.mu.Unlock()
	f.expire()
	return nil
}

// Read implements Files; on a timerfd whose clock was set it fails with
// ECANCELED, once.
func (f *Clocked) Read(fd int, p []byte) (int, error) {
	f.mu.Lock()
	a, ok := f.armed[fd]
	if ok && a.cancelled {
		delete(f.armed, fd)
	}
	f.mu.Unlock()
	n, err := f.Kernel.Read(fd, p)
	if ok && a.cancelled {
		return 0, unix.ECANCELED
	}
	return n, err
}

func (f *Clocked) offset() int64 {
	return f.clock.Nanoseconds(unix.CLOCK_REALTIME) - f.clock.Nanoseconds(unix.CLOCK_BOOTTIME)
}

func (f *Clocked) expire() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for fd, a := range f.armed {
		switch {
		case a.clock == unix.CLOCK_REALTIME && a.offset != f.offset() && !a.cancelled:
			a.cancelled = true
			f.armed[fd] = a
		case f.clock.Nanoseconds(a.clock) >= a.at:
			delete(f.armed, fd)
		default:
			continue
		}
		_, _ = unix.Write(fd, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	}
}
