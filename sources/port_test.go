package sources_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// connection is a pair of connected sockets of type seqpacket.
func connection(t testing.TB) (ours, theirs int) {
	t.Helper()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	return pair[0], pair[1]
}

// inbox collects what a port delivers.
type inbox struct {
	*sources.Port
	fd  int
	got chan sources.PortEvent
}

func openPort(t testing.TB, r *reactor.Reactor, fd int, o sources.PortOptions) inbox {
	t.Helper()
	p, err := sources.NewPort("port", r.NewQueue("q"), fd, o)
	must(t, err)
	in := inbox{p, fd, make(chan sources.PortEvent, 1024)}
	p.OnEvent(func(ev sources.PortEvent) { in.got <- ev })
	return in
}

func (in inbox) close(t testing.TB) { end(t, in, func() { _ = unix.Close(in.fd) }) }

// messages waits for n messages.
func (in inbox) messages(t testing.TB, n int) []sources.Message {
	t.Helper()
	var all []sources.Message
	for len(all) < n {
		ev := receive(t, in.got, fmt.Sprintf("message %d of %d", len(all)+1, n))
		if ev.HangUp || ev.Err != nil {
			t.Fatalf("%d of %d messages, then hang-up %v, error %v", len(all), n, ev.HangUp, ev.Err)
		}
		all = append(all, ev.Messages...)
	}
	return all
}

func send(t testing.TB, fd int, text string) {
	t.Helper()
	must(t, unix.Sendmsg(fd, []byte(text), nil, nil, 0))
}

// client is a datagram socket connected to a port, bound when it has a name.
func client(t testing.TB, to, name string) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	if name != "" {
		must(t, unix.Bind(fd, &unix.SockaddrUnix{Name: name}))
	}
	must(t, unix.Connect(fd, &unix.SockaddrUnix{Name: to}))
	return fd
}

func TestPortReceivesDatagramsAndReplies(t *testing.T) {
	dir := t.TempDir()
	for _, tc := range []struct{ name, address, client string }{
		{"path", filepath.Join(dir, "port"), filepath.Join(dir, "client")},
		{"abstract", fmt.Sprintf("@reactord-test-%d", os.Getpid()), fmt.Sprintf("@reactord-client-%d", os.Getpid())},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := start(t)
			fd, err := sources.ListenPort("unixgram", tc.address, 0o600)
			must(t, err)
			c := client(t, tc.address, tc.client)
			send(t, c, "before activation") // S6
			send(t, c, "")
			in := openPort(t, r, fd, sources.PortOptions{})
			must(t, in.Activate())
			if in.Handle() != fd || in.Mask() == 0 {
				t.Fatalf("S20: handle %d, mask %#x", in.Handle(), in.Mask())
			}
			got := in.messages(t, 2)
			if string(got[0].Data) != "before activation" || got[1].Data == nil || got[1].Length != 0 {
				t.Fatalf("%+v", got)
			}
			for _, m := range got {
				if m.Peer == nil || int(m.Peer.Pid) != os.Getpid() || int(m.Peer.Uid) != os.Getuid() || int(m.Peer.Gid) != os.Getgid() {
					t.Fatalf("peer %+v", m.Peer)
				}
				if m.Addr != tc.client {
					t.Fatalf("sent by %q, want %q", m.Addr, tc.client)
				}
			}
			must(t, in.Reply(got[0], []byte("answer")))
			var b [16]byte
			n, err := unix.Read(c, b[:])
			if must(t, err); string(b[:n]) != "answer" {
				t.Fatalf("the answer is %q", b[:n])
			}
			if err := in.Reply(sources.Message{}, nil); !errors.Is(err, unix.ENOTCONN) || !strings.Contains(err.Error(), "must bind") {
				t.Fatalf("reply to nobody: %v", err)
			}
			_ = unix.Close(c)
			in.close(t)
		})
	}
}

