package sources_test

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/clock"
	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// pressureFiles is a kernel whose pressure files fire when told to. A trigger
// is an eventfd: readable from the start, as a pressure file is, and with a
// wake-up for each write. In /cgroup a firing wakes every trigger of the file,
// and only poll(2) tells which one it was, as in the kernel.
type pressureFiles struct {
	kernel.Kernel

	mu    sync.Mutex
	text  string         // what reading a file gives
	fds   map[int]string // open triggers, with what was written to them
	opens []string
	fired map[int]int16 // in /cgroup: what poll(2) will say
}

// shared reports whether a file's triggers wake each other.
func shared(path string) bool { return strings.HasPrefix(path, "/cgroup/") }

func (f *pressureFiles) Open(path string, flags int) (int, error) {
	if !strings.HasPrefix(path, "/proc/pressure/") && !shared(path) {
		return f.Kernel.Open(path, flags)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if flags&unix.O_RDWR == 0 {
		var p [2]int
		if err := unix.Pipe2(p[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
			return -1, err
		}
		_, _ = unix.Write(p[1], []byte(f.text))
		return p[0], unix.Close(p[1])
	}
	fd, err := unix.Eventfd(1, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err == nil {
		f.fds[fd] = ""
		f.opens = append(f.opens, path)
	}
	return fd, err
}

func (f *pressureFiles) Write(fd int, p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.fds[fd]; !ok {
		return f.Kernel.Write(fd, p)
	}
	f.fds[fd] += string(p)
	return len(p), nil
}

func (f *pressureFiles) Poll(fds []unix.PollFd) (n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range fds {
		fd := int(fds[i].Fd)
		fds[i].Revents = f.fired[fd] & (fds[i].Events | unix.POLLERR)
		if fds[i].Revents != 0 {
			n++
		}
		f.fired[fd] &= unix.POLLERR // a mark is taken, an end stays
	}
	return n, nil
}

// fireShared marks the triggers of /cgroup that were set with that text, all of
// them when it is empty, and wakes every one, once each time.
func (f *pressureFiles) fireShared(t *testing.T, text string, mark int16) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for fd, written := range f.fds {
		if text == "" || written == text+"\x00" {
			f.fired[fd] |= mark
		}
		_, err := unix.Write(fd, []byte{1, 0, 0, 0, 0, 0, 0, 0})
		must(t, err)
	}
}

// fire fires the trigger that was set with that text.
func (f *pressureFiles) fire(t *testing.T, text string) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for fd, written := range f.fds {
		if written == text+"\x00" {
			_, err := unix.Write(fd, []byte{1, 0, 0, 0, 0, 0, 0, 0})
			must(t, err)
			return
		}
	}
	t.Fatalf("no trigger %q in %v", text, f.fds)
}

type pressureBed struct {
	files  *pressureFiles
	faulty *kernel.Faulty
	clock  *clock.Fake
	queue  *reactor.Queue
	src    *sources.Pressure
	got    chan sources.PressureEvent
}

// newPressureBed is a memory source with warn 100 ms of 1 s, calm 2 s, and
// critical 100 ms of 2 s, calm 4 s, on a clock turned by hand.
func newPressureBed(t *testing.T) *pressureBed { return newPressureBedOf(t, "") }

func newPressureBedOf(t *testing.T, cgroup string) *pressureBed {
	b := &pressureBed{clock: &clock.Fake{}, got: make(chan sources.PressureEvent, 16)}
	b.files = &pressureFiles{Kernel: kernel.WithClock(kernel.Real{}, b.clock), fds: map[int]string{}, fired: map[int]int16{}, text: numbersText}
	b.faulty = kernel.NewFaulty(b.files)
	r := start(t, reactor.WithKernel(b.faulty), reactor.WithClock(b.clock), reactor.WithTracer(quiet{}))
	b.queue = r.NewQueue("q")
	src, err := sources.NewPressure("mem", b.queue, sources.PressureOptions{
		Cgroup:   cgroup,
		Warn:     sources.PressureTrigger{Stall: 100 * time.Millisecond, Window: time.Second},
		Critical: sources.PressureTrigger{Full: true, Stall: 100 * time.Millisecond, Window: 2 * time.Second},
	})
	must(t, err)
	b.src = src
	src.OnEvent(func(ev sources.PressureEvent) { b.got <- ev })
	must(t, src.Activate())
	t.Cleanup(func() { end(t, src) })
	drainLoop(t, r)
	return b
}

func (b *pressureBed) want(t *testing.T, level, previous, worst sources.PressureLevel) {
	t.Helper()
	ev := receive(t, b.got, "event")
	if ev.Level != level || ev.Previous != previous || ev.Worst != worst || ev.Err != nil {
		t.Fatalf("%v from %v, worst %v, error %v; want %v from %v, worst %v", ev.Level, ev.Previous, ev.Worst, ev.Err, level, previous, worst)
	}
}

// until waits for the level to be what the loop makes of what was done.
func (b *pressureBed) until(t *testing.T, level sources.PressureLevel) {
	t.Helper()
	for deadline := time.Now().Add(patience); b.src.Level() != level; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("the level is %v, want %v", b.src.Level(), level)
		}
	}
}

// drainLoop waits until the loop has handed out all that was ready before. A
// fake trigger may fire sooner than a real one can: before the loop has seen
// that its file is readable, which is no firing.
func drainLoop(t *testing.T, r *reactor.Reactor) {
	t.Helper()
	fd, err := unix.Eventfd(1, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	must(t, err)
	told := make(chan struct{}, 4)
	w, err := r.Watch(fd, reactor.In, reactor.HoldOff, func(reactor.Readiness) { told <- struct{}{} })
	must(t, err)
	receive(t, told, "turn of the loop")
	w.Close()
	_ = unix.Close(fd)
}

// quiet is a tracer for tests that provoke failures.
type quiet struct{}

func (quiet) Panicked(reactor.Panic) {}

func (quiet) Failed(string, error) {}
