package sources

import (
	"errors"
	"sync"
	"time"

	"github.com/reactord/reactord/reactor"
)

// ErrInterval refuses an interval that is not positive (clause T8).
var ErrInterval = errors.New("timer interval must be positive")

// ErrLeeway refuses a leeway that is negative.
var ErrLeeway = errors.New("timer leeway must not be negative")

// Schedule says when a timer fires: at Start, and then every Interval on a
// fixed grid (clause T1).
type Schedule struct {
	// Start is the first fire. Now or earlier fires at once, with the grid
	// points passed counted (clause T5); reactor.Forever disarms (clause T6).
	Start reactor.Instant
	// Interval between grid points; Once for a single fire (clause T4).
	Interval time.Duration
	// Leeway is how late a fire may be so that it can share a wake-up. It is
	// cut to half the interval (clause T9).
	Leeway time.Duration
}

// Once as an interval makes a timer fire once.
const Once time.Duration = 1<<63 - 1

// Ticks is what a timer delivers.
type Ticks struct {
	Count     uint64          // grid points since the last call, at least 1 (clause T2)
	Scheduled reactor.Instant // the first of them, on the timer's clock
}

// Timer is a timer source (section T of the contract). Unlike libdispatch on
// Linux it uses the leeway it is given: timers whose windows overlap share one
// wake-up.
//
// A timer costs one alarm and no goroutine. While its handler is late or
// suspended it takes no part in wake-ups: passed grid points are counted when
// the handler is about to run.
type Timer struct {
	*reactor.Source[Ticks]
	clock reactor.Clock
	alarm *reactor.Alarm

	mu       sync.Mutex
	schedule Schedule
	next     reactor.Instant // the next grid point that was not delivered
	open     bool            // registered
}

// NewTimer returns an inactive timer on that clock. Until SetSchedule it never
// fires.
func NewTimer(label string, target *reactor.Queue, clock reactor.Clock) *Timer {
	t := &Timer{clock: clock, next: reactor.Forever}
	t.Source = reactor.NewSource(label, target, t, timerIntake{t})
	t.alarm = t.Reactor().NewAlarm(clock, func(reactor.Instant) { t.Wake() })
	return t
}

// SetSchedule sets when the timer fires, now or from now on. Ticks of the
// former schedule that were not delivered are dropped (clause T7). On a
// cancelled timer it does nothing (clause C10).
func (t *Timer) SetSchedule(s Schedule) error {
	switch {
	case s.Interval <= 0:
		return ErrInterval
	case s.Leeway < 0:
		return ErrLeeway
	}
	if t.Cancelled() {
		return nil
	}
	if s.Interval != Once {
		s.Leeway = min(s.Leeway, s.Interval/2)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.schedule, t.next = s, s.Start
	return t.armLocked()
}

// Latch counts the grid points that have passed. It is the source's pending.
func (t *Timer) Latch() (Ticks, bool) {
	now := t.Reactor().Now(t.clock)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.next > now {
		return Ticks{}, false
	}
	ticks := Ticks{Count: 1, Scheduled: t.next}
	if t.schedule.Interval == Once {
		t.next = reactor.Forever
	} else {
		ticks.Count += uint64(now-t.next) / uint64(t.schedule.Interval)
		t.next = t.next.Add(time.Duration(ticks.Count) * t.schedule.Interval)
	}
	if err := t.armLocked(); err != nil {
		t.Reactor().Tracer().Failed(t.Label(), err)
	}
	return ticks, true
}

// Upcoming is how long it is until the next tick that was not delivered, negative
// when it is overdue; false when there is none.
func (t *Timer) Upcoming() (in time.Duration, ok bool) {
	now := t.Reactor().Now(t.clock)
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.next.Sub(now), t.next != reactor.Forever
}

func (t *Timer) armLocked() error {
	if !t.open {
		return nil
	}
	return t.alarm.Set(t.next, t.next.Add(t.schedule.Leeway))
}

type timerIntake struct{ *Timer }

func (t timerIntake) Register() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open = true
	return t.armLocked()
}

func (timerIntake) Rearm() {}

func (t timerIntake) Unregister() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open, t.next = false, reactor.Forever
	t.alarm.Stop()
}
