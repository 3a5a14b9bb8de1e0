package systemd_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/systemd"
)

// checkLeaks fails the test if it leaves goroutines or descriptors behind. It has to
// be called first.
func checkLeaks(t *testing.T) {
	t.Helper()
	before := descriptors(t)
	t.Cleanup(func() {
		if after := descriptors(t); after != before {
			t.Errorf("descriptors: %d before, %d after", before, after)
		}
		goleak.VerifyNone(t)
	})
}

func descriptors(t *testing.T) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(fds)
}

// listen makes the socket that stands for systemd's. An empty address means a path.
func listen(t *testing.T, address string) (*net.UnixConn, string) {
	t.Helper()
	if address == "" {
		address = filepath.Join(t.TempDir(), "notify.sock")
	}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: address, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn, address
}

func receive(t *testing.T, conn *net.UnixConn) string {
	t.Helper()
	buf := make([]byte, 1<<16)
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	n, err := conn.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}

// notifier returns a notifier for the address, closed with the test.
func notifier(t *testing.T, address string) *systemd.Notifier {
	t.Helper()
	n, err := systemd.NewNotifier(func(name string) string {
		if name != "NOTIFY_SOCKET" {
			t.Errorf("asked for %s", name)
		}
		return address
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

func TestNotifier(t *testing.T) {
	ready := func(n *systemd.Notifier, s string) error { return n.Ready(s) }
	stopping := func(n *systemd.Notifier, s string) error { return n.Stopping(s) }
	status := func(n *systemd.Notifier, s string) error { return n.Status(s) }
	for _, tt := range []struct {
		name string
		send func(*systemd.Notifier, string) error
		text string
		want string
	}{
		{"ready", ready, "3 sources", "READY=1\nSTATUS=3 sources"},
		{"ready without a text", ready, "", "READY=1\nSTATUS="},
		{"stopping", stopping, "2 runs left", "STOPPING=1\nSTATUS=2 runs left"},
		{"status", status, "a=b, ü", "STATUS=a=b, ü"},
		{"status removed", status, "", "STATUS="},
		{"newline", status, "x\nMAINPID=1", "STATUS=x MAINPID=1"},
		{"carriage return", ready, "x\r\nSTOPPING=1\rERRNO=2", "READY=1\nSTATUS=x  STOPPING=1 ERRNO=2"},
		{"NUL", status, "x\x00y", "STATUS=x y"},
		{"terminal escape", status, "\x1b[31mred\x7f\u0085", "STATUS= [31mred  "},
		{"not UTF-8", status, "a\xff\xfeb", "STATUS=a\uFFFDb"},
		{"long", status, strings.Repeat("x", 5000), "STATUS=" + strings.Repeat("x", 1024)},
		{"long, cut inside a character", status, "x" + strings.Repeat("ü", 5000), "STATUS=x" + strings.Repeat("ü", 511)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checkLeaks(t)
			conn, address := listen(t, "")
			if err := tt.send(notifier(t, address), tt.text); err != nil {
				t.Fatal(err)
			}
			if got := receive(t, conn); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNewNotifier_Addresses(t *testing.T) {
	checkLeaks(t)
	abstract := fmt.Sprintf("@reactord-test-%d", os.Getpid())
	long := filepath.Join(t.TempDir(), strings.Repeat("x", 200))
	longest := "@" + strings.Repeat("y", 106)
	for _, tt := range []struct {
		name, address string
		listen        bool
		want          string // in the error; empty: none
	}{
		{"abstract", abstract, true, ""},
		{"longest", longest, true, ""},
		{"nobody listens", filepath.Join(t.TempDir(), "none"), false, ""}, // that shows when sending
		{"relative", "run/notify", false, "neither an absolute path"},
		{"vsock", "vsock:2:1234", false, "neither an absolute path"},
		{"only the at sign", "@", false, "neither an absolute path"},
		{"too long", long, false, "107 bytes"},
	} {
		n, err := systemd.NewNotifier(func(string) string { return tt.address })
		if tt.want != "" {
			if err == nil || !strings.Contains(err.Error(), tt.want) || n != nil {
				t.Errorf("%s: got %v, %v, want an error with %q", tt.name, n, err, tt.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		defer n.Close()
		if tt.listen {
			conn, _ := listen(t, tt.address)
			if err := n.Status(tt.name); err != nil {
				t.Errorf("%s: %v", tt.name, err)
			} else if got := receive(t, conn); got != "STATUS="+tt.name {
				t.Errorf("%s: got %q", tt.name, got)
			}
			conn.Close()
		}
	}
}

func TestNotifier_Nil(t *testing.T) {
	checkLeaks(t)
	n, err := systemd.NewNotifier(func(string) string { return "" })
	if n != nil || err != nil {
		t.Fatalf("got %v, %v, want nil, nil", n, err)
	}
	for _, err := range []error{n.Ready("x"), n.Status("x"), n.Stopping("x"), n.Close(), n.Close()} {
		if err != nil {
			t.Error(err)
		}
	}
}

func TestNotifier_Close(t *testing.T) {
	checkLeaks(t)
	conn, address := listen(t, "")
	n := notifier(t, address)
	if err := n.Status("open"); err != nil {
		t.Fatal(err)
	}
	receive(t, conn)
	for range 2 {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := n.Status("closed"); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

// Ensure that a socket that goes and comes back, as over a restart of its owner, is an
// error meanwhile and nothing more.
func TestNotifier_SocketReplaced(t *testing.T) {
	checkLeaks(t)
	conn, address := listen(t, "")
	n := notifier(t, address)
	conn.Close()
	if err := n.Status("nobody"); !errors.Is(err, unix.ECONNREFUSED) || !strings.Contains(err.Error(), address) {
		t.Errorf("got %v, want ECONNREFUSED with the address", err)
	}
	if err := os.Remove(address); err != nil {
		t.Fatal(err)
	}
	if err := n.Status("nowhere"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want ErrNotExist", err)
	}
	conn, _ = listen(t, address)
	if err := n.Status("somebody"); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, conn); got != "STATUS=somebody" {
		t.Errorf("got %q", got)
	}
}

// Ensure that a full queue makes the sender wait, and that nothing is lost then or
// changes places.
func TestNotifier_FullQueue(t *testing.T) {
	checkLeaks(t)
	conn, address := listen(t, "")
	n := notifier(t, address)
	const messages = 2000 // more than net.unix.max_dgram_qlen or a send buffer hold
	sent := make(chan error, 1)
	go func() {
		for i := range messages {
			if err := n.Status(fmt.Sprint(i)); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for i := range messages {
		if got, want := receive(t, conn), fmt.Sprintf("STATUS=%d", i); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

// Ensure that a manager that never reads costs the daemon an error, not its life.
func TestNotifier_QueueStaysFull(t *testing.T) {
	checkLeaks(t)
	_, address := listen(t, "")
	n := notifier(t, address)
	if err := n.SetSendTimeout(50 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	for range 100_000 {
		if err := n.Status("again"); err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error(err)
			}
			return
		}
	}
	t.Error("the queue has no end")
}

func TestNotifier_Concurrent(t *testing.T) {
	checkLeaks(t)
	conn, address := listen(t, "")
	n := notifier(t, address)
	const senders, each = 4, 50
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			for j := range each {
				if err := n.Status(fmt.Sprintf("%d %d", i, j)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	next := [senders]int{}
	for range senders * each {
		var i, j int
		if _, err := fmt.Sscanf(receive(t, conn), "STATUS=%d %d", &i, &j); err != nil {
			t.Fatal(err)
		}
		if j != next[i] {
			t.Errorf("sender %d: got message %d, want %d", i, j, next[i])
		}
		next[i]++
	}
	wg.Wait()
}

// Ensure that systemd learns which process speaks, which NotifyAccess= relies on.
func TestNotifier_Credentials(t *testing.T) {
	checkLeaks(t)
	conn, address := listen(t, "")
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_PASSCRED, 1)
	}); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := notifier(t, address).Ready("x"); err != nil {
		t.Fatal(err)
	}
	buf, oob := make([]byte, 100), make([]byte, 100)
	_, size, _, _, err := conn.ReadMsgUnix(buf, oob)
	if err != nil {
		t.Fatal(err)
	}
	messages, err := unix.ParseSocketControlMessage(oob[:size])
	if err != nil || len(messages) != 1 {
		t.Fatalf("control messages: %v, %v", messages, err)
	}
	cred, err := unix.ParseUnixCredentials(&messages[0])
	if err != nil || int(cred.Pid) != os.Getpid() {
		t.Errorf("got %+v, %v, want pid %d", cred, err, os.Getpid())
	}
}

// Ensure that no text whatever makes a second assignment.
func FuzzStatus(f *testing.F) {
	for _, text := range []string{"", "plain", "a\nREADY=1", "\r\n\x00\x85\u2028", strings.Repeat("ü\n", 2000), "\xff\n\xfe"} {
		f.Add(text)
	}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: fmt.Sprintf("@reactord-fuzz-%d", os.Getpid()), Net: "unixgram"})
	if err != nil {
		f.Fatal(err)
	}
	defer conn.Close()
	n, err := systemd.NewNotifier(func(string) string { return conn.LocalAddr().String() })
	if err != nil {
		f.Fatal(err)
	}
	defer n.Close()
	f.Fuzz(func(t *testing.T, text string) {
		if err := n.Status(text); err != nil {
			t.Fatal(err)
		}
		got := receive(t, conn)
		if !strings.HasPrefix(got, "STATUS=") || strings.ContainsAny(got, "\n\r\x00") || !utf8.ValidString(got) || len(got) > 4096 {
			t.Errorf("%q became %q", text, got)
		}
	})
}

func BenchmarkNotifier_Status(b *testing.B) {
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: fmt.Sprintf("@reactord-bench-%d", os.Getpid()), Net: "unixgram"})
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	n, err := systemd.NewNotifier(func(string) string { return conn.LocalAddr().String() })
	if err != nil {
		b.Fatal(err)
	}
	defer n.Close()
	buf := make([]byte, 4096)
	b.ReportAllocs()
	for b.Loop() {
		if err := n.Status("3 sources, 17 events, 2 runs"); err != nil {
			b.Fatal(err)
		}
		if _, err := conn.Read(buf); err != nil {
			b.Fatal(err)
		}
	}
}
