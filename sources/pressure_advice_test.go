package sources_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

func TestS1_PressureRefuses(t *testing.T) {
	r := start(t)
	trigger := func(stall, window time.Duration) sources.PressureTrigger {
		return sources.PressureTrigger{Stall: stall, Window: window}
	}
	for _, tc := range []struct {
		name string
		o    sources.PressureOptions
		want string
	}{
		{"resource", sources.PressureOptions{Resource: "disk"}, "want memory, cpu or io"},
		{"short window", sources.PressureOptions{Warn: trigger(1e6, 499*time.Millisecond)}, "want 500ms to 10s"},
		{"long window", sources.PressureOptions{Critical: trigger(1e6, 10*time.Second+1)}, "want 500ms to 10s"},
		{"stall longer than its window", sources.PressureOptions{Warn: trigger(3*time.Second, 2*time.Second)}, "want 1µs to the window"},
		{"no stall", sources.PressureOptions{Warn: trigger(0, 2*time.Second)}, "want 1µs to the window"},
		{"cgroup", sources.PressureOptions{Cgroup: "user.slice"}, "want an absolute path"},
		{"calm", sources.PressureOptions{Calm: -1}, "calm"},
		{"full of the machine's cpu", sources.PressureOptions{Resource: sources.ResourceCPU,
			Warn: sources.PressureTrigger{Full: true, Stall: 1e6, Window: 2e9}}, "use some"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := sources.NewPressure("p", r.NewQueue("q"), tc.o)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("err = %v, want %q in it", err, tc.want)
			}
		})
	}
}

// Ensure that what the kernel refuses is told with what to do, and that the
// descriptors opened before are closed.
func TestPressureAdvice(t *testing.T) {
	for _, tc := range []struct {
		name   string
		call   kernel.Call
		errs   []error
		cgroup string
		want   string
	}{
		{"no psi", kernel.Open, []error{unix.ENOENT}, "", "psi=1"},
		{"no cgroup", kernel.Open, []error{unix.ENOENT}, "/nowhere", "no such cgroup"},
		{"accounting off", kernel.Open, []error{unix.ENOENT}, "/", "cgroup.pressure"},
		{"not permitted", kernel.Open, []error{unix.EPERM}, "", "CAP_SYS_RESOURCE"},
		{"second trigger", kernel.Open, []error{nil, unix.EACCES}, "", "CAP_SYS_RESOURCE"},
		{"not delegated", kernel.Open, []error{unix.EACCES}, "/nowhere", "delegated"},
		{"read-only", kernel.Open, []error{unix.EROFS}, "", "read-only"},
		{"psi=0", kernel.Write, []error{unix.EOPNOTSUPP}, "", "boot with psi=1"},
		{"window", kernel.Write, []error{nil, unix.EINVAL}, "", "multiple of 2s"},
		{"descriptors", kernel.Open, []error{unix.EMFILE}, "", "LimitNOFILE"},
		{"memory", kernel.Write, []error{unix.ENOMEM}, "", "memory"},
		{"watch", kernel.EpollCtl, []error{nil, nil, nil, nil, unix.ENOMEM}, "", "memory"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			files := &pressureFiles{Kernel: kernel.Real{}, fds: map[int]string{}}
			f := kernel.NewFaulty(files)
			r := start(t, reactor.WithKernel(f))
			f.Fail(tc.call, tc.errs...)
			p, err := sources.NewPressure("p", r.NewQueue("q"), sources.PressureOptions{Cgroup: tc.cgroup})
			must(t, err)
			p.OnEvent(func(sources.PressureEvent) {})
			cancelled := make(chan struct{})
			p.OnCancel(func() { close(cancelled) })
			err = p.Activate()
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("err = %v, want %q in it", err, tc.want)
			}
			if last := tc.errs[len(tc.errs)-1]; !errors.Is(err, last) {
				t.Fatalf("err = %v, want %v", err, last)
			}
			receive(t, cancelled, "cancel handler")
		})
	}
}

// Ensure that interrupted calls are made again.
func TestPressureInterrupted(t *testing.T) {
	files := &pressureFiles{Kernel: kernel.Real{}, fds: map[int]string{}, text: "nonsense"}
	f := kernel.NewFaulty(files)
	r := start(t, reactor.WithKernel(f), reactor.WithTracer(quiet{}))
	f.Fail(kernel.Write, unix.EINTR, unix.EINTR)
	p, err := sources.NewPressure("p", r.NewQueue("q"), sources.PressureOptions{})
	must(t, err)
	got := make(chan sources.PressureEvent, 1)
	p.OnEvent(func(ev sources.PressureEvent) { got <- ev })
	must(t, p.Activate())
	drainLoop(t, r)
	files.fire(t, "some 200000 2000000")
	if ev := receive(t, got, "event"); ev.Level != sources.PressureWarn || ev.Numbers != nil {
		t.Fatalf("%+v", ev)
	}
	end(t, p)
}
