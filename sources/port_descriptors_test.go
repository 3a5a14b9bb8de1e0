package sources_test

import (
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

func TestPortDescriptors(t *testing.T) {
	t.Run("handed on", func(t *testing.T) {
		r := start(t)
		ours, theirs := connection(t)
		in := openPort(t, r, ours, sources.PortOptions{TakeFDs: true})
		rd, wr := pipe(t)
		must(t, unix.Sendmsg(theirs, []byte("x"), unix.UnixRights(wr, rd), nil, 0))
		must(t, in.Activate())
		m := in.messages(t, 1)[0]
		if len(m.FDs) != 2 || m.FDsLost {
			t.Fatalf("%+v", m)
		}
		for _, fd := range m.FDs {
			flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
			if must(t, err); flags&unix.FD_CLOEXEC == 0 {
				t.Error("not close-on-exec")
			}
		}
		_, err := unix.Write(m.FDs[0], []byte("y"))
		must(t, err)
		var b [1]byte
		if _, err := unix.Read(rd, b[:]); err != nil || b[0] != 'y' {
			t.Fatalf("%q, %v", b, err)
		}
		must(t, in.Reply(m, []byte("z"), m.FDs[0]))
		for _, fd := range append(m.FDs, rd, wr, theirs) {
			_ = unix.Close(fd)
		}
		in.close(t)
	})
	t.Run("never opened", func(t *testing.T) {
		r := start(t)
		ours, theirs := connection(t)
		in := openPort(t, r, ours, sources.PortOptions{})
		must(t, unix.Sendmsg(theirs, []byte("x"), unix.UnixRights(theirs, ours), nil, 0))
		must(t, in.Activate())
		if m := in.messages(t, 1)[0]; m.FDs != nil || !m.FDsLost || string(m.Data) != "x" || m.Peer == nil {
			t.Fatalf("%+v", m)
		}
		_ = unix.Close(theirs)
		in.close(t)
	})
	// The others end in leak.Check: nothing may be open.
	t.Run("C2_dropped at a cancel", func(t *testing.T) {
		r := start(t)
		ours, theirs := connection(t)
		in := openPort(t, r, ours, sources.PortOptions{TakeFDs: true})
		must(t, in.Activate())
		in.Suspend()
		must(t, unix.Sendmsg(theirs, []byte("x"), unix.UnixRights(theirs), nil, 0))
		drainLoop(t, r)
		in.Cancel()
		in.Resume()
		in.close(t)
		_ = unix.Close(theirs)
	})
	t.Run("S17_no handler", func(t *testing.T) {
		r := start(t, reactor.WithTracer(quiet{}))
		ours, theirs := connection(t)
		q := r.NewQueue("q")
		p, err := sources.NewPort("port", q, ours, sources.PortOptions{TakeFDs: true})
		must(t, err)
		must(t, unix.Sendmsg(theirs, []byte("lost"), unix.UnixRights(theirs), nil, 0))
		must(t, p.Activate())
		drainLoop(t, r)
		drain(t, q)
		drain(t, q)
		got := make(chan sources.PortEvent, 1)
		p.OnEvent(nil)
		p.OnEvent(func(ev sources.PortEvent) { got <- ev })
		send(t, theirs, "found")
		if ev := receive(t, got, "event"); len(ev.Messages) != 1 || string(ev.Messages[0].Data) != "found" {
			t.Fatalf("%+v", ev)
		}
		_ = unix.Close(theirs)
		end(t, p, func() { _ = unix.Close(ours) })
	})
	t.Run("out of descriptors", func(t *testing.T) {
		r := start(t)
		ours, theirs := connection(t)
		in := openPort(t, r, ours, sources.PortOptions{TakeFDs: true})
		must(t, in.Activate())
		drainLoop(t, r) // the loop needs none from here on
		in.Suspend()
		must(t, unix.Sendmsg(theirs, []byte("x"), unix.UnixRights(theirs, theirs, theirs, theirs), nil, 0))
		var former unix.Rlimit
		must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &former))
		highest, err := unix.Dup(theirs)
		must(t, err)
		_ = unix.Close(highest)
		tight := former
		tight.Cur = uint64(highest) + 2 // two of the four fit
		must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &tight))
		restore := sync.OnceFunc(func() { _ = unix.Setrlimit(unix.RLIMIT_NOFILE, &former) })
		defer restore()
		in.Resume()
		m := in.messages(t, 1)[0]
		restore()
		if m.FDs != nil || !m.FDsLost || string(m.Data) != "x" {
			t.Fatalf("%+v", m)
		}
		_ = unix.Close(theirs)
		in.close(t)
	})
}
