package control_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/internal/control"
	"github.com/reactord/reactord/internal/daemon"
	"github.com/reactord/reactord/internal/leak"
)

// counter is a Daemon that counts.
type counter struct{ emitted atomic.Int64 }

func (c *counter) Status() daemon.Status { return daemon.Status{Config: "here"} }

func (c *counter) Emit(name, data string) error {
	switch {
	case name == "full":
		return fmt.Errorf("source full: %w", coalesce.ErrFull)
	case name != "ticket":
		return fmt.Errorf("%w %q", daemon.ErrNoSource, name)
	case data == "bad":
		return errors.New("bad data")
	}
	c.emitted.Add(1)
	return nil
}

// serve returns a socket that is served until the test ends.
func serve(t *testing.T) (path string, d *counter) {
	t.Helper()
	leak.Check(t)
	path = filepath.Join(t.TempDir(), "dir", "control.sock")
	l, err := control.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	d = &counter{}
	s, err := control.Serve(l, d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return path, d
}

func TestCalls(t *testing.T) {
	path, d := serve(t)
	c := control.NewClient(path)
	defer c.Close()
	ctx := context.Background()
	if st, err := c.Status(ctx); err != nil || st.Config != "here" {
		t.Fatalf("status: %+v, %v", st, err)
	}
	if err := c.Emit(ctx, "ticket", "1"); err != nil {
		t.Fatal(err)
	}
	n, err := c.EmitLines(ctx, "ticket", strings.NewReader("1\n2\n3\n"))
	if n != 3 || err != nil || d.emitted.Load() != 4 {
		t.Fatalf("%d lines, %v, %d emitted", n, err, d.emitted.Load())
	}
	if n, err := c.EmitLines(ctx, "ticket", strings.NewReader("1\nbad\n3\n")); n != 1 || err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Fatalf("%d lines, %v", n, err)
	}
	most := strings.Repeat("x", 1<<20)
	if n, err := c.EmitLines(ctx, "ticket", strings.NewReader("1\n"+most+"\n"+most+"yz\n3\n")); n != 2 || err == nil ||
		!strings.Contains(err.Error(), "line 3: the datum is longer than 1 MiB") || !strings.Contains(err.Error(), "emit its path") {
		t.Fatalf("%d lines, %v", n, err)
	}
	if err := c.Emit(ctx, "ticket", most+"y"); err == nil || !strings.Contains(err.Error(), "longer than 1 MiB") {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"full": "full", "nobody/../x": "no source"} {
		if err := c.Emit(ctx, name, "1"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("emit %s: %v", name, err)
		}
	}
}

func TestSocketIsForOwnerAndGroup(t *testing.T) {
	path, _ := serve(t)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o660 {
		t.Fatalf("mode %o", got)
	}
	if _, err := control.Listen(path); err == nil || !strings.Contains(err.Error(), "another daemon") {
		t.Fatalf("a second listener: %v", err)
	}
}

func TestDirectoryOthersCanWriteTo(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := control.Listen(filepath.Join(dir, "sock")); err == nil || !strings.Contains(err.Error(), "chmod o-w") {
		t.Fatalf("err %v", err)
	}
}

// What isn't a socket is left alone where one is to be.
func TestSomethingElseInItsPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if l, err := control.Listen(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("listens: %v, %v", l, err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "precious" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestNobodyListens(t *testing.T) {
	c := control.NewClient(filepath.Join(t.TempDir(), "none"))
	if err := c.Emit(context.Background(), "a", ""); err == nil || !strings.Contains(err.Error(), "reactord run") {
		t.Fatalf("err %v", err)
	}
}

// Ensure that clients that send garbage, stall, flood or vanish don't keep
// others from being served.
func TestHostileClients(t *testing.T) {
	path, _ := serve(t)
	var stalled []net.Conn
	for _, text := range []string{
		"\x00\xff\xfegarbage\r\n\r\n",
		"GET /v1/status HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("y", 1<<20),
		"POST /v1/emit/ticket HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\nx",
		"POST /v1/emit/ticket HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
		"GET /v1/st", // and nothing more
	} {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = io.WriteString(conn, text)
		stalled = append(stalled, conn)
	}
	for range 20 { // asks and never reads
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n")
		stalled = append(stalled, conn)
	}
	c := control.NewClient(path)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := c.Emit(ctx, "ticket", "1"); err != nil {
		t.Fatalf("beside hostile clients: %v", err)
	}
	if err := c.Emit(ctx, "ticket", strings.Repeat("1", 2<<20)); err == nil {
		t.Error("a datum of 2 MiB was taken")
	}
	c.Close()
	for _, conn := range stalled {
		_ = conn.Close()
	}
}

func TestUnknownPath(t *testing.T) {
	path, _ := serve(t)
	h := http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", path) }}}
	defer h.CloseIdleConnections()
	resp, err := h.Get("http://x/v1/nothing")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		t.Fatalf("%s", resp.Status)
	}
}
