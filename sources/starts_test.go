package sources_test

import (
	"errors"
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// starts returns an active source of starts, or skips where there is none.
func starts(t *testing.T, r *reactor.Reactor) (*sources.Starts, chan sources.Started) {
	t.Helper()
	s := sources.NewStarts("starts", r.NewQueue("q"))
	came := make(chan sources.Started, 4096)
	s.OnEvent(func(n sources.Started) { came <- n })
	err := s.Activate()
	if errors.Is(err, sources.ErrNoConnector) && os.Getenv("REACTORD_REQUIRE_CONNECTOR") == "" {
		t.Skip(err)
	}
	must(t, err)
	return s, came
}

// PR2: every process that executes a program is told, by the number of the
// process.
func TestPR2_Starts(t *testing.T) {
	s, came := starts(t, start(t))
	want := map[int]bool{}
	for range 100 {
		cmd := exec.Command("true")
		must(t, cmd.Run())
		want[cmd.Process.Pid] = true
	}
	for len(want) > 0 {
		n := receive(t, came, "start")
		if n.Lost {
			t.Skip("the machine is too busy: the kernel's queue overflowed")
		}
		for _, pid := range n.PIDs {
			delete(want, pid)
		}
	}
	end(t, s)
}

// What the kernel's queue didn't hold is told as lost, and it goes on.
func TestPR2_StartsLost(t *testing.T) {
	k := kernel.NewFaulty(kernel.Real{})
	s, came := starts(t, start(t, reactor.WithKernel(k)))
	k.Fail(kernel.Recvmsg, unix.ENOBUFS)
	must(t, exec.Command("true").Run())
	for !receive(t, came, "loss").Lost {
	}
	cmd := exec.Command("true")
	must(t, cmd.Run())
	for found := false; !found; {
		for _, pid := range receive(t, came, "start").PIDs {
			found = found || pid == cmd.Process.Pid
		}
	}
	end(t, s)
}

// Where the connector isn't permitted, activation says so and why.
func TestPR2_StartsRefused(t *testing.T) {
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
				s, _ := starts(t, start(t)) // or skip
				end(t, s)
			}
			k.Fail(fail.call, fail.err)
			s := sources.NewStarts("starts", r.NewQueue("q"))
			s.OnEvent(func(sources.Started) {})
			if err := s.Activate(); !errors.Is(err, sources.ErrNoConnector) || !errors.Is(err, fail.err) {
				t.Fatalf("%v", err)
			}
		})
	}
}
