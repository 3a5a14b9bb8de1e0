package handlers

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
)

const (
	// drainTime is how long output is read on after the last process of the
	// group, when a process that left the group holds the pipe open.
	drainTime = 100 * time.Millisecond
	// retryTime is when the group is looked at again after that failed.
	retryTime = 100 * time.Millisecond
)

// signs are what the loop tells a run's goroutine.
type signs uint32

const (
	stdoutReady  signs = 1 << iota // its end, or something to read
	stderrReady                    // the same; a stream's sign is stdoutReady << its index
	leaderExited                   // the command has ended and not been reaped
	memberExited                   // another process of its group has ended
)

// supervisor sees a run's processes to their end. It is one loop on the run's
// goroutine, parked on a channel; watches and the alarm, which call on the
// reactor's loop, leave a sign and wake it. There is nothing to lock.
//
// A run goes through these, and may skip the second:
//
//	running   the command runs
//	ending    the group was told to end, because the context was cancelled or
//	          because the command has exited and left others; KILL comes at kill
//	gone      nobody is left of the group; output is read to its end, or until
//	          drain
type supervisor struct {
	exec    *Exec
	run     *Run
	reactor *reactor.Reactor
	process *process
	output  output
	watch   *reactor.Watch // of the command's pidfd
	members []*member

	exited bool  // the command has
	ending bool  // TERM was sent, if only to those it left
	gone   bool  // the whole group is
	killed bool  // KILL was sent to the group
	cause  error // why the run was ended from outside, nil when it wasn't

	kill  reactor.Instant // when to send KILL
	look  reactor.Instant // when to look for members again
	drain reactor.Instant // when to stop reading
	alarm *reactor.Alarm  // wakes at the first of them
	armed reactor.Instant // what alarm is set to

	signs atomic.Uint32
	wake  chan struct{}
}

// member is a process that outlived the leader of its group.
type member struct {
	pid, pidfd int
	watch      *reactor.Watch
}

// left reports whether m has ended, or has gone to another group, of which
// nothing tells: then it is out of reach (setsid, as daemons do).
func (m *member) left(group int) bool { return hasEnded(m.pidfd) || groupOf(m.pid) != group }

func newSupervisor(x *Exec, run *Run) *supervisor {
	s := &supervisor{exec: x, run: run, reactor: x.reactor(), wake: make(chan struct{}, 1),
		kill: reactor.Forever, look: reactor.Forever, drain: reactor.Forever, armed: reactor.Forever}
	s.output.init(x, run)
	return s
}

// tell leaves a sign; 0 only wakes.
func (s *supervisor) tell(sign signs) {
	s.signs.Or(uint32(sign))
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// start makes the standard streams and starts the command.
func (s *supervisor) start(c *command) error {
	files := [3]int{-1, -1, -1}
	defer func() {
		for i, fd := range files {
			if fd >= 0 && (i == 0 || fd != files[i-1]) {
				_ = unix.Close(fd)
			}
		}
	}()
	passed, err := s.exec.passed(s.run.Event)
	if err != nil {
		return err
	}
	defer closeAll(passed)
	defer s.exec.Pipes.refill() // the command is on its way, or not to be started
	var started func()
	if files[0], started, err = s.exec.openStdin(s.run.Event); err != nil {
		return err
	}
	if started != nil {
		defer started()
	}
	if files[1], files[2], err = s.openOutput(files[0]); err != nil {
		return err
	}
	if s.process, err = s.exec.spawn(c, files, passed); err != nil {
		return err
	}
	s.output.pid = s.process.pid
	s.watch, err = s.reactor.Watch(s.process.pidfd, reactor.In, reactor.Edge,
		func(ready reactor.Readiness) {
			if ready&reactor.In != 0 { // a hang-up comes too, once it is reaped
				s.tell(leaderExited)
			}
		})
	if err == nil {
		err = s.output.watch(func(stream int) { s.tell(stdoutReady << stream) })
	}
	if err != nil {
		s.process.abort()
		return err
	}
	return nil
}

// openOutput makes where a command writes to. A connection it reads is its
// standard output too.
func (s *supervisor) openOutput(stdin int) (stdout, stderr int, err error) {
	connected := s.exec.Stdin == StdinConnection
	switch s.exec.Output {
	case OutputDiscard:
		stdout, err = openNull()
		stderr = stdout
	case OutputInherit:
		stdout, stderr, err = ownOutput()
	case OutputLog, "":
		if connected {
			stderr, err = s.output.open(1)
			return stdin, stderr, err
		}
		if stdout, err = s.output.open(0); err == nil {
			stderr, err = s.output.open(1)
		}
		return stdout, stderr, err
	default:
		return -1, -1, fmt.Errorf("output: %q is not log, discard or inherit", s.exec.Output)
	}
	if err == nil && connected {
		if stdout != stderr {
			_ = unix.Close(stdout)
		}
		stdout = stdin
	}
	return stdout, stderr, err
}

// ownOutput are copies of our own standard output and error.
func ownOutput() (stdout, stderr int, err error) {
	if stdout, err = unix.FcntlInt(1, unix.F_DUPFD_CLOEXEC, 3); err != nil {
		return -1, -1, fmt.Errorf("our standard output: %w", err)
	}
	if stderr, err = unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, 3); err != nil {
		_ = unix.Close(stdout)
		return -1, -1, fmt.Errorf("our standard error: %w", err)
	}
	return stdout, stderr, nil
}

// supervise waits until nothing of the run is left.
func (s *supervisor) supervise(ctx context.Context) Outcome {
	cancelled := ctx.Done()
	for {
		s.see(signs(s.signs.Swap(0)))
		s.keepTime()
		more := s.output.pump()
		switch {
		case s.gone && s.output.ended():
			o := s.process.outcome(s.cause)
			o.Tail = s.output.tail.bytes()
			return o
		case more: // go on reading, but look up
			if ctx.Err() != nil {
				s.endRun(ctx)
			}
			continue
		}
		s.setAlarm()
		select {
		case <-cancelled:
			cancelled = nil
			s.endRun(ctx)
		case <-s.wake:
		}
	}
}

func (s *supervisor) see(seen signs) {
	if seen&stdoutReady != 0 {
		s.output.streams[0].ready = true
	}
	if seen&stderrReady != 0 {
		s.output.streams[1].ready = true
	}
	if seen&leaderExited != 0 && !s.exited {
		s.leaderEnded()
	}
	if seen&memberExited != 0 && !s.gone {
		s.sweep()
	}
}

// close gives back what the run held. The loop calls nobody any more.
func (s *supervisor) close() {
	if s.watch != nil {
		s.watch.Close()
	}
	s.dropMembers(func(*member) bool { return true })
	if s.process != nil {
		_ = s.reactor.Kernel().Close(s.process.pidfd)
	}
	if s.alarm != nil {
		s.alarm.Stop()
	}
	s.output.close()
}
