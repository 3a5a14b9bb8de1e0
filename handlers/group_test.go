package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/internal/clock"
	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
)

// stopped is a reactor whose clock stands until the test turns it.
func stopped(t *testing.T) (*reactor.Reactor, *clock.Fake) {
	t.Helper()
	hands := &clock.Fake{}
	return newReactor(t, reactor.WithClock(hands), reactor.WithKernel(kernel.WithClock(kernel.Real{}, hands))), hands
}

// kernels has a test run as on a kernel that signals groups through a pidfd,
// and as on one that can't.
func kernels(t *testing.T, test func(t *testing.T, on func(*handlers.Exec) *handlers.Exec)) {
	t.Run("by pidfd", func(t *testing.T) { test(t, func(x *handlers.Exec) *handlers.Exec { return x }) })
	t.Run("by number", func(t *testing.T) { test(t, handlers.ByNumber) })
}

// fifo makes a named pipe. What reads a line from it waits until release.
func fifo(t *testing.T) (path string, release func()) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, func() {
		if err := os.WriteFile(path, []byte("go\n"), 0); err != nil {
			t.Error(err)
		}
	}
}

const hour = time.Hour

// readyChild says ready when it can be ended by TERM. A plain `sleep &` can't
// be until it is executed: what a shell's child gets before that, the shell
// may swallow.
const readyChild = `sh -c 'echo ready; exec sleep 1000'`

func TestXC1_TimeoutSendsTerm(t *testing.T) {
	tests := []struct {
		name, script string
		code         *int
		signal, err  string
	}{
		{"which kills", `echo ready; exec sleep 1000`, nil, "SIGTERM", "ended: timed out, killed by SIGTERM"},
		{"which it handles", `trap 'exit 7' TERM; ` + readyChild + ` & wait`, new(7), "", "ended: timed out, exited with status 7"},
		{"which it handles as success", `trap 'exit 0' TERM; ` + readyChild + ` & wait`, new(0), "", "ended: timed out, exited with status 0"},
		{"though it is stopped", `echo ready; kill -STOP $$`, nil, "SIGTERM", "ended: timed out, killed by SIGTERM"},
	}
	kernels(t, func(t *testing.T, on func(*handlers.Exec) *handlers.Exec) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				r, _ := stopped(t) // KILL never comes
				ctx, cancel := context.WithCancelCause(t.Context())
				book := &logbook{}
				done := begin(ctx, on(&handlers.Exec{Reactor: r, Shell: tt.script, KillAfter: hour}), filesEvent(), book)
				book.whenPrinted(t, "ready")
				cancel(handlers.ErrTimeout)
				o := ends(t, done)
				if o.Result != handlers.Transient || !errors.Is(o.Err, handlers.ErrTimeout) || o.Err.Error() != tt.err ||
					!equal(o.Code, tt.code) || o.Signal != tt.signal || string(o.Tail) != "ready\n" {
					t.Errorf("outcome %+v", o)
				}
			})
		}
	})
}

