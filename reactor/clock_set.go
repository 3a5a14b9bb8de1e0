package reactor

import "time"

// leastJump is how far the wall clock must be set to be told, besides what reading
// two clocks one after the other is wrong by: below it is a machine's waking up,
// which sets the clock to where it would be.
const leastJump = time.Millisecond

// OnClockSet has f told of each time the wall clock is set, and by how much: by
// is negative when it was set back (clause T14). Slewing, as time daemons do it
// in daily work, and sleep are no jumps. Jumps that follow each other at once may
// be told as their sum.
//
// f is called on the loop and must not block. There is one; nil ends it. Alarms
// and timers on the wall clock need no help from it: they follow the clock.
func (r *Reactor) OnClockSet(f func(by time.Duration)) error {
	return r.alarms[alarmIndex(Wall)].onSet(f)
}

// jump is what an alarmSet of the wall clock knows of its being set.
type jump struct {
	tell   func(by time.Duration) // nil: nobody wants to know
	offset time.Duration          // of the wall clock to boottime, as last seen
	// inexact is by how much that may be wrong.
	inexact time.Duration
}

// watchful is what the timerfd is set to when no alarm is, so that the clock's
// being set is noticed: a time that doesn't come, in 2116.
const watchful = Instant(1 << 62)

func (s *alarmSet) onSet(f func(by time.Duration)) error {
	if err := s.reactor.loop.start(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	offset, inexact := s.offset()
	s.jump = jump{tell: f, offset: offset, inexact: inexact}
	s.armLocked()
	return nil
}

// offset is how far the wall clock is ahead of boottime, and by how much that may
// be wrong: somebody else may have had the processor between two readings, which
// must not be taken for a jump. Then it is read again.
func (s *alarmSet) offset() (ahead, inexact time.Duration) {
	const exact = leastJump / 10
	r := s.reactor
	for try := range attempts {
		before := r.Now(Boottime)
		wall := r.Now(Wall)
		half := (r.Now(Boottime) - before) / 2
		if try == 0 || time.Duration(half) < inexact {
			ahead, inexact = wall.Sub(before+half), time.Duration(half)
		}
		if inexact < exact {
			break
		}
	}
	return ahead, inexact
}

// jumpedLocked is by how much the clock was set since it was seen last, and who
// is to be told; nil when nobody is.
func (s *alarmSet) jumpedLocked() (by time.Duration, tell func(time.Duration)) {
	if s.jump.tell == nil {
		return 0, nil
	}
	now, inexact := s.offset()
	if by = now - s.jump.offset; by.Abs() < leastJump+inexact+s.jump.inexact {
		return 0, nil
	}
	s.jump.offset, s.jump.inexact = now, inexact
	return by, s.jump.tell
}
