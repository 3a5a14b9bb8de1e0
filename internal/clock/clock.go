// Package clock tells the time on the three clocks timers run on, behind an
// interface so that tests can turn them by hand.
package clock

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// ID names a clock. Its value is the kernel's number for it.
type ID int32

const (
	// Monotonic stands still while the machine sleeps (CLOCK_MONOTONIC).
	Monotonic ID = unix.CLOCK_MONOTONIC
	// Boottime counts the time asleep as well (CLOCK_BOOTTIME).
	Boottime ID = unix.CLOCK_BOOTTIME
	// Wall is the time of day and can be set (CLOCK_REALTIME).
	Wall ID = unix.CLOCK_REALTIME
)

// String is the name the configuration uses.
func (id ID) String() string {
	switch id {
	case Monotonic:
		return "monotonic"
	case Boottime:
		return "boottime"
	case Wall:
		return "wall"
	}
	return "unknown"
}

// Clock reads the clocks. Now is in nanoseconds since the clock's own epoch.
type Clock interface {
	Now(ID) int64
}

// System reads the kernel's clocks, where it can without a system call.
type System struct{}

// monotonicBase ties the monotonic reading of package time to the kernel's
// clock, which it is, from an epoch of its own. The kernel is asked first, so
// that what is derived is never ahead of it and no timer can be early.
var monotonicBase = func() (base struct {
	kernel int64
	local  time.Time
}) {
	base.kernel = ask(Monotonic)
	base.local = time.Now()
	return base
}()

// Now implements Clock.
func (System) Now(id ID) int64 {
	switch id {
	case Wall:
		return time.Now().UnixNano()
	case Monotonic:
		return monotonicBase.kernel + int64(time.Since(monotonicBase.local))
	}
	return ask(id)
}

// ask makes the system call, which can't fail for the three clocks there are.
func ask(id ID) int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(int32(id), &ts)
	return ts.Nano()
}

// Fake is a clock that only moves when told. The zero value is ready and
// shows one second past the epoch on every clock.
type Fake struct {
	mu    sync.Mutex
	moved [12]int64 // by ID, since the start
	watch []func()
}

const fakeStart = int64(1e9)

// Now implements Clock.
func (f *Fake) Now(id ID) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fakeStart + f.moved[id]
}

// Nanoseconds is Now by the clock's number.
func (f *Fake) Nanoseconds(clock int32) int64 { return f.Now(ID(clock)) }

// Advance moves every clock by ns, as time passing does.
func (f *Fake) Advance(ns int64) { f.shift(ns, Monotonic, Boottime, Wall) }

// Sleep moves the clocks that count the time asleep, as a suspended machine does.
func (f *Fake) Sleep(ns int64) { f.shift(ns, Boottime, Wall) }

// Step sets the wall clock forward or back, as an administrator does.
func (f *Fake) Step(ns int64) { f.shift(ns, Wall) }

// OnMove has f called after every move, outside the clock's lock.
func (f *Fake) OnMove(call func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watch = append(f.watch, call)
}

func (f *Fake) shift(ns int64, ids ...ID) {
	f.mu.Lock()
	for _, id := range ids {
		f.moved[id] += ns
	}
	watch := f.watch
	f.mu.Unlock()
	for _, call := range watch {
		call()
	}
}
