package reactor_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
)

// told is a tracer that keeps what failed.
type told struct {
	mu   sync.Mutex
	errs []error
}

func (*told) Panicked(reactor.Panic) {}

func (t *told) Failed(label string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.errs = append(t.errs, err)
}

// once fails the test unless that was told, once, and nothing else.
func (t *told) once(tb testing.TB, want error) {
	tb.Helper()
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.errs) != 1 || !errors.Is(t.errs[0], want) || !strings.Contains(t.errs[0].Error(), want.Error()) {
		tb.Errorf("told of %v, want %v once", t.errs, want)
	}
}

// faulty is a kernel that refuses what it is told to, and who is told of it.
func faulty() (*kernel.Faulty, *told) { return kernel.NewFaulty(kernel.Real{}), &told{} }

// pipeWatch watches the reading end of a pipe for bytes; heard gets what it is told.
func pipeWatch(t *testing.T, r *reactor.Reactor, mode reactor.Mode) (w *reactor.Watch, rd, wr int, heard chan reactor.Readiness) {
	t.Helper()
	rd, wr = pipe(t)
	heard = make(chan reactor.Readiness, 8)
	w, err := r.Watch(rd, reactor.In, mode, func(ready reactor.Readiness) { heard <- ready })
	must(t, err)
	return w, rd, wr, heard
}

// refusals is more than is tried again at once.
const refusals = 20

// Ensure that a watch the kernel would not arm is told again when it will.
func TestRearmRefused(t *testing.T) {
	for _, cause := range []error{unix.EINTR, unix.ENOMEM, unix.ENOSPC, unix.EPERM} {
		t.Run(cause.Error(), func(t *testing.T) {
			k, tr := faulty()
			r := start(t, reactor.WithKernel(k), reactor.WithTracer(tr))
			w, rd, wr, heard := pipeWatch(t, r, reactor.HoldOff)
			_, _ = unix.Write(wr, []byte("x"))
			receive(t, heard, "readiness")
			before := k.Calls(kernel.EpollCtl)
			k.Fail(kernel.EpollCtl, cause, cause, cause)
			w.Rearm()
			if got := receive(t, heard, "readiness again"); got != reactor.In {
				t.Errorf("told %#x", got)
			}
			if n := k.Calls(kernel.EpollCtl) - before; n != 4 {
				t.Errorf("%d calls, want 3 that fail and one that doesn't", n)
			}
			tr.once(t, cause)
			w.Close()
			_, _ = unix.Close(rd), unix.Close(wr)
		})
	}
}

// Ensure that a watch goes on when another one of its descriptor is closed and the
// kernel refuses what is left.
func TestCloseRefused(t *testing.T) {
	k, tr := faulty()
	r := start(t, reactor.WithKernel(k), reactor.WithTracer(tr))
	edge, rd, wr, heard := pipeWatch(t, r, reactor.Edge)
	other, err := r.Watch(rd, reactor.In, reactor.HoldOff, func(reactor.Readiness) {})
	must(t, err)
	k.Fail(kernel.EpollCtl, unix.ENOMEM)
	other.Close()
	for i := range 3 {
		_, _ = unix.Write(wr, []byte("x"))
		receive(t, heard, "edge "+string(rune('1'+i)))
	}
	tr.once(t, unix.ENOMEM)
	edge.Close()
	_, _ = unix.Close(rd), unix.Close(wr)
}

// Ensure that a descriptor that is closed while its watch could not be armed is
// told stale.
func TestR8_ClosedWhileRefused(t *testing.T) {
	k, tr := faulty()
	r := start(t, reactor.WithKernel(k), reactor.WithTracer(tr))
	w, rd, wr, heard := pipeWatch(t, r, reactor.HoldOff)
	_, _ = unix.Write(wr, []byte("x"))
	receive(t, heard, "readiness")
	k.Fail(kernel.EpollCtl, unix.ENOMEM)
	w.Rearm()
	_ = unix.Close(rd)
	if got := receive(t, heard, "notice"); got != reactor.Stale {
		t.Errorf("told %#x", got)
	}
	tr.once(t, unix.ENOMEM)
	w.Close()
	_ = unix.Close(wr)
}

// Ensure that what became ready while polls failed is told when they don't any
// more, that it is no circle, and that the end of the reactor is the end of that.
func TestPollRefused(t *testing.T) {
	for _, cause := range []error{unix.EINTR, unix.ENOMEM} {
		t.Run(cause.Error(), func(t *testing.T) {
			k, tr := faulty()
			r := start(t, reactor.WithKernel(k), reactor.WithTracer(tr))
			w, rd, wr, heard := pipeWatch(t, r, reactor.Edge)
			k.Fail(kernel.EpollPoll, slices.Repeat([]error{cause}, refusals)...)
			_, _ = unix.Write(wr, []byte("x"))
			receive(t, heard, "readiness")
			if n := k.Calls(kernel.EpollPoll); n > refusals+10 {
				t.Errorf("%d polls, %d of them failed", n, refusals)
			}
			tr.once(t, cause)
			w.Close()
			_, _ = unix.Close(rd), unix.Close(wr)
		})
	}
}

// unpollable is a kernel whose epoll instances the runtime's poller doesn't take.
type unpollable struct {
	kernel.Kernel
	times int
}

func (u *unpollable) EpollCreate() (int, error) {
	fd, err := u.Kernel.EpollCreate()
	if u.times > 0 && err == nil {
		u.times--
		err = unix.SetNonblock(fd, false)
	}
	return fd, err
}

// Ensure that a loop that would never be woken is refused, and tried again by the
// next who needs it.
func TestRuntimePollerRefuses(t *testing.T) {
	tr := &told{}
	r := start(t, reactor.WithKernel(&unpollable{kernel.Real{}, 1}), reactor.WithTracer(tr))
	rd, wr := pipe(t)
	heard := make(chan reactor.Readiness, 8)
	watch := func() (*reactor.Watch, error) {
		return r.Watch(rd, reactor.In, reactor.Edge, func(ready reactor.Readiness) { heard <- ready })
	}
	if _, err := watch(); err == nil || !strings.Contains(err.Error(), "epoll instance in the runtime's poller") {
		t.Fatalf("watch: %v", err)
	}
	w, err := watch()
	must(t, err)
	_, _ = unix.Write(wr, []byte("x"))
	receive(t, heard, "readiness")
	w.Close()
	_, _ = unix.Close(rd), unix.Close(wr)
	must(t, r.Close())
	if len(tr.errs) > 0 {
		t.Errorf("told of %v", tr.errs)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
