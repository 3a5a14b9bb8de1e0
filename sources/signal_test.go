package sources_test

import (
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/sources"
)

func TestG1_SeveralObserversOfASignal(t *testing.T) {
	r := start(t)
	got := make(chan sources.Signals, 64)
	var all []*sources.Signal
	for range 2 {
		s, err := sources.NewSignal("usr1", r.NewQueue("q"), syscall.SIGUSR1, syscall.SIGUSR2)
		must(t, err)
		s.OnEvent(func(n sources.Signals) { got <- n })
		must(t, s.Activate())
		all = append(all, s)
	}
	must(t, unix.Kill(unix.Getpid(), unix.SIGUSR1))
	for range 2 {
		if n := receive(t, got, "signal"); n[syscall.SIGUSR1] != 1 || n[syscall.SIGUSR2] != 0 {
			t.Fatalf("counts %v", n)
		}
	}
	for _, s := range all {
		end(t, s)
	}
}

func TestG2_CountedWhileSuspended(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	s, err := sources.NewSignal("usr1", q, syscall.SIGUSR1)
	must(t, err)
	got := make(chan sources.Signals, 64)
	s.OnEvent(func(n sources.Signals) { got <- n })
	arrived := make(chan struct{}, 64)
	s.OnArrival(r.NewQueue("hooks"), func() { arrived <- struct{}{} })
	must(t, s.Activate())
	s.Suspend()
	for range 5 { // one after the other: the kernel merges what is pending
		must(t, unix.Kill(unix.Getpid(), unix.SIGUSR1))
		receive(t, arrived, "arrival")
	}
	s.Resume()
	if n := receive(t, got, "signals"); n[syscall.SIGUSR1] != 5 {
		t.Fatalf("counted %d, want 5", n[syscall.SIGUSR1])
	}
	end(t, s)
}

func TestSignalsThatCannotBeObserved(t *testing.T) {
	r := start(t)
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGSTOP, 0, 99, 34} {
		if _, err := sources.NewSignal("s", r.NewQueue("q"), sig); err == nil {
			t.Errorf("signal %d was taken", sig)
		}
	}
}
