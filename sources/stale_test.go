package sources_test

import (
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// numbers is a kernel that tells which descriptors it made.
type numbers struct {
	kernel.Kernel
	connector, pidfd int
}

func (n *numbers) ConnectorOpen(events uint32) (fd int, err error) {
	fd, err = n.Kernel.ConnectorOpen(events)
	n.connector = fd
	return fd, err
}

func (n *numbers) PidfdOpen(pid int) (fd int, err error) {
	fd, err = n.Kernel.PidfdOpen(pid)
	n.pidfd = fd
	return fd, err
}

// takeOver has fd closed, as by somebody who closes what isn't theirs, and come to
// mean a pipe that is watched. It returns what ensures that nobody else has touched
// that.
func takeOver(t *testing.T, r *reactor.Reactor, fd int) (untouched func()) {
	t.Helper()
	rd, wr := pipe(t)
	must(t, unix.Dup3(rd, fd, unix.O_CLOEXEC))
	_, err := unix.Write(wr, []byte("theirs"))
	must(t, err)
	w, err := r.Watch(fd, reactor.In, reactor.HoldOff, func(reactor.Readiness) {})
	must(t, err)
	return func() {
		t.Helper()
		var b [16]byte
		if n, err := unix.Read(fd, b[:]); err != nil || string(b[:n]) != "theirs" {
			t.Errorf("the other one has %q, %v", b[:max(n, 0)], err)
		}
		w.Close()
		_, _, _ = unix.Close(fd), unix.Close(rd), unix.Close(wr)
	}
}

// R8: a source whose own descriptor somebody closed says so, and neither reads nor
// closes what has its number.
func TestR8_ActivityClosedByOthers(t *testing.T) {
	k := &numbers{Kernel: kernel.Real{}}
	tr := &failures{}
	r := start(t, reactor.WithKernel(k), reactor.WithTracer(tr))
	s, _ := activity(t, r, sources.ProcessName)
	untouched := takeOver(t, r, k.connector)
	end(t, s)
	if n := tr.count("activity"); n != 1 {
		t.Errorf("the tracer was told %d times", n)
	}
	untouched()
}

// R8: a process whose pidfd somebody closed has not ended, and can be followed anew.
func TestR8_ProcessClosedByOthers(t *testing.T) {
	k := &numbers{Kernel: kernel.Real{}}
	tr := &failures{}
	r := start(t, reactor.WithKernel(k), reactor.WithTracer(tr))
	cmd := exec.Command("sh", "-c", "read x; exit 3")
	in, err := cmd.StdinPipe()
	must(t, err)
	must(t, cmd.Start())
	s, exits := follow(t, r, cmd.Process.Pid)
	untouched := takeOver(t, r, k.pidfd)
	if n := tr.count("process"); n != 1 || s.Following() != 0 {
		t.Errorf("the tracer was told %d times, %d are followed", n, s.Following())
	}
	must(t, s.Follow(cmd.Process.Pid))
	must(t, in.Close())
	if e := receive(t, exits, "exit"); e.Status == nil || e.Status.Code != 3 {
		t.Errorf("told of %+v", e)
	}
	_ = cmd.Wait()
	end(t, s)
	untouched()
	if len(exits) > 0 {
		t.Errorf("told of %+v, too", <-exits)
	}
}
