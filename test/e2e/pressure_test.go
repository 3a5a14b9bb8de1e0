package e2e

import (
	"encoding/base64"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// pressed runs a daemon with systemd's variables and one source that they are about.
func pressed(t *testing.T, watch, write string) *instance {
	t.Helper()
	t.Setenv("MEMORY_PRESSURE_WATCH", watch)
	t.Setenv("MEMORY_PRESSURE_WRITE", base64.StdEncoding.EncodeToString([]byte(write)))
	d := prepare(t, `
sources:
  mem: { pressure: { resource: memory, calm: 1h }, handler: { log: "mem ${level}" } }
`)
	d.ready()
	return d
}

// Ensure that systemd's protocol for memory pressure is followed: what is named is
// opened, written to, and listened to.
func TestPressureByEnvironment(t *testing.T) {
	t.Run("fifo", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "fifo")
		must(t, unix.Mkfifo(path, 0o600))
		d := pressed(t, path, "")
		if st := d.status("mem"); st.State != "active" || st.Detail["file"] != path {
			t.Errorf("%+v", st)
		}
		must(t, os.WriteFile(path, []byte("x"), 0))
		d.says("mem", "mem warn")
	})
	t.Run("socket", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "socket")
		l, err := net.Listen("unix", path)
		must(t, err)
		defer l.Close()
		d := pressed(t, path, "some 1000 2000000\x00")
		conn, err := l.Accept()
		must(t, err)
		defer conn.Close()
		buf := make([]byte, 64)
		n, err := conn.Read(buf)
		must(t, err)
		if got := string(buf[:n]); got != "some 1000 2000000\x00" {
			t.Errorf("%q was written", got)
		}
		_, err = conn.Write([]byte("pressure"))
		must(t, err)
		d.says("mem", "mem warn")
	})
	t.Run("off", func(t *testing.T) {
		d := pressed(t, os.DevNull, "")
		if st := d.status("mem"); st.State != "waiting" || st.Reason != "MEMORY_PRESSURE_WATCH=/dev/null turns it off: nothing is watched" {
			t.Errorf("%+v", st)
		}
	})
	t.Run("wrong", func(t *testing.T) {
		d := pressed(t, "/no/such/file", "")
		if st := d.status("mem"); st.State != "waiting" || !strings.Contains(st.Reason, "MEMORY_PRESSURE_WATCH=/no/such/file: no such file") {
			t.Errorf("%+v", st)
		}
	})
}
