package sources_test

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

func TestR1_FiresAgainUntilRead(t *testing.T) {
	r := start(t)
	rd, wr := pipe(t)
	s := sources.NewRead("pipe", r.NewQueue("q"), rd)
	got := make(chan byte, 8)
	var calls atomic.Int32
	s.OnEvent(func(ev sources.Ready) {
		if calls.Add(1)%2 == 1 {
			return // read nothing: it must be told again
		}
		var b [1]byte
		if n, _ := unix.Read(rd, b[:]); n == 1 {
			got <- b[0]
		}
	})
	_, _ = unix.Write(wr, []byte("abc")) // S6: there before activation
	must(t, s.Activate())
	for _, want := range []byte("abc") {
		if b := receive(t, got, "byte"); b != want {
			t.Fatalf("%c, want %c", b, want)
		}
	}
	end(t, s, func() { _ = unix.Close(rd) })
	_ = unix.Close(wr)
}

// Ensure that bytes written before the writer hung up all arrive, and that
// the end is told after them.
func TestR5_HangUpLosesNothing(t *testing.T) {
	r := start(t)
	for _, kind := range []string{"pipe", "unix"} {
		t.Run(kind, func(t *testing.T) {
			rd, wr := pipe(t)
			if kind == "unix" {
				_ = unix.Close(rd)
				_ = unix.Close(wr)
				pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
				must(t, err)
				rd, wr = pair[0], pair[1]
			}
			_, _ = unix.Write(wr, []byte("0123456789"))
			_ = unix.Close(wr)
			s := sources.NewRead(kind, r.NewQueue("q"), rd)
			var text []byte
			whole := make(chan string, 1)
			s.OnEvent(func(ev sources.Ready) {
				if ev.EOF {
					s.Cancel()
					whole <- string(text)
					return
				}
				if ev.Bytes == 0 {
					t.Error("neither bytes nor the end")
				}
				var b [2]byte
				n, _ := unix.Read(rd, b[:])
				text = append(text, b[:n]...)
			})
			closed := make(chan struct{})
			s.OnCancel(func() { _ = unix.Close(rd); close(closed) })
			must(t, s.Activate())
			if got := receive(t, whole, "end of file"); got != "0123456789" {
				t.Fatalf("read %q", got)
			}
			receive(t, closed, "cancel handler")
		})
	}
}

func TestR2_ListenerAndEstimate(t *testing.T) {
	r := start(t)
	rd, wr := pipe(t)
	_, _ = unix.Write(wr, make([]byte, 1234))
	s := sources.NewRead("pipe", r.NewQueue("q"), rd)
	got := make(chan int, 1)
	s.OnEvent(func(ev sources.Ready) { got <- ev.Bytes; s.Cancel() })
	done := make(chan struct{})
	s.OnCancel(func() { close(done) })
	must(t, s.Activate())
	if n := receive(t, got, "estimate"); n != 1234 {
		t.Fatalf("estimate %d, want 1234", n)
	}
	receive(t, done, "cancel handler")
	_ = unix.Close(rd)
	_ = unix.Close(wr)
}

func TestR6_RegularFileIsAlwaysReady(t *testing.T) {
	r := start(t)
	path := filepath.Join(t.TempDir(), "f")
	must(t, os.WriteFile(path, make([]byte, 10_000), 0o600))
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	must(t, err)
	s := sources.NewRead("file", r.NewQueue("q"), fd)
	total, done := 0, make(chan int, 1)
	s.OnEvent(func(ev sources.Ready) {
		if ev.EOF {
			select {
			case done <- total:
			default:
			}
			return
		}
		n, _ := unix.Read(fd, make([]byte, 3000))
		total += n
	})
	must(t, s.Activate())
	if n := receive(t, done, "end of file"); n != 10_000 {
		t.Fatalf("read %d", n)
	}
	end(t, s, func() { _ = unix.Close(fd) })
}

