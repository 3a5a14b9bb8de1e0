package e2e

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/handlers"
)

// Ensure that descriptors a message carried and the daemon could not take, being at
// its limit, are told in the log, in status and in the message.
func TestPortDescriptorsLost(t *testing.T) {
	const n, each = 11, 3
	d := start(t, `
sources:
  hog: { read: { listen: unix:$DIR/hog }, handler: { log: "hog" } }
  box: { port: { listen: unix:$DIR/box, descriptors: true }, handler: { exec: { shell: 'cat >> out' } } }
`)
	var former unix.Rlimit
	pid := d.command.Process.Pid
	must(t, unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &former))
	full := former
	full.Cur = uint64(len(d.descriptors())) // all that it needs now, and no more
	must(t, unix.Prlimit(pid, unix.RLIMIT_NOFILE, &full, nil))
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram"})
	must(t, err)
	defer conn.Close()
	f, err := os.Open(os.DevNull)
	must(t, err)
	defer f.Close()
	var rights []int
	for range each {
		rights = append(rights, int(f.Fd()))
	}
	for i := range n {
		_, _, err := conn.WriteMsgUnix(fmt.Append(nil, i), unix.UnixRights(rights...), &net.UnixAddr{Net: "unixgram", Name: d.path("box")})
		must(t, err)
	}
	d.await("the loss", func(l line) bool {
		return l.text("source") == "box" && strings.Contains(l.text("error"), "without the descriptors it carried") &&
			strings.Contains(l.text("error"), "LimitNOFILE")
	})
	must(t, unix.Prlimit(pid, unix.RLIMIT_NOFILE, &former, nil))
	eventually(t, "all are counted", func() bool { return d.status("box").Detail["descriptors_lost"] == float64(n) })
	if st := d.status("box"); st.Errors < n {
		t.Errorf("%d errors counted, want %d", st.Errors, n)
	}
	// A handler that couldn't be started has its event lost, so the last ones are told.
	_, _, err = conn.WriteMsgUnix([]byte("whole"), nil, &net.UnixAddr{Net: "unixgram", Name: d.path("box")})
	must(t, err)
	all := d.records("out", func(all []handlers.Event) bool { return len(all) > 0 })
	for _, e := range all {
		for _, m := range e.Messages {
			if m.DescriptorsLost != (m.Data != "whole") {
				t.Errorf("%+v", m)
			}
		}
	}
}
