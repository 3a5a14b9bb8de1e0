package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A socket whose file is removed or moved away underneath is made anew, and who
// was connected to the former one goes on.
func TestSocketRemovedUnderneath(t *testing.T) {
	d := start(t, `
sources:
  lines:   { read: { listen: unix:$DIR/lines, framing: lines }, each: line, handler: { log: "${line}" } }
  packets: { port: seqpacket:$DIR/packets, each: message, handler: { log: "${message}" } }
  box:     { port: unix:$DIR/box, each: message, handler: { log: "${message}" } }
`)
	dial := func(network, name string) net.Conn {
		t.Helper()
		for deadline := time.Now().Add(patience); ; {
			conn, err := net.Dial(network, d.path(name))
			if time.Now().Before(deadline) && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ECONNREFUSED)) {
				continue // it is being made
			}
			must(t, err)
			t.Cleanup(func() { _ = conn.Close() })
			return conn
		}
	}
	say := func(conn net.Conn, source, text, end string) {
		t.Helper()
		_, err := conn.Write([]byte(text + end))
		must(t, err)
		d.says(source, text)
	}
	for _, s := range []struct{ source, network, end string }{{"lines", "unix", "\n"}, {"packets", "unixpacket", ""}, {"box", "unixgram", ""}} {
		path := d.path(s.source)
		before := dial(s.network, s.source)
		say(before, s.source, "before", s.end)
		must(t, os.Remove(path))
		removed := dial(s.network, s.source)
		say(removed, s.source, "after it was removed", s.end)
		say(before, s.source, "still here", s.end)
		must(t, os.Rename(path, path+" away"))
		moved := dial(s.network, s.source)
		say(moved, s.source, "after it was moved", s.end)
		say(removed, s.source, "from the former one", s.end)
		if n := d.status(s.source).Errors; n != 2 {
			t.Errorf("%s: %d errors, want one for each time", s.source, n)
		}
	}
	for i := range 20 { // the former ones don't pile up
		must(t, os.Remove(d.path("lines")))
		say(dial("unix", "lines"), "lines", fmt.Sprint("round ", i), "\n")
	}
	listening := 0
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", d.command.Process.Pid))
	must(t, err)
	listening = len(fds)
	if listening > 60 {
		t.Errorf("%d descriptors", listening)
	}
	must(t, os.Remove(d.path("box")))
	dial("unixgram", "box")
	must(t, os.Rename(d.path("box"), d.path("away")))
	dial("unixgram", "box")
	d.stop()
	for _, name := range []string{"lines", "packets", "box"} {
		if _, err := os.Lstat(d.path(name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left: %v", name, err)
		}
	}
	if _, err := os.Lstat(d.path("away")); err != nil {
		t.Errorf("what was moved away is gone: %v", err)
	}
}
