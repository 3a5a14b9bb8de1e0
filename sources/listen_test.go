package sources_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/sources"
)

// Ensure that an abandoned socket is replaced, and nothing else: any file
// refuses a connection as an abandoned socket does.
func TestListenReplacesSocketsOnly(t *testing.T) {
	start(t)
	dir := t.TempDir()
	fd, err := sources.Listen("unix", dir+"/socket")
	must(t, err)
	if _, err := sources.Listen("unix", dir+"/socket"); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("on a socket somebody listens on: %v", err)
	}
	must(t, unix.Close(fd))
	fd, err = sources.Listen("unix", dir+"/socket")
	if err != nil {
		t.Fatalf("on an abandoned socket: %v", err)
	}
	must(t, unix.Close(fd))
	must(t, os.WriteFile(dir+"/file", []byte("precious"), 0o600))
	if _, err := sources.Listen("unix", dir+"/file"); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("on a regular file: %v", err)
	}
	if text, err := os.ReadFile(dir + "/file"); string(text) != "precious" {
		t.Errorf("the file is now %q, %v", text, err)
	}
}

// Ensure that who connects is told by the name it is bound to, an abstract one as
// such, and by none when it has none.
func TestAcceptedAddress(t *testing.T) {
	start(t)
	path := filepath.Join(t.TempDir(), "s")
	fd, err := sources.Listen("unix", path)
	must(t, err)
	abstract := fmt.Sprintf("@reactord-test-accept-%d", os.Getpid())
	for _, name := range []string{"", abstract, path + "-client"} {
		c, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		must(t, err)
		if name != "" {
			must(t, unix.Bind(c, &unix.SockaddrUnix{Name: name}))
		}
		must(t, unix.Connect(c, &unix.SockaddrUnix{Name: path}))
		conn, err := sources.Accept(fd)
		must(t, err)
		if conn.Addr != name || conn.Credentials == nil || int(conn.Credentials.Pid) != os.Getpid() {
			t.Errorf("%+v, want address %q", conn, name)
		}
		_, _ = unix.Close(conn.FD), unix.Close(c)
	}
	must(t, unix.Close(fd))
}