// Ensure that what was sent before the other end went arrives, then the end,
// once, and then nothing, however it went.
func TestPortHangUpLosesNothing(t *testing.T) {
	for _, tc := range []struct {
		name  string
		leave func(t *testing.T, ours, theirs int)
		want  error
	}{
		{"closed", func(_ *testing.T, _, theirs int) { _ = unix.Close(theirs) }, nil},
		{"half closed", func(t *testing.T, _, theirs int) {
			must(t, unix.Shutdown(theirs, unix.SHUT_WR))
			t.Cleanup(func() { _ = unix.Close(theirs) })
		}, nil},
		{"reset", func(t *testing.T, ours, theirs int) {
			send(t, ours, "never read") // so that the kernel says ECONNRESET first
			_ = unix.Close(theirs)
		}, unix.ECONNRESET},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := start(t)
			ours, theirs := connection(t)
			send(t, theirs, "one")
			send(t, theirs, "") // no end, though it is empty
			send(t, theirs, "three")
			tc.leave(t, ours, theirs)
			in := openPort(t, r, ours, sources.PortOptions{Batch: 2})
			must(t, in.Activate())
			var texts []string
			for {
				ev := receive(t, in.got, "event")
				for _, m := range ev.Messages {
					texts = append(texts, string(m.Data))
				}
				if ev.HangUp {
					if !errors.Is(ev.Err, tc.want) {
						t.Fatalf("err = %v, want %v", ev.Err, tc.want)
					}
					break
				}
			}
			if got := strings.Join(texts, ","); got != "one,,three" {
				t.Fatalf("received %q", got)
			}
			calls := in.Calls()
			drainLoop(t, r)
			drainLoop(t, r)
			if in.Calls() != calls {
				t.Fatal("the end was told twice")
			}
			in.close(t)
		})
	}
}

func TestPortTruncated(t *testing.T) {
	r := start(t)
	ours, theirs := connection(t)
	in := openPort(t, r, ours, sources.PortOptions{Limit: 10, TakeFDs: true})
	rd, wr := pipe(t)
	must(t, unix.Sendmsg(theirs, []byte("0123456789"), nil, nil, 0))
	must(t, unix.Sendmsg(theirs, []byte("0123456789a"), unix.UnixRights(rd), nil, 0))
	send(t, theirs, "next")
	must(t, in.Activate())
	got := in.messages(t, 3)
	if got[0].Truncated || string(got[0].Data) != "0123456789" {
		t.Fatalf("%+v", got[0])
	}
	if m := got[1]; !m.Truncated || m.Length != 11 || m.Data != nil || m.FDs != nil || !m.FDsLost || m.Peer == nil {
		t.Fatalf("%+v", m)
	}
	if string(got[2].Data) != "next" {
		t.Fatalf("%+v", got[2])
	}
	_ = unix.Close(rd)
	_ = unix.Close(wr)
	_ = unix.Close(theirs)
	in.close(t)
}

// Ensure that an accepted connection is a port, with the peer of its messages.
func TestPortOfAcceptedConnection(t *testing.T) {
	r := start(t)
	path := filepath.Join(t.TempDir(), "s")
	fd, err := sources.ListenPort("unixpacket", path, 0)
	must(t, err)
	c, err := unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	must(t, unix.Connect(c, &unix.SockaddrUnix{Name: path}))
	send(t, c, "hello")
	_ = unix.Close(c) // before anybody accepted
	conn, err := sources.Accept(fd)
	must(t, err)
	in := openPort(t, r, conn.FD, sources.PortOptions{})
	must(t, in.Activate())
	ev := receive(t, in.got, "event")
	if len(ev.Messages) != 1 || string(ev.Messages[0].Data) != "hello" || ev.Messages[0].Peer == nil {
		t.Fatalf("%+v", ev)
	}
	for !ev.HangUp {
		ev = receive(t, in.got, "end")
	}
	_ = unix.Close(fd)
	in.close(t)
}
