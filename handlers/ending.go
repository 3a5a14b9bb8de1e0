package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
)

// This file is how a supervisor ends what it supervises (clause XC1).

// endRun ends the run from outside, unless it is ending already or the command
// has just ended by itself.
func (s *supervisor) endRun(ctx context.Context) {
	if s.ending || hasEnded(s.process.pidfd) {
		return
	}
	cause := context.Cause(ctx)
	s.cause = fmt.Errorf("ended: %w", cause)
	s.terminate(s.process.signal(unix.SIGTERM))
	if errors.Is(cause, ErrAtOnce) {
		s.kill = s.in(0)
	}
}

// leaderEnded is called when the command has ended. Most often it was alone,
// and one system call says so.
func (s *supervisor) leaderEnded() {
	s.exited = true
	if !s.process.byNumber {
		s.process.reap()
	}
	sig := unix.SIGTERM
	if s.ending {
		sig = 0 // they know
	}
	err := s.process.signal(sig)
	if errors.Is(err, unix.ESRCH) {
		s.groupEnded()
		return
	}
	if !s.ending {
		s.terminate(err)
	}
	s.sweep()
}

// terminate is called when TERM was sent, with what the kernel said.
func (s *supervisor) terminate(err error) {
	s.ending = true
	s.kill = s.in(s.exec.KillAfter)
	if err != nil {
		s.notSignalled(err)
		return
	}
	// A stopped process must go on to see the TERM.
	_ = s.process.signal(unix.SIGCONT)
	s.run.Log.Debug().Int("pid", s.process.pid).Bool("left_over", s.exited).Msg("process group told to end")
}

// notSignalled logs that the kernel refused a signal: a process of the run has
// become another user's. The run lasts until that ends by itself.
func (s *supervisor) notSignalled(err error) {
	if !errors.Is(err, unix.ESRCH) {
		s.run.Log.Warn().Err(err).Int("pid", s.process.pid).Msg("process group can't be ended")
	}
}

// sweep is called when the command has ended and others of its group had not.
// It waits for each of them; when all have ended it looks for new ones, until
// there are none.
func (s *supervisor) sweep() {
	s.dropMembers(func(m *member) bool { return m.left(s.process.pid) })
	if len(s.members) > 0 {
		if s.killed {
			s.look = s.in(retryTime) // they die, or leave the group unnoticed
		}
		return
	}
	found, err := members(s.reactor.Kernel(), s.process.pid)
	if err == nil && len(found) == 0 {
		s.groupEnded()
		return
	}
	s.members = found
	for _, m := range s.members {
		var watchErr error
		m.watch, watchErr = s.reactor.Watch(m.pidfd, reactor.In, reactor.Edge,
			func(reactor.Readiness) { s.tell(memberExited) })
		err = errors.Join(err, watchErr)
	}
	if err != nil {
		s.run.Log.Debug().Err(err).Int("pid", s.process.pid).Msg("process group not watched, looking again")
		s.dropMembers(func(*member) bool { return true })
		s.look = s.in(retryTime)
	}
}

// dropMembers stops watching those for which drop says so.
func (s *supervisor) dropMembers(drop func(*member) bool) {
	s.members = slices.DeleteFunc(s.members, func(m *member) bool {
		if !drop(m) {
			return false
		}
		if m.watch != nil {
			m.watch.Close()
		}
		_ = s.reactor.Kernel().Close(m.pidfd)
		return true
	})
}

// groupEnded is called when nobody is left of the group.
func (s *supervisor) groupEnded() {
	s.process.reap()
	s.gone = true
	s.kill, s.look = reactor.Forever, reactor.Forever
	for i := range s.output.streams {
		s.output.streams[i].ready = true // read what is there, and the end
	}
	if !s.output.ended() {
		s.drain = s.in(drainTime)
	}
}

// in is the instant d from now.
func (s *supervisor) in(d time.Duration) reactor.Instant {
	return s.reactor.Now(reactor.Monotonic).Add(d)
}

// next is the earliest of the instants that are waited for.
func (s *supervisor) next() reactor.Instant { return min(s.kill, s.look, s.drain) }

// keepTime does what has come due.
func (s *supervisor) keepTime() {
	if s.next() == reactor.Forever {
		return
	}
	now := s.reactor.Now(reactor.Monotonic)
	if now >= s.kill {
		s.kill = reactor.Forever
		s.killed = true
		if s.exited {
			s.look = s.in(retryTime)
		}
		if err := s.process.signal(unix.SIGKILL); err != nil {
			s.notSignalled(err)
		} else {
			s.run.Log.Info().Int("pid", s.process.pid).Msg("process group killed")
		}
	}
	if now >= s.look {
		s.look = reactor.Forever
		s.sweep()
	}
	if now >= s.drain {
		s.drain = reactor.Forever
		s.run.Log.Info().Int("pid", s.process.pid).Msg("output given up: a process outside the group holds it open")
		s.output.giveUp()
	}
}

// setAlarm has the loop wake us at the next of these instants.
func (s *supervisor) setAlarm() {
	due := s.next()
	if due == s.armed {
		return
	}
	if s.alarm == nil {
		s.alarm = s.reactor.NewAlarm(reactor.Monotonic, func(reactor.Instant) { s.tell(0) })
	}
	s.armed = due
	if err := s.alarm.Set(due, due); err != nil {
		// No descriptor is left for the reactor's timer: the runtime's needs none.
		now := s.reactor.Now(reactor.Monotonic)
		time.AfterFunc(time.Duration(due-now), func() { s.tell(0) })
	}
}
