package sources_test

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
	"github.com/reactord/reactord/test/need"
)

func TestPressureByEnvironment(t *testing.T) {
	environ := func(t *testing.T, watch, write string) {
		t.Setenv("MEMORY_PRESSURE_WATCH", watch)
		t.Setenv("MEMORY_PRESSURE_WRITE", base64.StdEncoding.EncodeToString([]byte(write)))
	}
	open := func(t *testing.T, r *reactor.Reactor) (*sources.Pressure, chan sources.PressureEvent) {
		p, err := sources.NewPressure("mem", r.NewQueue("q"), sources.PressureOptions{Environ: true, Calm: time.Hour})
		must(t, err)
		got := make(chan sources.PressureEvent, 16)
		p.OnEvent(func(ev sources.PressureEvent) { got <- ev })
		must(t, p.Activate())
		return p, got
	}
	t.Run("fifo", func(t *testing.T) {
		r := start(t)
		path := filepath.Join(t.TempDir(), "fifo")
		must(t, unix.Mkfifo(path, 0o600))
		environ(t, path, "hello")
		p, got := open(t, r)
		// What we wrote to the FIFO comes back to us: a FIFO has one end.
		if ev := receive(t, got, "event"); ev.Level != sources.PressureWarn || ev.Numbers != nil || ev.Err != nil {
			t.Fatalf("%+v", ev)
		}
		end(t, p)
	})
	t.Run("socket", func(t *testing.T) {
		r := start(t)
		path := filepath.Join(t.TempDir(), "socket")
		fd, err := sources.Listen("unix", path)
		must(t, err)
		environ(t, path, "a\x00b")
		p, got := open(t, r)
		conn, err := sources.Accept(fd)
		must(t, err)
		var b [16]byte
		n, err := unix.Read(conn.FD, b[:])
		if must(t, err); string(b[:n]) != "a\x00b" {
			t.Fatalf("%q was written", b[:n])
		}
		_, err = unix.Write(conn.FD, []byte("pressure"))
		must(t, err)
		if ev := receive(t, got, "event"); ev.Level != sources.PressureWarn || ev.Err != nil {
			t.Fatalf("%+v", ev)
		}
		_ = unix.Close(conn.FD)
		if ev := receive(t, got, "end"); !errors.Is(ev.Err, sources.ErrPressureClosed) || ev.Previous != sources.PressureWarn {
			t.Fatalf("%+v", ev)
		}
		end(t, p, func() { _ = unix.Close(fd) })
	})
	t.Run("pressure file", func(t *testing.T) {
		files := &pressureFiles{Kernel: kernel.Real{}, fds: map[int]string{}, text: numbersText}
		if _, err := os.Stat("/proc/pressure/memory"); err != nil {
			need.Skip(t, need.Root, "there are no pressure files: %v", err)
		}
		r := start(t, reactor.WithKernel(files))
		environ(t, "/proc/pressure/memory", "some 150000 2000000\x00")
		p, got := open(t, r)
		drainLoop(t, r)
		files.fire(t, "some 150000 2000000")
		if ev := receive(t, got, "event"); ev.Level != sources.PressureWarn || ev.Numbers == nil {
			t.Fatalf("%+v", ev)
		}
		if len(files.opens) != 1 {
			t.Fatalf("opened %v: the protocol knows one degree", files.opens)
		}
		end(t, p)
	})
	t.Run("off", func(t *testing.T) {
		r := start(t)
		environ(t, "/dev/null", "")
		p, _ := open(t, r)
		if p.Path() != "" {
			t.Fatalf("watches %s", p.Path())
		}
		end(t, p)
	})
	t.Run("not there", func(t *testing.T) {
		r := start(t)
		p, err := sources.NewPressure("mem", r.NewQueue("q"), sources.PressureOptions{Environ: true})
		must(t, err)
		if p.Path() != "/proc/pressure/memory" {
			t.Fatalf("watches %s", p.Path())
		}
	})
	t.Run("S1 wrong", func(t *testing.T) {
		r := start(t)
		common := filepath.Join(t.TempDir(), "common")
		must(t, os.WriteFile(common, nil, 0o600))
		for _, watch := range []string{"relative", "/nowhere", "/dev/zero", common} {
			environ(t, watch, "some 150000 2000000")
			if _, err := sources.NewPressure("mem", r.NewQueue("q"), sources.PressureOptions{Environ: true}); err == nil {
				t.Errorf("%s was taken", watch)
			}
		}
		t.Setenv("MEMORY_PRESSURE_WATCH", "/proc/self/stat")
		t.Setenv("MEMORY_PRESSURE_WRITE", "%")
		if _, err := sources.NewPressure("mem", r.NewQueue("q"), sources.PressureOptions{Environ: true}); err == nil {
			t.Error("what isn't base64 was taken")
		}
	})
}
