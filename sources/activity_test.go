package sources_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
	"github.com/reactord/reactord/test/need"
)

// activity returns an active source, or skips where there is none.
func activity(t *testing.T, r *reactor.Reactor, kinds sources.ProcessAct) (*sources.Activity, chan sources.Acts) {
	t.Helper()
	s := sources.NewActivity("activity", r.NewQueue("q"), kinds)
	came := make(chan sources.Acts, 4096)
	s.OnEvent(func(n sources.Acts) { came <- n })
	err := s.Activate()
	if errors.Is(err, sources.ErrNoConnector) {
		need.Skip(t, need.Connector, "%v", err)
	}
	must(t, err)
	return s, came
}

// untilActs has something done and receives until all of it came, in that order
// among itself. When the kernel lost some, which it may on a busy machine and tells,
// it is done anew, a few times.
func untilActs(t *testing.T, came <-chan sources.Acts, do func() []sources.Act) {
	t.Helper()
	const tries = 5
	for range tries {
		if arrive(t, came, do()) {
			return
		}
	}
	t.Fatalf("the kernel's queue overflowed %d times in a row", tries)
}

// arrive reports false when some were lost.
func arrive(t *testing.T, came <-chan sources.Acts, want []sources.Act) bool {
	t.Helper()
	for len(want) > 0 {
		n := receive(t, came, fmt.Sprintf("act %+v", want[0]))
		if n.Lost {
			return false
		}
		for _, a := range n.Acts {
			if len(want) > 0 && a == want[0] {
				want = want[1:]
			}
		}
	}
	return true
}

// executed runs true and returns its number.
func executed(t *testing.T) (pid int) {
	t.Helper()
	cmd := exec.Command("true")
	must(t, cmd.Run())
	return cmd.Process.Pid
}

// PR2: every process that executes a program is told, by the number of the
// process.
func TestPR2_Executed(t *testing.T) {
	s, came := activity(t, start(t), sources.ProcessExec)
	untilActs(t, came, func() (want []sources.Act) {
		for range 100 {
			want = append(want, sources.Act{Kind: sources.ProcessExec, PID: executed(t)})
		}
		return want
	})
	end(t, s)
}

// P1: forks are told with the child, and only those of processes; nothing is told
// that was not asked for.
func TestP1_Forks(t *testing.T) {
	s, came := activity(t, start(t), sources.ProcessFork)
	cmd := exec.Command("sh", "-c", "true & echo $!; wait")
	out, err := cmd.Output()
	must(t, err)
	child, err := strconv.Atoi(strings.TrimSpace(string(out)))
	must(t, err)
	threads := make(chan struct{})
	go func() { runtime.LockOSThread(); close(threads) }() // ends its thread
	<-threads
	want := []sources.Act{
		{Kind: sources.ProcessFork, PID: os.Getpid(), Child: cmd.Process.Pid},
		{Kind: sources.ProcessFork, PID: cmd.Process.Pid, Child: child},
	}
	for len(want) > 0 {
		n := receive(t, came, fmt.Sprintf("fork %+v", want[0]))
		for _, a := range n.Acts {
			switch {
			case a.Kind != sources.ProcessFork:
				t.Errorf("%+v was not asked for", a)
			case len(want) > 0 && a == want[0]:
				want = want[1:]
			}
		}
	}
	end(t, s)
}

// Behind a fence comes nothing that the kernel told before it.
func TestP1_Fence(t *testing.T) {
	s, came := activity(t, start(t), sources.ProcessExec)
	for range 50 {
		untilActs(t, came, func() []sources.Act {
			pid := executed(t)
			s.Fence(pid)
			return []sources.Act{{Kind: sources.ProcessExec, PID: pid}, {Kind: sources.ProcessFence, PID: pid}}
		})
	}
	end(t, s)
}

// P1: the mask is told back.
func TestP1_Mask(t *testing.T) {
	s := sources.NewActivity("activity", start(t).NewQueue("q"), sources.ProcessFork|sources.ProcessName)
	if s.Mask() != uint64(sources.ProcessFork|sources.ProcessName) {
		t.Errorf("mask %#x", s.Mask())
	}
}

// What the kernel's queue didn't hold is told as lost, and it goes on.
func TestPR2_ActivityLost(t *testing.T) {
	k := kernel.NewFaulty(kernel.Real{})
	s, came := activity(t, start(t, reactor.WithKernel(k)), sources.ProcessExec)
	k.Fail(kernel.Recvmsg, unix.ENOBUFS)
	must(t, exec.Command("true").Run())
	for !receive(t, came, "loss").Lost {
	}
	untilActs(t, came, func() []sources.Act {
		return []sources.Act{{Kind: sources.ProcessExec, PID: executed(t)}}
	})
	end(t, s)
}

