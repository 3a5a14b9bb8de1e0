package sources_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// activity returns an active source, or skips where there is none.
func activity(t *testing.T, r *reactor.Reactor, kinds sources.ProcessAct) (*sources.Activity, chan sources.Acts) {
	t.Helper()
	s := sources.NewActivity("activity", r.NewQueue("q"), kinds)
	came := make(chan sources.Acts, 4096)
	s.OnEvent(func(n sources.Acts) { came <- n })
	err := s.Activate()
	if errors.Is(err, sources.ErrNoConnector) && os.Getenv("REACTORD_REQUIRE_CONNECTOR") == "" {
		t.Skip(err)
	}
	must(t, err)
	return s, came
}

// untilActs receives until all that is wanted came, in that order among itself,
// or skips when the kernel lost some.
func untilActs(t *testing.T, came <-chan sources.Acts, want []sources.Act) {
	t.Helper()
	for len(want) > 0 {
		n := receive(t, came, fmt.Sprintf("act %+v", want[0]))
		if n.Lost {
			t.Skip("the machine is too busy: the kernel's queue overflowed")
		}
		for _, a := range n.Acts {
			if len(want) > 0 && a == want[0] {
				want = want[1:]
			}
		}
	}
}

// PR2: every process that executes a program is told, by the number of the
// process.
func TestPR2_Executed(t *testing.T) {
	s, came := activity(t, start(t), sources.ProcessExec)
	var want []sources.Act
	for range 100 {
		cmd := exec.Command("true")
		must(t, cmd.Run())
		want = append(want, sources.Act{Kind: sources.ProcessExec, PID: cmd.Process.Pid})
	}
	untilActs(t, came, want)
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
		cmd := exec.Command("true")
		must(t, cmd.Run())
		pid := cmd.Process.Pid
		s.Fence(pid)
		untilActs(t, came, []sources.Act{{Kind: sources.ProcessExec, PID: pid}, {Kind: sources.ProcessFence, PID: pid}})
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
	cmd := exec.Command("true")
	must(t, cmd.Run())
	untilActs(t, came, []sources.Act{{Kind: sources.ProcessExec, PID: cmd.Process.Pid}})
	end(t, s)
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
