package clauses_test

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/internal/clock"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// counting returns an inactive custom source whose calls arrive on the channel.
func counting(q *reactor.Queue, mode coalesce.Mode) (*sources.Data, chan uint64) {
	s := sources.NewData("data", q, mode)
	calls := make(chan uint64, 1000)
	s.OnEvent(func(v uint64) { calls <- v })
	return s, calls
}

// pass turns the clock on by d and a nanosecond, and returns when q has run all
// that was due on it before the nanosecond: timers that are due together are
// submitted in the order of their times, and the last of them is one of our own.
func pass(t testing.TB, c *clock.Fake, q *reactor.Queue, d time.Duration) {
	t.Helper()
	r := q.Reactor()
	home := r.NewQueue("last")
	last := sources.NewTimer("last", home, reactor.Monotonic)
	fired := make(chan struct{})
	last.OnEvent(func(sources.Ticks) { close(fired) })
	must(t, last.SetSchedule(sources.Schedule{Start: r.Now(reactor.Monotonic).Add(d + 1), Interval: sources.Once}))
	must(t, last.Activate())
	settle(t, home) // its registration must not find the clock turned already
	c.Advance(int64(d + 1))
	receive(t, fired, "wake-up of the clock")
	settle(t, q)
	end(t, last)
}

// source is any source, whatever it delivers.
type source interface {
	OnCancel(func())
	Cancel()
	Activate() error
}

// end cancels s and waits for its cancel handler.
func end(t testing.TB, s source, then ...func()) {
	t.Helper()
	done := make(chan struct{})
	s.OnCancel(func() {
		for _, f := range then {
			f()
		}
		close(done)
	})
	s.Cancel()
	receive(t, done, "cancel handler")
}

// pipe returns a pipe that doesn't block.
func pipe(t testing.TB) (r, w int) {
	t.Helper()
	var p [2]int
	must(t, unix.Pipe2(p[:], unix.O_NONBLOCK|unix.O_CLOEXEC))
	return p[0], p[1]
}

// shut closes a descriptor.
func shut(t testing.TB, fds ...int) {
	t.Helper()
	for _, fd := range fds {
		if err := unix.Close(fd); err != nil {
			t.Errorf("close descriptor %d: %v", fd, err)
		}
	}
}