func TestR7_ActivateRefuses(t *testing.T) {
	r := start(t)
	fd, err := unix.Open(t.TempDir(), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	must(t, err)
	s := sources.NewRead("dir", r.NewQueue("q"), fd)
	closed := make(chan struct{})
	s.OnCancel(func() { _ = unix.Close(fd); close(closed) })
	if err := s.Activate(); err == nil {
		t.Fatal("a directory was taken")
	}
	receive(t, closed, "cancel handler after the refusal")
}

func TestR9_ErrorIsDelivered(t *testing.T) {
	r := start(t)
	rd, wr := pipe(t)
	for {
		if _, err := unix.Write(wr, make([]byte, 4096)); err != nil {
			break // full
		}
	}
	s := sources.NewWrite("full", r.NewQueue("q"), wr)
	got := make(chan error, 1)
	s.OnEvent(func(ev sources.Ready) {
		select {
		case got <- ev.Err:
		default:
		}
	})
	must(t, s.Activate())
	_ = unix.Close(rd)
	if err := receive(t, got, "error"); err != unix.EPIPE {
		t.Fatalf("err = %v, want EPIPE", err)
	}
	end(t, s, func() { _ = unix.Close(wr) })
}

func TestW1_W2_WritableWithItsSpace(t *testing.T) {
	r := start(t)
	rd, wr := pipe(t)
	size, err := unix.FcntlInt(uintptr(wr), unix.F_GETPIPE_SZ, 0)
	must(t, err)
	s := sources.NewWrite("pipe", r.NewQueue("q"), wr)
	got := make(chan int)
	s.OnEvent(func(ev sources.Ready) {
		_, _ = unix.Write(wr, make([]byte, ev.Bytes))
		got <- ev.Bytes
	})
	must(t, s.Activate())
	if n := receive(t, got, "space"); n != size {
		t.Fatalf("%d bytes free in an empty pipe of %d", n, size)
	}
	drainPipe(rd)
	if n := receive(t, got, "space again"); n != size {
		t.Fatalf("%d bytes free after it was read empty", n)
	}
	drainPipe(rd)
	go func() {
		for range got { // calls under way
		}
	}()
	end(t, s, func() { _ = unix.Close(wr) })
	close(got)
	_ = unix.Close(rd)
}

func drainPipe(fd int) {
	for {
		if n, err := unix.Read(fd, make([]byte, 1<<16)); n <= 0 || err != nil {
			return
		}
	}
}

func TestR8_ClosedUnderTheSource(t *testing.T) {
	r := start(t)
	rd, wr := pipe(t)
	s := sources.NewRead("pipe", r.NewQueue("q"), rd)
	got := make(chan error, 1)
	s.OnEvent(func(ev sources.Ready) {
		if ev.Err != nil {
			got <- ev.Err
			return
		}
		_ = unix.Close(rd) // a client's error
	})
	must(t, s.Activate())
	_, _ = unix.Write(wr, []byte("x"))
	if err := receive(t, got, "notice"); err != reactor.ErrStale {
		t.Fatalf("err = %v", err)
	}
	end(t, s)
	_ = unix.Close(wr)
}

// Ensure that sources made and cancelled as fast as possible over the same
// descriptor numbers never get each other's events.
func TestCycles(t *testing.T) {
	cycles := 5_000
	if soak() {
		cycles = 100_000
	}
	r := start(t)
	const lanes = 4
	failed := make(chan string, lanes)
	done := make(chan struct{}, lanes)
	for lane := range lanes {
		go func() {
			defer func() { done <- struct{}{} }()
			q := r.NewQueue("lane")
			for i := range cycles / lanes {
				var p [2]int
				if err := unix.Pipe2(p[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
					failed <- err.Error()
					return
				}
				mark := byte(lane*61 + i)
				s := sources.NewRead("cycle", q, p[0])
				cancelled := make(chan struct{})
				seen := make(chan byte, 1)
				s.OnEvent(func(ev sources.Ready) {
					var b [1]byte
					if n, err := unix.Read(p[0], b[:]); n == 1 {
						seen <- b[0]
					} else if err != unix.EAGAIN {
						failed <- "an event without a byte"
					}
				})
				s.OnCancel(func() {
					_ = unix.Close(p[0])
					_ = unix.Close(p[1])
					close(cancelled)
				})
				if err := s.Activate(); err != nil {
					failed <- err.Error()
					return
				}
				if i%3 != 0 {
					_, _ = unix.Write(p[1], []byte{mark})
				}
				if i%3 == 1 {
					if b := <-seen; b != mark {
						failed <- "an event of another source"
					}
				}
				s.Cancel()
				<-cancelled
				select {
				case b := <-seen:
					if b != mark {
						failed <- "an event of another source"
					}
				default:
				}
			}
		}()
	}
	for range lanes {
		<-done
	}
	select {
	case why := <-failed:
		t.Fatal(why)
	default:
	}
}

func TestDescriptorFaults(t *testing.T) {
	f := kernel.NewFaulty(kernel.Real{})
	r := start(t, reactor.WithKernel(f))
	rd, wr := pipe(t)
	f.Fail(kernel.EpollCreate, unix.EMFILE)
	q := r.NewQueue("q")
	s := sources.NewRead("pipe", q, rd)
	if err := s.Activate(); err == nil {
		t.Fatal("no error without an epoll instance")
	}
	f.Fail(kernel.EpollCtl, unix.ENOMEM)
	s = sources.NewRead("pipe", q, rd)
	if err := s.Activate(); err == nil {
		t.Fatal("no error without memory")
	}
	f.Fail(kernel.EpollPoll, unix.EINTR, unix.EINTR)
	f.Fail(kernel.Readable, unix.EINTR)
	s = sources.NewRead("pipe", q, rd)
	got := make(chan struct{}, 1)
	s.OnEvent(func(sources.Ready) {
		drainPipe(rd)
		got <- struct{}{}
	})
	must(t, s.Activate())
	_, _ = unix.Write(wr, []byte("x"))
	receive(t, got, "event when the causes are gone")
	end(t, s, func() { _ = unix.Close(rd) })
	_ = unix.Close(wr)
}

// Ensure that a level that is gone when a suspended source is resumed is not
// told, and one that is still there is.
func TestR1_SuspendedInItsHandler(t *testing.T) {
	r := start(t)
	rd, wr := pipe(t)
	q := r.NewQueue("q")
	s := sources.NewRead("pipe", q, rd)
	got := make(chan int, 8)
	s.OnEvent(func(ev sources.Ready) {
		s.Suspend()
		got <- ev.Bytes
	})
	must(t, s.Activate())
	_, _ = unix.Write(wr, []byte("abc"))
	if n := receive(t, got, "event"); n != 3 {
		t.Fatalf("%d bytes", n)
	}
	drain(t, q)
	drainPipe(rd)
	s.Resume()
	drain(t, q)
	drain(t, q)
	if len(got) != 0 {
		t.Fatalf("told of %d bytes that are gone", <-got)
	}
	_, _ = unix.Write(wr, []byte("de"))
	if n := receive(t, got, "event"); n != 2 {
		t.Fatalf("%d bytes", n)
	}
	drain(t, q)
	s.Cancel()
	done := make(chan struct{})
	s.OnCancel(func() { close(done) })
	s.Resume()
	receive(t, done, "cancel handler")
	_ = unix.Close(rd)
	_ = unix.Close(wr)
}
