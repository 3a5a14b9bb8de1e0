package reactor

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// armLocked sets the timerfd to the earliest deadline, when that is earlier
// than what it is set to. Alarms that are set while others fire are left to the
// end of that: a wake-up costs one call however many it serves.
//
// What isn't set would never fire, so a refusal is told once and the runtime's
// own timer tries again.
func (s *alarmSet) armLocked() {
	due := Forever
	if s.jump.tell != nil {
		due = watchful
	}
	due = max(min(due, s.byDue.first().time), 1) // 0 would disarm
	if due >= s.armed || s.firing || s.fd < 0 {
		return
	}
	err := s.setLocked(due)
	if err == nil {
		s.refused = false
		return
	}
	if !s.refused {
		s.refused = true
		s.reactor.tracer.Failed(s.clock.String()+" alarms",
			fmt.Errorf("set %s timerfd: %w; trying again every %v", s.clock, err, retryAfter))
	}
	if s.again == nil {
		s.again = time.AfterFunc(retryAfter, s.armAgain)
	}
}

// setLocked sets the timerfd.
func (s *alarmSet) setLocked(due Instant) (err error) {
	for range attempts {
		if err = s.reactor.kernel.TimerfdSet(s.fd, int32(s.clock), int64(due)); err == nil {
			s.armed = due
			return nil
		}
		if errors.Is(err, unix.ECANCELED) {
			// The wall clock was set, and with this call the timerfd has forgotten
			// to tell. It expires at once in place of that, so that the loop looks.
			due = 1
		}
	}
	return err
}

// armAgain runs on a goroutine of the runtime's.
func (s *alarmSet) armAgain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.again = nil
	s.armLocked()
}
