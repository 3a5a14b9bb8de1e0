package e2e

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// XC5: a connection that was accepted is its command's standard input and output,
// several at once, and who is at its other end is known.
func TestXC5_Connection(t *testing.T) {
	d := start(t, `
sources:
  upper:
    read: { listen: unix:$DIR/upper }
    parallel: 4
    handler: { exec: { command: [tr, a-z, A-Z], stdin: connection } }
  who:
    read: { listen: unix:$DIR/who }
    handler: { exec: { shell: 'echo "you are $U"; echo "they are $U" >&2', env: { U: "${peer.uid}" }, stdin: connection } }
  knock:
    read: { listen: seqpacket:$DIR/knock }
    handler: { log: "uid ${peer.uid} knocks" }
`)
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			text := strings.Repeat(fmt.Sprintf("line %d\n", i), 20_000)
			conn, err := net.Dial("unix", d.path("upper"))
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			go func() {
				_, _ = io.WriteString(conn, text)
				_ = conn.(*net.UnixConn).CloseWrite()
			}()
			got, err := io.ReadAll(conn)
			if err != nil || string(got) != strings.ToUpper(text) {
				t.Errorf("connection %d: %d bytes of %d came back, %v", i, len(got), len(text), err)
			}
		})
	}
	all.Wait()
	conn, err := net.Dial("unix", d.path("who"))
	must(t, err)
	got, err := io.ReadAll(conn)
	must(t, err)
	must(t, conn.Close())
	if want := fmt.Sprintf("you are %d\n", os.Getuid()); string(got) != want {
		t.Errorf("%q, want %q", got, want)
	}
	d.says("who", fmt.Sprintf("they are %d", os.Getuid()))

	packets, err := net.Dial("unixpacket", d.path("knock"))
	must(t, err)
	d.says("knock", fmt.Sprintf("uid %d knocks", os.Getuid()))
	if n, err := packets.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("%d bytes, %v; want the end: nobody talks to it", n, err)
	}
	must(t, packets.Close())
	for d.status("upper").Detail["connections"] != 0. {
	}
}

// XC5: connections for which no command runs yet wait, no more than may be held,
// and each is answered in the end.
func TestXC5_ConnectionsWait(t *testing.T) {
	const crowd = 1100 // more than may be held, and fewer than that and the backlog
	d := start(t, `
sources:
  echo:
    read: { listen: unix:$DIR/echo }
    parallel: 8
    handler: { exec: { shell: 'until [ -e $DIR/go ]; do sleep 0.1; done; read line; echo "$line"', stdin: connection } }
`)
	var conns []net.Conn
	for i := range crowd {
		conn, err := net.Dial("unix", d.path("echo"))
		for errors.Is(err, unix.EAGAIN) { // the backlog is full
			conn, err = net.Dial("unix", d.path("echo"))
		}
		must(t, err)
		_, err = fmt.Fprintln(conn, i)
		must(t, err)
		conns = append(conns, conn)
	}
	for d.status("echo").Detail["connections"] != 1024. {
	}
	d.await("pause", func(l line) bool { return strings.HasPrefix(l.text("message"), "as many descriptors wait") })
	d.write("go", "")
	for i, conn := range conns {
		must(t, conn.SetDeadline(time.Now().Add(2*patience)))
		got, err := io.ReadAll(conn)
		must(t, err)
		if want := strconv.Itoa(i) + "\n"; string(got) != want {
			t.Fatalf("%q, want %q", got, want)
		}
		must(t, conn.Close())
	}
	for d.status("echo").Detail["connections"] != 0. {
	}
}

// Descriptors that a message carries are its command's, and closed behind it.
func TestPortDescriptors(t *testing.T) {
	d := start(t, `
sources:
  box:
    port: { listen: unix:$DIR/box, descriptors: true }
    each: message
    handler: { exec: { shell: 'echo "$REACTORD_FDS: $(cat <&3) $(cat <&4)"', stdin: none } }
`)
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram"})
	must(t, err)
	defer conn.Close()
	for i := range 3 {
		var fds []int
		for k := range 2 {
			name := filepath.Join(d.dir, fmt.Sprintf("f%d%d", i, k))
			must(t, os.WriteFile(name, fmt.Appendf(nil, "file %d %d", i, k), 0o600))
			f, err := os.Open(name)
			must(t, err)
			defer f.Close()
			fds = append(fds, int(f.Fd()))
		}
		_, _, err = conn.WriteMsgUnix([]byte("take these"), unix.UnixRights(fds...), &net.UnixAddr{Net: "unixgram", Name: d.path("box")})
		must(t, err)
		d.says("box", fmt.Sprintf("2: file %d 0 file %d 1", i, i))
	}
	for { // until the last was closed
		open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", d.command.Process.Pid))
		must(t, err)
		files := 0
		for _, fd := range open {
			if to, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", d.command.Process.Pid, fd.Name())); strings.HasPrefix(to, d.path("f")) {
				files++
			}
		}
		if files == 0 {
			break
		}
	}
}
