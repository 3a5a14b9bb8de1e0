package sources_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// shortControl is a kernel that gives less room for control messages.
type shortControl struct {
	kernel.Kernel
	room int
}

func (k shortControl) Recvmsg(fd int, p, oob []byte, flags int) (int, int, int, unix.Sockaddr, error) {
	return k.Kernel.Recvmsg(fd, p, oob[:min(k.room, len(oob))], flags)
}

func TestPortFaults(t *testing.T) {
	for _, tc := range []struct {
		name string
		errs []error
		told int // times the tracer hears of it
	}{
		{"interrupted", []error{unix.EINTR, nil, unix.EINTR, unix.EINTR}, 0},
		{"spurious", []error{unix.EAGAIN, nil, unix.EAGAIN}, 0},
		{"no buffers", []error{unix.ENOBUFS, unix.ENOBUFS}, 1},
		{"no memory", []error{nil, unix.ENOMEM}, 1},
		{"reset", []error{unix.ECONNRESET}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := kernel.NewFaulty(kernel.Real{})
			tr := &failures{}
			r := start(t, reactor.WithKernel(f), reactor.WithTracer(tr))
			f.Fail(kernel.Recvmsg, tc.errs...)
			ours, theirs := connection(t)
			for _, text := range []string{"a", "b", "c"} {
				send(t, theirs, text)
			}
			in := openPort(t, r, ours, sources.PortOptions{})
			must(t, in.Activate())
			var text strings.Builder
			for _, m := range in.messages(t, 3) {
				text.Write(m.Data)
			}
			if text.String() != "abc" {
				t.Fatalf("received %q", text.String())
			}
			if n := tr.count("port"); n != tc.told {
				t.Fatalf("the tracer was told %d times, want %d", n, tc.told)
			}
			_ = unix.Close(theirs)
			in.close(t)
		})
	}
	t.Run("permanent", func(t *testing.T) {
		f := kernel.NewFaulty(kernel.Real{})
		r := start(t, reactor.WithKernel(f))
		ours, theirs := connection(t)
		f.Fail(kernel.Recvmsg, nil, unix.EIO)
		send(t, theirs, "a")
		send(t, theirs, "b")
		in := openPort(t, r, ours, sources.PortOptions{})
		must(t, in.Activate())
		ev := receive(t, in.got, "event")
		if len(ev.Messages) != 1 || !errors.Is(ev.Err, unix.EIO) {
			t.Fatalf("%+v", ev)
		}
		_ = unix.Close(theirs)
		in.close(t)
	})
	t.Run("R8 closed since it looked", func(t *testing.T) {
		f := kernel.NewFaulty(kernel.Real{})
		r := start(t, reactor.WithKernel(f))
		ours, theirs := connection(t)
		f.Fail(kernel.Recvmsg, unix.EBADF)
		send(t, theirs, "a")
		in := openPort(t, r, ours, sources.PortOptions{})
		must(t, in.Activate())
		if ev := receive(t, in.got, "event"); !errors.Is(ev.Err, reactor.ErrStale) {
			t.Fatalf("%+v", ev)
		}
		_ = unix.Close(theirs)
		in.close(t)
	})
	t.Run("R8 not taken for stale", func(t *testing.T) {
		f := kernel.NewFaulty(kernel.Real{})
		tr := &failures{}
		r := start(t, reactor.WithKernel(f), reactor.WithTracer(tr))
		ours, theirs := connection(t)
		send(t, theirs, "a")
		in := openPort(t, r, ours, sources.PortOptions{})
		f.Fail(kernel.Fstat, nil, unix.ENOMEM, unix.ENOMEM)
		must(t, in.Activate())
		in.messages(t, 1)
		if n := tr.count("port"); n != 1 {
			t.Errorf("the tracer was told %d times", n)
		}
		_ = unix.Close(theirs)
		in.close(t)
	})
	t.Run("options refused", func(t *testing.T) {
		f := kernel.NewFaulty(kernel.Real{})
		r := start(t, reactor.WithKernel(f))
		ours, theirs := connection(t)
		for i := range 3 {
			f.Fail(kernel.SocketOption, append(make([]error, i), unix.ENOMEM)...)
			if _, err := sources.NewPort("mine", r.NewQueue("q"), ours, sources.PortOptions{}); !errors.Is(err, unix.ENOMEM) || !strings.Contains(err.Error(), "mine") {
				t.Errorf("option %d: %v", i, err)
			}
			f.Heal()
		}
		f.Fail(kernel.SetSocketOption, unix.ENOMEM)
		in := openPort(t, r, ours, sources.PortOptions{})
		if err := in.Activate(); !errors.Is(err, unix.ENOMEM) {
			t.Errorf("activate: %v", err)
		}
		again := openPort(t, r, ours, sources.PortOptions{}) // the socket is free
		must(t, again.Activate())
		again.close(t)
		_ = unix.Close(theirs)
	})
	t.Run("short control buffers", func(t *testing.T) {
		for _, room := range []int{0, 8, 16, 24, 28, 32, 48, 52, 56, 60, 64} {
			t.Run(fmt.Sprint(room), func(t *testing.T) {
				r := start(t, reactor.WithKernel(shortControl{kernel.Real{}, room}))
				ours, theirs := connection(t)
				in := openPort(t, r, ours, sources.PortOptions{TakeFDs: true})
				must(t, unix.Sendmsg(theirs, []byte("w"), unix.UnixRights(theirs, theirs, theirs), nil, 0))
				send(t, theirs, "x")
				must(t, in.Activate())
				got := in.messages(t, 2)
				m := got[0]
				if len(m.FDs) != 3 && !m.FDsLost || len(m.FDs) == 3 && m.FDsLost || string(m.Data) != "w" {
					t.Fatalf("%+v", m)
				}
				if m.Peer == nil || int(m.Peer.Pid) != os.Getpid() {
					t.Fatalf("peer %+v", m.Peer)
				}
				for _, fd := range m.FDs {
					_ = unix.Close(fd)
				}
				_ = unix.Close(theirs)
				in.close(t)
			})
		}
	})
	t.Run("R8 closed by somebody", func(t *testing.T) {
		r := start(t)
		ours, theirs := connection(t)
		in := openPort(t, r, ours, sources.PortOptions{})
		in.OnEvent(func(ev sources.PortEvent) {
			if len(ev.Messages) > 0 {
				_ = unix.Close(ours)
			}
			in.got <- ev
		})
		send(t, theirs, "a")
		must(t, in.Activate())
		in.messages(t, 1)
		if ev := receive(t, in.got, "notice"); !errors.Is(ev.Err, reactor.ErrStale) {
			t.Fatalf("%+v", ev)
		}
		end(t, in)
		_ = unix.Close(theirs)
	})
	t.Run("R8 another socket under its number", func(t *testing.T) {
		r := start(t)
		ours, theirs := connection(t)
		in := openPort(t, r, ours, sources.PortOptions{})
		must(t, in.Activate())
		in.Suspend()
		send(t, theirs, "x")
		drainLoop(t, r) // it knows that there is something
		other, sender := connection(t)
		must(t, unix.Dup3(other, ours, unix.O_CLOEXEC))
		send(t, sender, "not for the port")
		in.Resume()
		if ev := receive(t, in.got, "notice"); !errors.Is(ev.Err, reactor.ErrStale) || len(ev.Messages) > 0 {
			t.Fatalf("%+v", ev)
		}
		var b [32]byte
		if n, err := unix.Read(other, b[:]); err != nil || string(b[:n]) != "not for the port" {
			t.Fatalf("%q, %v", b[:max(n, 0)], err)
		}
		_ = unix.Close(other)
		_ = unix.Close(sender)
		_ = unix.Close(theirs)
		in.close(t)
	})
	t.Run("reply", func(t *testing.T) {
		f := kernel.NewFaulty(kernel.Real{})
		r := start(t, reactor.WithKernel(f))
		ours, theirs := connection(t)
		in := openPort(t, r, ours, sources.PortOptions{})
		must(t, in.Activate())
		f.Fail(kernel.Sendmsg, unix.EINTR, unix.EINTR)
		must(t, in.Reply(sources.Message{}, []byte("once")))
		var b [8]byte
		if n, err := unix.Read(theirs, b[:]); err != nil || string(b[:n]) != "once" {
			t.Fatalf("%q, %v", b[:n], err)
		}
		for _, cause := range []error{unix.ENOBUFS, unix.ENOMEM, unix.EPIPE} {
			f.Fail(kernel.Sendmsg, cause)
			if err := in.Reply(sources.Message{}, nil); !errors.Is(err, cause) || !strings.Contains(err.Error(), "port port: reply") {
				t.Fatalf("err = %v, want %v", err, cause)
			}
		}
		for { // until they are behind
			if err := in.Reply(sources.Message{}, make([]byte, 4096)); err != nil {
				if !errors.Is(err, unix.EAGAIN) {
					t.Fatal(err)
				}
				break
			}
		}
		_ = unix.Close(theirs)
		in.close(t)
	})
	t.Run("watch refused", func(t *testing.T) {
		f := kernel.NewFaulty(kernel.Real{})
		r := start(t, reactor.WithKernel(f))
		ours, theirs := connection(t)
		in := openPort(t, r, ours, sources.PortOptions{})
		f.Fail(kernel.EpollCreate, unix.EMFILE)
		if err := in.Activate(); !errors.Is(err, unix.EMFILE) {
			t.Fatalf("err = %v", err)
		}
		again := openPort(t, r, ours, sources.PortOptions{}) // the socket is free
		must(t, again.Activate())
		again.close(t)
		_ = unix.Close(theirs)
	})
}

// failures counts what the tracer was told.
type failures struct {
	mu sync.Mutex
	of map[string]int // by label
}

func (f *failures) Panicked(reactor.Panic) {}

func (f *failures) Failed(label string, _ error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of == nil {
		f.of = map[string]int{}
	}
	f.of[label]++
}

// count is how often something was told of that label.
func (f *failures) count(label string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.of[label]
}