func TestXC1_KillFollowsTerm(t *testing.T) {
	kernels(t, func(t *testing.T, on func(*handlers.Exec) *handlers.Exec) {
		r, hands := stopped(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		book := &logbook{}
		x := on(&handlers.Exec{Reactor: r, KillAfter: 10 * time.Second,
			Shell: `trap 'echo no' TERM; echo ready $$; while :; do sleep 1000 & wait; done`})
		done := begin(ctx, x, filesEvent(), book)
		pid := book.whenPrinted(t, "ready ")
		cancel(handlers.ErrStopping)
		book.whenPrinted(t, "no")
		hands.Advance(int64(10*time.Second) - 1)
		if !alive(t, pid) {
			t.Error("killed too early")
		}
		hands.Advance(1)
		o := ends(t, done)
		if o.Result != handlers.Transient || !errors.Is(o.Err, handlers.ErrStopping) || o.Signal != "SIGKILL" {
			t.Errorf("outcome %+v", o)
		}
	})
}

func TestXC1_KillAtOnce(t *testing.T) {
	r, _ := stopped(t)
	ctx, cancel := context.WithTimeoutCause(t.Context(), hour, handlers.ErrTimeout)
	book := &logbook{}
	done := begin(ctx, &handlers.Exec{Reactor: r, Shell: `trap '' TERM; echo ready; sleep 1000`}, filesEvent(), book)
	book.whenPrinted(t, "ready")
	cancel()
	if o := ends(t, done); o.Signal != "SIGKILL" || !errors.Is(o.Err, context.Canceled) {
		t.Errorf("outcome %+v", o)
	}
}

// What the command leaves behind in its group is ended, and its success stands.
func TestXC1_LeftOversGetTermThenKill(t *testing.T) {
	kernels(t, func(t *testing.T, on func(*handlers.Exec) *handlers.Exec) {
		r, hands := stopped(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		book := &logbook{}
		path, release := fifo(t)
		x := on(&handlers.Exec{Reactor: r, KillAfter: 10 * time.Second, Shell: fmt.Sprintf(`
			(trap 'echo first obeys; exit' TERM; echo first $(exec sh -c 'echo $PPID'); sleep 1000 & wait) &
			(trap 'echo second no' TERM; echo second $(exec sh -c 'echo $PPID'); while :; do sleep 1000 & wait; done) &
			read go <%s`, path)})
		done := begin(ctx, x, filesEvent(), book)
		first, second := book.whenPrinted(t, "first "), book.whenPrinted(t, "second ")
		release()
		book.whenPrinted(t, "first obeys")
		book.whenPrinted(t, "second no")
		cancel() // too late to be a failure: the command has ended
		hands.Advance(int64(10 * time.Second))
		if o := ends(t, done); o.Result != handlers.Done || !equal(o.Code, new(0)) {
			t.Errorf("outcome %+v", o)
		}
		if alive(t, first) || alive(t, second) {
			t.Error("something is left")
		}
	})
}

// Children of children of children, all deaf to TERM.
func TestXC1_NothingOfATreeRemains(t *testing.T) {
	kernels(t, func(t *testing.T, on func(*handlers.Exec) *handlers.Exec) {
		ctx, cancel := context.WithCancelCause(t.Context())
		book := &logbook{}
		x := on(&handlers.Exec{Reactor: newReactor(t), Shell: `trap '' TERM
			grow() { if [ $1 -gt 0 ]; then (grow $(($1-1))) & (grow $(($1-1))) & fi; sh -c 'echo pid $PPID'; sleep 1000; }
			grow 4`})
		done := begin(ctx, x, filesEvent(), book)
		grown := 0
		<-book.when(func(e entry) bool {
			if strings.HasPrefix(e.text("message"), "pid ") {
				grown++
			}
			return grown == 31
		})
		cancel(handlers.ErrTimeout)
		if o := ends(t, done); o.Signal != "SIGKILL" {
			t.Errorf("outcome %+v", o)
		}
		for _, line := range book.printed() {
			if pid := strings.TrimPrefix(line, "pid "); alive(t, pid) {
				t.Errorf("%s is left", pid)
			}
		}
	})
}

// A process that left the group is out of reach, and holds the run up for a
// tenth of a second at most.
func TestXC1_EscapeesDontHoldTheRun(t *testing.T) {
	kernels(t, func(t *testing.T, on func(*handlers.Exec) *handlers.Exec) {
		book := &logbook{}
		path, release := fifo(t)
		x := on(&handlers.Exec{Reactor: newReactor(t), Shell: fmt.Sprintf(`
			setsid sh -c 'echo escaped $$; exec sleep 1000' &
			read go <%s; printf 'last words'`, path)})
		done := begin(t.Context(), x, filesEvent(), book)
		pid := book.whenPrinted(t, "escaped ")
		defer kill(t, pid)
		release()
		o := ends(t, done)
		if o.Result != handlers.Done || !strings.HasSuffix(string(o.Tail), "\nlast words") {
			t.Errorf("outcome %+v, tail %q", o, o.Tail)
		}
		if !alive(t, pid) {
			t.Error("the escapee was ended")
		}
		if lines := book.printed(); lines[len(lines)-1] != "last words" {
			t.Errorf("printed %q", lines)
		}
	})
}

// A process that leaves the group when its leader has gone already, and is
// waited for, doesn't hold the run up either: nothing tells that it left.
func TestXC1_LateEscapeesDontHoldTheRun(t *testing.T) {
	kernels(t, func(t *testing.T, on func(*handlers.Exec) *handlers.Exec) {
		book := &logbook{}
		leader, endLeader := fifo(t)
		child, letGo := fifo(t)
		x := on(&handlers.Exec{Reactor: newReactor(t), KillAfter: 500 * time.Millisecond, Shell: fmt.Sprintf(`
			(trap '' TERM; echo "escapes $(exec sh -c 'echo $PPID')"; read go <%s; exec setsid sleep 1000) & read go <%s`, child, leader)})
		done := begin(t.Context(), x, filesEvent(), book)
		pid := book.whenPrinted(t, "escapes ")
		defer kill(t, pid)
		endLeader()
		letGo()
		if o := ends(t, done); o.Result != handlers.Done {
			t.Errorf("outcome %+v", o)
		}
	})
}

// A zombie whose parent left the group stays in the group until that parent
// cares: nothing to wait for.
func TestXC1_ZombiesOfEscapees(t *testing.T) {
	kernels(t, func(t *testing.T, on func(*handlers.Exec) *handlers.Exec) {
		book := &logbook{}
		path, release := fifo(t)
		x := on(&handlers.Exec{Reactor: newReactor(t), KillAfter: hour, Shell: fmt.Sprintf(`
			sh -c 'true & echo zombie $!; exec setsid sh -c "echo escaped \$\$; exec sleep 1000"' &
			read go <%s`, path)})
		done := begin(t.Context(), x, filesEvent(), book)
		zombie, escaped := book.whenPrinted(t, "zombie "), book.whenPrinted(t, "escaped ")
		defer kill(t, escaped)
		awaitExit(t, zombie)
		release()
		if o := ends(t, done); o.Result != handlers.Done {
			t.Errorf("outcome %+v", o)
		}
	})
}

// A command that moves into another group is still the run's command.
func TestXC1_LeaderOfNoGroup(t *testing.T) {
	kernels(t, func(t *testing.T, on func(*handlers.Exec) *handlers.Exec) {
		ctx, cancel := context.WithCancelCause(t.Context())
		book := &logbook{}
		x := on(&handlers.Exec{Reactor: newReactor(t), KillAfter: hour, Command: command(t, executable(t)),
			Env: []handlers.Var{{Name: helper, Value: template(t, "files", "leave-group")}}})
		done := begin(ctx, x, filesEvent(), book)
		book.whenPrinted(t, "left")
		cancel(handlers.ErrTimeout)
		if o := ends(t, done); o.Signal != "SIGTERM" {
			t.Errorf("outcome %+v", o)
		}
	})
}

// kill ends a process that left its run.
func kill(t *testing.T, pid string) {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err == nil {
		err = unix.Kill(n, unix.SIGKILL)
	}
	if err != nil {
		t.Errorf("kill %s: %v", pid, err)
	}
}

// awaitExit waits until a process has ended, reaped or not.
func awaitExit(t *testing.T, pid string) {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.PidfdOpen(n, 0)
	if errors.Is(err, unix.ESRCH) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	for {
		_, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}
