package sources_test

import (
	"net"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

func TestT2_TicksSinceTheLastCall(t *testing.T) {
	tm, c, ticks, q := timer(t, sources.Schedule{Start: reactor.Instant(20 * ms), Interval: 20 * ms})
	must(t, tm.Activate())
	c.Advance(int64(20 * ms))
	if got := receive(t, ticks, "tick"); got.Count != 1 {
		t.Fatalf("%d ticks, want 1", got.Count)
	}
	// Busy for 100 ms: what passed meanwhile is counted when the call comes.
	busy, release := make(chan struct{}), make(chan struct{})
	q.Async(func() { close(busy); <-release })
	<-busy
	c.Advance(int64(100 * ms))
	close(release)
	if got := receive(t, ticks, "tick"); got.Count != 5 {
		t.Fatalf("%d ticks, want 5", got.Count)
	}
	end(t, tm)
}

func TestT9_LeewayIsCut(t *testing.T) {
	for name, leeway := range map[string]time.Duration{"T9_HalfTheInterval": 90 * ms, "T9_Greatest": 1<<63 - 1} {
		t.Run(name, func(t *testing.T) {
			tm, c, ticks, q := timer(t, sources.Schedule{Start: reactor.Instant(100 * ms), Interval: 100 * ms, Leeway: leeway})
			must(t, tm.Activate())
			drain(t, q)
			c.Advance(int64(149 * ms))
			drain(t, q)
			if len(ticks) != 0 {
				t.Fatal("fired with leeway left, though nobody woke")
			}
			c.Advance(int64(ms))
			receive(t, ticks, "tick at half the interval after its target")
			end(t, tm)
		})
	}
}

// Ensure that a timer without leeway gets none: no minimum is put in its place.
func TestT11_LeewayAsGiven(t *testing.T) {
	tm, c, ticks, q := timer(t, sources.Schedule{Start: reactor.Instant(10 * ms), Interval: sources.Once})
	must(t, tm.Activate())
	drain(t, q)
	c.Advance(int64(10*ms) - 1)
	drain(t, q)
	if len(ticks) != 0 {
		t.Fatal("early")
	}
	c.Advance(1)
	receive(t, ticks, "tick at its target")
	end(t, tm)
}

// Ensure that timers whose windows overlap share one wake-up.
func TestT12_LeewayIsUsed(t *testing.T) {
	first, c, ticks, q := timer(t, sources.Schedule{Start: reactor.Instant(100 * ms), Interval: sources.Once, Leeway: 10_000 * ms})
	r := first.Reactor()
	second := sources.NewTimer("second", q, reactor.Monotonic)
	second.OnEvent(func(n sources.Ticks) { ticks <- n })
	must(t, second.SetSchedule(sources.Schedule{Start: r.Now(reactor.Monotonic) + reactor.Instant(200*ms), Interval: sources.Once}))
	must(t, first.Activate())
	must(t, second.Activate())
	drain(t, q)
	c.Advance(int64(199 * ms))
	drain(t, q)
	if len(ticks) != 0 {
		t.Fatal("the first woke by itself with leeway left")
	}
	before := r.Returns()
	c.Advance(int64(ms))
	receive(t, ticks, "one timer")
	receive(t, ticks, "the other")
	if n := r.Returns() - before; n > 1 {
		t.Errorf("%d wake-ups for two timers in one window", n)
	}
	end(t, first)
	end(t, second)
}

// Ensure that the end of a half-closed socket is told again and again, until
// the source is cancelled.
func TestR4_EndIsToldUntilCancel(t *testing.T) {
	r := start(t)
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	must(t, unix.Shutdown(pair[1], unix.SHUT_WR))
	s := sources.NewRead("half", r.NewQueue("q"), pair[0])
	told := make(chan sources.Ready)
	s.OnEvent(func(ev sources.Ready) { told <- ev })
	must(t, s.Activate())
	for range 1000 {
		if ev := receive(t, told, "end"); !ev.EOF || ev.Bytes != 0 {
			t.Fatalf("%+v, want the end with no bytes", ev)
		}
	}
	go func() {
		for range told { // calls under way
		}
	}()
	end(t, s, func() { _ = unix.Close(pair[0]) })
	close(told)
	_ = unix.Close(pair[1])
}

func TestR10_NonblockIsTheUsers(t *testing.T) {
	r := start(t)
	for _, flag := range []int{0, unix.O_NONBLOCK} {
		var p [2]int
		must(t, unix.Pipe2(p[:], unix.O_CLOEXEC|flag))
		for i, s := range []*reactor.Source[sources.Ready]{
			sources.NewRead("read", r.NewQueue("q"), p[0]), sources.NewWrite("write", r.NewQueue("q"), p[1]),
		} {
			s.OnEvent(func(sources.Ready) {})
			must(t, s.Activate())
			end(t, s)
			got, err := unix.FcntlInt(uintptr(p[i]), unix.F_GETFL, 0)
			must(t, err)
			if got&unix.O_NONBLOCK != flag {
				t.Errorf("%s: O_NONBLOCK is %#x, was %#x", s.Label(), got&unix.O_NONBLOCK, flag)
			}
			must(t, unix.Close(p[i]))
		}
	}
}

func TestW2_FreeSpaceOfASocket(t *testing.T) {
	r := start(t)
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	size, err := unix.GetsockoptInt(pair[0], unix.SOL_SOCKET, unix.SO_SNDBUF)
	must(t, err)
	s := sources.NewWrite("socket", r.NewQueue("q"), pair[0])
	told := make(chan int)
	s.OnEvent(func(ev sources.Ready) { told <- ev.Bytes })
	must(t, s.Activate())
	if n := receive(t, told, "space"); n != size {
		t.Errorf("%d bytes free in an empty buffer of %d", n, size)
	}
	if _, err := unix.Write(pair[0], make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	receive(t, told, "what was told before the write")
	if n := receive(t, told, "space"); n >= size || n <= 0 {
		t.Errorf("%d bytes free after a write into a buffer of %d", n, size)
	}
	go func() {
		for range told {
		}
	}()
	end(t, s, func() { _ = unix.Close(pair[0]) })
	close(told)
	_ = unix.Close(pair[1])
}

// Ensure that the disposition from before comes back with the last cancel, an
// ignored signal included. The kernel tells which are ignored.
func TestG3_DispositionIsRestored(t *testing.T) {
	r := start(t)
	signal.Ignore(syscall.SIGUSR2)
	defer signal.Reset(syscall.SIGUSR2)
	if !signal.Ignored(syscall.SIGUSR2) {
		t.Fatal("SIGUSR2 is not ignored to begin with")
	}
	var all []*sources.Signal
	got := make(chan struct{}, 8)
	for range 2 {
		s, err := sources.NewSignal("usr2", r.NewQueue("q"), syscall.SIGUSR2)
		must(t, err)
		s.OnEvent(func(sources.Signals) { got <- struct{}{} })
		must(t, s.Activate())
		all = append(all, s)
	}
	must(t, unix.Kill(os.Getpid(), unix.SIGUSR2))
	receive(t, got, "signal")
	receive(t, got, "signal at the other source")
	end(t, all[0])
	must(t, unix.Kill(os.Getpid(), unix.SIGUSR2))
	receive(t, got, "signal, with one source left")
	end(t, all[1])
	if !signal.Ignored(syscall.SIGUSR2) {
		t.Error("SIGUSR2 is not ignored any more after the last cancel")
	}
}

// Ensure that a signal's handler is ordinary code: it may allocate, lock, wait
// for other goroutines and make network connections.
func TestG4_OrdinaryCode(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	s, err := sources.NewSignal("usr1", q, syscall.SIGUSR1)
	must(t, err)
	done := make(chan error, 1)
	s.OnEvent(func(sources.Signals) {
		q.AssertOn()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err == nil {
			answer := make(chan error)
			go func() {
				c, err := net.Dial("tcp", l.Addr().String())
				if err == nil {
					err = c.Close()
				}
				answer <- err
			}()
			var c net.Conn
			if c, err = l.Accept(); err == nil {
				_ = c.Close()
			}
			if e := <-answer; err == nil {
				err = e
			}
			_ = l.Close()
		}
		done <- err
	})
	must(t, s.Activate())
	must(t, unix.Kill(os.Getpid(), unix.SIGUSR1))
	must(t, receive(t, done, "end of the handler"))
	end(t, s)
}

func TestP3_TheChildStaysWaitable(t *testing.T) {
	r := start(t)
	cmd := exec.Command("sh", "-c", "exit 3")
	must(t, cmd.Start())
	s, exits := follow(t, r, cmd.Process.Pid)
	if e := receive(t, exits, "exit"); e.Status == nil || e.Status.Code != 3 {
		t.Fatalf("%+v", e)
	}
	end(t, s)
	err := cmd.Wait()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 3 {
		t.Errorf("wait after the exit was told: %v", err)
	}
}
