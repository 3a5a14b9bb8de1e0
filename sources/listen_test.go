package sources_test

import (
	"errors"
	"os"
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