// What can't be received is received later, though the kernel says no more of it.
func TestPR2_ActivityUnread(t *testing.T) {
	k := kernel.NewFaulty(kernel.Real{})
	tr := &failures{}
	s, came := activity(t, start(t, reactor.WithKernel(k), reactor.WithTracer(tr)), sources.ProcessExec)
	k.Fail(kernel.Recvmsg, slices.Repeat([]error{unix.ENOMEM}, 5)...)
	arrive(t, came, []sources.Act{{Kind: sources.ProcessExec, PID: executed(t)}})
	if n := tr.count("activity"); n != 1 {
		t.Errorf("the tracer was told %d times", n)
	}
	end(t, s)
}

// To be short of something is no want of permission.
func TestPR2_ActivityShort(t *testing.T) {
	for call, cause := range map[kernel.Call]error{
		kernel.ConnectorOpen: unix.EMFILE, kernel.Sendmsg: unix.ENOMEM, kernel.Recvmsg: unix.ENOMEM, kernel.EpollCtl: unix.ENOSPC,
	} {
		t.Run(string(call), func(t *testing.T) {
			s, _ := activity(t, start(t), sources.ProcessExec) // or skip
			end(t, s)
			k := kernel.NewFaulty(kernel.Real{})
			r := start(t, reactor.WithKernel(k))
			if call == kernel.Sendmsg {
				k.Fail(call, unix.EINTR)
			}
			k.Fail(call, cause)
			s = sources.NewActivity("activity", r.NewQueue("q"), sources.ProcessExec)
			s.OnEvent(func(sources.Acts) {})
			if err := s.Activate(); errors.Is(err, sources.ErrNoConnector) || !errors.Is(err, cause) || !strings.Contains(err.Error(), "activity") {
				t.Fatalf("%v", err)
			} else if strings.Contains(err.Error(), "inotify") {
				t.Errorf("%v: advises on what it doesn't use", err)
			}
			s = sources.NewActivity("activity", r.NewQueue("q"), sources.ProcessExec)
			s.OnEvent(func(sources.Acts) {})
			must(t, s.Activate())
			end(t, s)
		})
	}
}

// Where the connector isn't permitted, activation says so and why.
func TestPR2_ActivityRefused(t *testing.T) {
	for name, fail := range map[string]struct {
		call kernel.Call
		err  error
	}{
		"open": {kernel.ConnectorOpen, unix.EPERM}, "ask": {kernel.Sendmsg, unix.ECONNREFUSED}, "answer": {kernel.Recvmsg, unix.EAGAIN},
	} {
		t.Run(name, func(t *testing.T) {
			k := kernel.NewFaulty(kernel.Real{})
			r := start(t, reactor.WithKernel(k))
			if fail.call != kernel.ConnectorOpen {
				s, _ := activity(t, start(t), sources.ProcessExec) // or skip
				end(t, s)
			}
			k.Fail(fail.call, fail.err)
			s := sources.NewActivity("activity", r.NewQueue("q"), sources.ProcessExec)
			s.OnEvent(func(sources.Acts) {})
			if err := s.Activate(); !errors.Is(err, sources.ErrNoConnector) || !errors.Is(err, fail.err) {
				t.Fatalf("%v", err)
			}
		})
	}
}

// PR2: what is executed is looked at before anybody else hears of it, and what was
// found out is told with it; forks are not looked at.
func TestPR2_LookedAtOnce(t *testing.T) {
	s := sources.NewActivity("activity", start(t).NewQueue("q"), sources.ProcessExec|sources.ProcessFork)
	ends, found := make(chan struct{}), make(chan string, 4096)
	s.Look(func(pid int) sources.Sight {
		if name := sources.CommandName(pid); name != "" {
			select {
			case found <- name:
			case <-ends:
			}
			return sources.Belongs
		}
		return sources.Gone
	})
	came := make(chan sources.Acts, 4096)
	s.OnEvent(func(n sources.Acts) { came <- n })
	if err := s.Activate(); errors.Is(err, sources.ErrNoConnector) {
		need.Skip(t, need.Connector, "%v", err)
	}
	cmd := exec.Command("cat")
	in, err := cmd.StdinPipe()
	must(t, err)
	must(t, cmd.Start())
	for receive(t, found, "look") != "cat" {
	}
	close(ends)
	for told := false; !told; {
		for _, a := range receive(t, came, "acts").Acts {
			if told = told || a.Kind == sources.ProcessExec && a.PID == cmd.Process.Pid; told && a.PID == cmd.Process.Pid && a.Seen != sources.Belongs {
				t.Errorf("%+v", a)
			}
			if a.Kind == sources.ProcessFork && a.Seen != sources.Unseen {
				t.Errorf("%+v", a)
			}
		}
	}
	must(t, in.Close())
	must(t, cmd.Wait())
	end(t, s)
}
