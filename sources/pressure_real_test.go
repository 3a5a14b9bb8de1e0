package sources_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/sources"
	"github.com/reactord/reactord/test/need"
)

// writablePressure skips the test where triggers can't be set.
func writablePressure(t *testing.T, path string) {
	t.Helper()
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		need.Skip(t, need.Root, "no triggers here: open %s: %v", path, err)
	}
	defer unix.Close(fd)
	if _, err := unix.Write(fd, []byte("some 1000000 2000000\x00")); err != nil {
		need.Skip(t, need.Root, "no triggers here: write %s: %v", path, err)
	}
}

// burn keeps more threads busy than there are processors, until stop.
func burn() (stop func()) {
	threads := 2*runtime.NumCPU() + 1
	former := runtime.GOMAXPROCS(threads + 1)
	var done atomic.Bool
	var wg sync.WaitGroup
	for range threads {
		wg.Go(func() {
			for !done.Load() {
			}
		})
	}
	return sync.OnceFunc(func() {
		done.Store(true)
		wg.Wait()
		runtime.GOMAXPROCS(former)
	})
}

// Ensure that real stall is told by a real trigger, and its end too.
func TestPressureOfThisMachine(t *testing.T) {
	writablePressure(t, "/proc/pressure/cpu")
	r := start(t)
	p, err := sources.NewPressure("cpu", r.NewQueue("q"), sources.PressureOptions{
		Resource: sources.ResourceCPU,
		Warn:     sources.PressureTrigger{Stall: 100 * time.Millisecond, Window: 2 * time.Second},
		Critical: sources.PressureTrigger{Stall: 2 * time.Second, Window: 2 * time.Second},
		Calm:     500 * time.Millisecond, // so that its end is told soon
	})
	must(t, err)
	got := make(chan sources.PressureEvent, 64)
	p.OnEvent(func(ev sources.PressureEvent) { got <- ev })
	stop := burn()
	defer stop()
	must(t, p.Activate())
	ev := receive(t, got, "stall")
	stop()
	if ev.Worst == sources.PressureNormal || ev.Resource != sources.ResourceCPU || ev.Err != nil {
		t.Fatalf("%+v", ev)
	}
	if ev.Numbers == nil || ev.Numbers.Some.Total == 0 {
		t.Fatalf("numbers %+v", ev.Numbers)
	}
	for ev.Level != sources.PressureNormal {
		ev = receive(t, got, "end of the stall")
	}
	end(t, p)
}

// newCgroup makes a cgroup of version 2, or skips the test.
func newCgroup(t *testing.T) string {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	must(t, err)
	for line := range strings.Lines(string(mounts)) {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[2] != "cgroup2" {
			continue
		}
		dir, err := os.MkdirTemp(fields[1], "reactord-test-")
		if err != nil {
			need.Skip(t, need.Root, "no control group can be made: %v", err)
		}
		t.Cleanup(func() {
			for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
				if err := unix.Rmdir(dir); err == nil || errors.Is(err, unix.ENOENT) || time.Now().After(deadline) {
					return
				}
			}
		})
		return dir
	}
	need.Skip(t, need.Root, "no control groups of version 2 are mounted")
	return ""
}

// Ensure that of two triggers on a cgroup's file only the one that fired is
// believed, though the kernel wakes both, and that the cgroup's end is told.
func TestPressureOfCgroup(t *testing.T) {
	r := start(t)
	dir := newCgroup(t)
	writablePressure(t, filepath.Join(dir, "cpu.pressure"))
	p, err := sources.NewPressure("cpu", r.NewQueue("q"), sources.PressureOptions{
		Resource: sources.ResourceCPU, Cgroup: dir,
		Warn:     sources.PressureTrigger{Stall: time.Millisecond, Window: 2 * time.Second},
		Critical: sources.PressureTrigger{Full: true, Stall: 2 * time.Second, Window: 2 * time.Second},
	})
	must(t, err)
	got := make(chan sources.PressureEvent, 16)
	p.OnEvent(func(ev sources.PressureEvent) { got <- ev })
	must(t, p.Activate())
	// Each ends by itself, should the test die.
	cmd := exec.Command("timeout", "10", "sh", "-c", "echo $$ > "+dir+"/cgroup.procs; for i in 1 2 3 4; do while :; do :; done & done; wait")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	must(t, cmd.Start())
	ev := receive(t, got, "stall")
	must(t, unix.Kill(-cmd.Process.Pid, unix.SIGKILL))
	_ = cmd.Wait()
	if ev.Level != sources.PressureWarn || ev.Worst != sources.PressureWarn || ev.Numbers == nil {
		t.Fatalf("%+v", ev)
	}
	for deadline := time.Now().Add(patience); ; runtime.Gosched() {
		if err = unix.Rmdir(dir); err == nil || time.Now().After(deadline) {
			break
		}
	}
	must(t, err)
	for ev.Err == nil {
		ev = receive(t, got, "end of the cgroup")
	}
	if !errors.Is(ev.Err, sources.ErrCgroupGone) || ev.Level != sources.PressureNormal {
		t.Fatalf("%+v", ev)
	}
	end(t, p)
}
