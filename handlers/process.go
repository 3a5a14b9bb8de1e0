package handlers

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// process is a run's command: the leader of a process group of its own.
//
// Numbers are used again: once a process has been reaped and its group is
// empty, its number may be somebody else's. The group is therefore signalled
// through the leader's pidfd (PIDFD_SIGNAL_PROCESS_GROUP, Linux 6.9), which
// means this group for ever, also after the leader is gone. Older kernels have
// only the number. There the leader is reaped last: while it is a zombie its
// number belongs to it.
type process struct {
	pid, pidfd int
	byNumber   bool
	reaped     bool
	status     unix.WaitStatus
	lost       error // why status isn't known
}

// pidfdSignalProcessGroup is PIDFD_SIGNAL_PROCESS_GROUP.
const pidfdSignalProcessGroup = 1 << 2

// groupSignals reports whether the kernel can signal a group through a pidfd.
// It asks once, by sending no signal to the daemon's own group.
var groupSignals = sync.OnceValue(func() bool {
	fd, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Close(fd) }()
	err = unix.PidfdSendSignal(fd, 0, nil, pidfdSignalProcessGroup)
	return err == nil || errors.Is(err, unix.ESRCH) // the daemon may lead no group
})

// signal sends sig to every process of the group; 0 only asks whether there is
// one. ESRCH says that there is none, not even a zombie.
func (p *process) signal(sig unix.Signal) error {
	var err error
	if p.byNumber {
		err = unix.Kill(-p.pid, sig)
	} else {
		err = unix.PidfdSendSignal(p.pidfd, sig, nil, pidfdSignalProcessGroup)
	}
	if errors.Is(err, unix.ESRCH) && !p.reaped {
		// The leader is there but has gone to another group. Not reaped, it has
		// its number to itself.
		err = unix.Kill(p.pid, sig)
	}
	return err
}

// reap takes the status of the leader, which must have ended or be about to.
// Done again it does nothing.
func (p *process) reap() {
	if p.reaped {
		return
	}
	p.reaped = true
	for {
		_, err := unix.Wait4(p.pid, &p.status, 0, nil)
		if !errors.Is(err, unix.EINTR) {
			p.lost = err
			return
		}
	}
}

// abort ends the group at once, when it can't be watched.
func (p *process) abort() {
	_ = p.signal(unix.SIGKILL)
	p.reap()
}

// outcome is what the leader's status means. cause is why the run was ended
// from outside, nil when it wasn't; then it is a failure whatever the status.
func (p *process) outcome(cause error) Outcome {
	o := Outcome{}
	var how string
	switch {
	case p.lost != nil: // somebody else in the daemon reaped it
		return failed(Transient, fmt.Errorf("exit status of process %d is lost: %w", p.pid, p.lost))
	case p.status.Signaled():
		o.Signal = SignalName(p.status.Signal())
		how = "killed by " + o.Signal
	default:
		code := p.status.ExitStatus()
		o.Code = &code
		how = fmt.Sprintf("exited with status %d", code)
		if code == 0 && cause == nil {
			return o
		}
	}
	o.Result = Transient
	if cause == nil {
		o.Err = errors.New(how)
	} else {
		o.Err = fmt.Errorf("%w, %s", cause, how)
	}
	return o
}
