package sources_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/sources"
)

func TestPortOneReader(t *testing.T) {
	r := start(t)
	ours, theirs := connection(t)
	first := openPort(t, r, ours, sources.PortOptions{})
	must(t, first.Activate())
	dup, err := unix.Dup(ours)
	must(t, err)
	for _, fd := range []int{ours, dup} {
		second := openPort(t, r, fd, sources.PortOptions{})
		if err := second.Activate(); err == nil || !strings.Contains(err.Error(), `port "port" reads this socket already`) {
			t.Fatalf("err = %v", err)
		}
		end(t, second)
	}
	end(t, first)
	third := openPort(t, r, dup, sources.PortOptions{})
	must(t, third.Activate())
	third.close(t)
	_ = unix.Close(ours)
	_ = unix.Close(theirs)
}

func TestS1_PortRefuses(t *testing.T) {
	r := start(t)
	rd, wr := pipe(t)
	ours, theirs := connection(t)
	listener, err := sources.ListenPort("unixpacket", "@reactord-test-listener", 0)
	must(t, err)
	stream, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	loose, err := unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	for _, tc := range []struct {
		name string
		fd   int
		o    sources.PortOptions
		want string
	}{
		{"negative", -1, sources.PortOptions{}, "bad file descriptor"},
		{"over INT_MAX", 1 << 31, sources.PortOptions{}, "bad file descriptor"},
		{"no socket", rd, sources.PortOptions{}, "socket"},
		{"stream", stream, sources.PortOptions{}, "want a unix socket of type"},
		{"listener", listener, sources.PortOptions{}, "listens"},
		{"not connected", loose, sources.PortOptions{}, "not connected"},
		{"limit", ours, sources.PortOptions{Limit: -1}, "limit"},
		{"huge limit", ours, sources.PortOptions{Limit: sources.MaxPortLimit + 1}, "limit"},
		{"batch", ours, sources.PortOptions{Batch: -1}, "batch"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := sources.NewPort("p", r.NewQueue("q"), tc.fd, tc.o)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("err = %v, want %q in it", err, tc.want)
			}
		})
	}
	for _, fd := range []int{rd, wr, ours, theirs, listener, stream, loose} {
		_ = unix.Close(fd)
	}
}

func TestListenPort(t *testing.T) {
	leak.Check(t)
	dir := t.TempDir()
	listen := func(t *testing.T, network, path string, mode fs.FileMode) {
		t.Helper()
		fd, err := sources.ListenPort(network, path, mode)
		must(t, err)
		t.Cleanup(func() { _ = unix.Close(fd) })
	}
	for _, network := range []string{"unixgram", "unixpacket"} {
		t.Run(network, func(t *testing.T) {
			path := filepath.Join(dir, network)
			listen(t, network, path, 0o622)
			info, err := os.Lstat(path)
			if must(t, err); info.Mode() != fs.ModeSocket|0o622 {
				t.Fatalf("mode %v", info.Mode())
			}
			if _, err := sources.ListenPort(network, path, 0); !errors.Is(err, unix.EADDRINUSE) {
				t.Fatalf("a socket in use was taken: %v", err)
			}
		})
		t.Run(network+" abandoned", func(t *testing.T) {
			path := filepath.Join(dir, network+"-abandoned")
			fd, err := sources.ListenPort(network, path, 0)
			must(t, err)
			_ = unix.Close(fd)
			listen(t, network, path, 0o600)
		})
	}
	t.Run("a file is no socket", func(t *testing.T) {
		path := filepath.Join(dir, "precious")
		must(t, os.WriteFile(path, []byte("x"), 0o600))
		if _, err := sources.ListenPort("unixgram", path, 0); !errors.Is(err, unix.EADDRINUSE) {
			t.Fatalf("err = %v", err)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != "x" {
			t.Fatalf("the file: %q, %v", text, err)
		}
	})
	for _, tc := range []struct {
		name, network, address string
		mode                   fs.FileMode
	}{
		{"network", "unix", "@x", 0},
		{"no address", "unixgram", "", 0},
		{"too long", "unixgram", "/" + strings.Repeat("x", 200), 0},
		{"mode", "unixgram", "@x", fs.ModeSetuid},
		{"no directory", "unixgram", filepath.Join(dir, "missing", "x"), 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := sources.ListenPort(tc.network, tc.address, tc.mode); err == nil {
				t.Fatal("was taken")
			}
		})
	}
}
