package sources_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
	"github.com/reactord/reactord/sources/files"
	"github.com/reactord/reactord/test/need"
)

// rig is a source of one kind with a way to make something happen to it.
type rig struct {
	source interface {
		canceller
		Activate() error
	}
	// cause makes the i-th thing happen, from 0.
	cause func(i int)
	// told gets how many things the handler was told of in all, failed what it was
	// told of what went wrong, warned what somebody else was.
	told   chan int
	failed chan error
	warned chan error
	broken error // the last of failed
	// close gives back what the rig is made of; it is called in the cancel handler.
	close func()
}

// rigs makes one of each kind.
var rigs = map[string]func(t *testing.T, r *reactor.Reactor) *rig{
	"timer":    timerRig,
	"read":     readRig,
	"write":    writeRig,
	"process":  processRig,
	"port":     portRig,
	"passing":  passingRig,
	"listener": listenerRig,
	"wall":     wallRig,
	"pressure": pressureRig,
	"files":    filesRig,
	"activity": activityRig,
	"vnode":    vnodeRig,
}

// sweepErrors are the faults. Only close(2) is left alone: it gives a descriptor
// back whatever it answers.
var sweepErrors = []error{unix.EINTR, unix.EAGAIN, unix.EMFILE, unix.ENOMEM, unix.ENOSPC, unix.EPERM}

// fault is what goes wrong in one run of the sweep: that call of that number and
// those after it, until it was told and then no longer.
type fault struct {
	call  kernel.Call
	cause error
	at    int
	times int
}

func (f fault) String() string {
	return fmt.Sprintf("%s %d %v %d times", f.call, f.at+1, f.cause.(unix.Errno), f.times)
}

// absurd is what no kernel answers: that there is nothing, of what it has just said
// that there is something, and of what says so once.
func (f fault) absurd(kind string) bool {
	reads := f.call == kernel.Read && (kind == "files" || kind == "pressure") || f.call == kernel.Recvmsg && kind == "activity"
	return reads && f.cause == unix.EAGAIN
}

// Ensure that of every system call that a source makes, each may fail in each of
// these ways, once and again and again, and nothing is lost, nothing turns in
// circles, the error tells its cause, and when that is gone it works again.
func TestFaultsOfEveryCall(t *testing.T) {
	deep := 2 // how many of the first calls fail, each in a run of its own
	if soak() {
		deep = 8
	}
	for _, kind := range slices.Sorted(maps.Keys(rigs)) {
		t.Run(kind, func(t *testing.T) {
			clean := map[kernel.Call]int{}
			t.Run("clean", func(t *testing.T) { clean = sweep(t, kind, fault{}, nil) })
			for _, call := range slices.Sorted(maps.Keys(clean)) {
				if call == kernel.Close {
					continue
				}
				for _, cause := range sweepErrors {
					for at := range min(clean[call], deep) {
						for _, times := range []int{1, 50} {
							if f := (fault{call, cause, at, times}); !f.absurd(kind) && (times == 1 || at == 0 || soak()) {
								t.Run(f.String(), func(t *testing.T) { sweep(t, kind, f, clean) })
							}
						}
					}
				}
			}
		})
	}
}

// sweepEvents is how many things happen in each run of the sweep.
const sweepEvents = 4

// sweep has things happen to a source of a kind while one call fails, and returns
// how often each call was made.
func sweep(t *testing.T, kind string, f fault, clean map[kernel.Call]int) map[kernel.Call]int {
	k := kernel.NewFaulty(kernel.Real{})
	told := &reports{came: make(chan error, 64)}
	r := start(t, reactor.WithKernel(k), reactor.WithTracer(told))
	before := k.AllCalls()
	x := rigs[kind](t, r)
	k.Fail(f.call, append(make([]error, f.at), slices.Repeat([]error{f.cause}, f.times)...)...)
	if err := x.source.Activate(); err != nil {
		if f.cause == nil || !errors.Is(err, f.cause) || !strings.Contains(err.Error(), kind) {
			t.Fatalf("activate: %v", err)
		}
		x = again(t, r, k, kind, x)
	}
	for i := 0; i < sweepEvents; i++ {
		x.cause(i)
		if x.await(t, i+1, k, told, f.cause) {
			continue
		}
		x = again(t, r, k, kind, x)
		i = -1
	}
	after := k.AllCalls()
	for c, n := range after {
		if after[c] = n - before[c]; clean != nil && after[c] > 3*clean[c]+200 {
			t.Errorf("%s was called %d times, without a fault %d times", c, after[c], clean[c])
		}
	}
	k.Heal()
	end(t, x.source, x.close)
	return after
}

// again is a source like one that was refused or has broken: it works.
func again(t *testing.T, r *reactor.Reactor, k *kernel.Faulty, kind string, broken *rig) *rig {
	t.Helper()
	k.Heal()
	end(t, broken.source, broken.close)
	x := rigs[kind](t, r)
	must(t, x.source.Activate())
	return x
}

// await waits until n things were told. False is a source whose handler was told
// that it is broken. What only the tracer was told of heals, as soon as its cause is
// gone.
func (x *rig) await(t *testing.T, n int, k *kernel.Faulty, told *reports, cause error) bool {
	t.Helper()
	const enough = 300 * time.Millisecond // for what was told to break
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	if x.broken != nil {
		timeout.Reset(enough)
	}
	for {
		select {
		case got := <-x.told:
			if got >= n {
				return true
			}
		case x.broken = <-x.failed:
			k.Heal()
			timeout.Reset(enough)
		case <-x.warned:
			k.Heal()
		case err := <-told.came:
			k.Heal()
			if !errors.Is(err, cause) {
				t.Errorf("told of %v", err)
			}
		case <-timeout.C:
			if x.broken == nil {
				t.Fatalf("number %d was lost", n)
			}
			if !errors.Is(x.broken, cause) {
				t.Fatalf("number %d was lost, and what was said is %v", n, x.broken)
			}
			t.Logf("broke, and said: %v", x.broken)
			return false
		}
	}
}

// reports is a Tracer that passes on what failed.
type reports struct{ came chan error }

func (*reports) Panicked(reactor.Panic) {}

func (r *reports) Failed(_ string, err error) {
	select {
	case r.came <- err:
	default:
	}
}

func newRig() *rig {
	return &rig{told: make(chan int, 4096), failed: make(chan error, 64), warned: make(chan error, 64), close: func() {}, cause: func(int) {}}
}

func timerRig(t *testing.T, r *reactor.Reactor) *rig { return clockRig(t, r, reactor.Monotonic) }

// wallRig is a timer on the wall clock, whose timerfd is cancelled when that is set.
func wallRig(t *testing.T, r *reactor.Reactor) *rig { return clockRig(t, r, reactor.Wall) }

func clockRig(t *testing.T, r *reactor.Reactor, c reactor.Clock) *rig {
	x := newRig()
	label := map[reactor.Clock]string{reactor.Monotonic: "timer", reactor.Wall: "wall"}[c]
	s := sources.NewTimer(label, r.NewQueue("q"), c)
	must(t, s.SetSchedule(sources.Schedule{Start: r.Now(c).Add(time.Millisecond), Interval: time.Millisecond}))
	ticks := 0
	s.OnEvent(func(n sources.Ticks) { ticks += int(n.Count); x.tell(ticks) })
	x.source = s
	return x
}

// tell tells that n things were told in all.
func (x *rig) tell(n int) {
	select {
	case x.told <- n:
	default: // a timer's ticks come faster than they are looked at
	}
}

func (x *rig) fail(err error) {
	if err != nil {
		x.failed <- err
	}
}

func readRig(t *testing.T, r *reactor.Reactor) *rig {
	x := newRig()
	from, to := pipe(t)
	s := sources.NewRead("read", r.NewQueue("q"), from)
	total := 0
	s.OnEvent(func(ready sources.Ready) {
		x.fail(ready.Err)
		var buf [64]byte
		for {
			n, err := unix.Read(from, buf[:])
			if n <= 0 || err != nil {
				break
			}
			total += n
		}
		x.tell(total)
	})
	x.source = s
	x.cause = func(int) { _, err := unix.Write(to, []byte{'x'}); must(t, err) }
	x.close = func() { _, _ = unix.Close(from), unix.Close(to) }
	return x
}

func writeRig(t *testing.T, r *reactor.Reactor) *rig {
	x := newRig()
	from, to := pipe(t)
	s := sources.NewWrite("write", r.NewQueue("q"), to)
	var page [4096]byte
	filled := 0
	s.OnEvent(func(ready sources.Ready) {
		x.fail(ready.Err)
		room := false
		for {
			if _, err := unix.Write(to, page[:]); err != nil {
				break
			}
			room = true
		}
		if room {
			filled++
		}
		x.tell(filled)
	})
	x.source = s
	var read [4096]byte
	x.cause = func(i int) {
		if i > 0 { // at first there is room
			// One page of room: to read on would be a race with the handler.
			_, err := unix.Read(from, read[:])
			must(t, err)
		}
	}
	x.close = func() { _, _ = unix.Close(from), unix.Close(to) }
	return x
}

func processRig(t *testing.T, r *reactor.Reactor) *rig {
	x := newRig()
	s, err := sources.NewProcess("process", r.NewQueue("q"))
	must(t, err)
	exits := 0
	s.OnEvent(func(some []sources.Exit) {
		for _, e := range some {
			if e.Status == nil || e.Status.Code != 3 {
				x.fail(fmt.Errorf("process %d: status %+v", e.PID, e.Status))
			}
		}
		exits += len(some)
		x.tell(exits)
	})
	x.source = s
	var children []*exec.Cmd
	x.cause = func(int) {
		cmd := exec.Command("sh", "-c", "read x; exit 3")
		in, err := cmd.StdinPipe()
		must(t, err)
		must(t, cmd.Start())
		children = append(children, cmd)
		for err := s.Follow(cmd.Process.Pid); err != nil; err = s.Follow(cmd.Process.Pid) {
			if !strings.Contains(err.Error(), fmt.Sprint(cmd.Process.Pid)) {
				t.Fatalf("follow: %v", err)
			}
		}
		must(t, in.Close())
	}
	x.close = func() {
		for _, cmd := range children {
			_ = cmd.Wait()
		}
	}
	return x
}

func portRig(t *testing.T, r *reactor.Reactor) *rig {
	x := newRig()
	ours, theirs := connection(t)
	s, err := sources.NewPort("port", r.NewQueue("q"), ours, sources.PortOptions{})
	must(t, err)
	messages := 0
	s.OnEvent(func(ev sources.PortEvent) {
		x.fail(ev.Err)
		messages += len(ev.Messages)
		x.tell(messages)
	})
	x.source = s
	x.cause = func(int) { send(t, theirs, "x") }
	x.close = func() { _, _ = unix.Close(ours), unix.Close(theirs) }
	return x
}

// passingRig is a port whose messages bear descriptors.
func passingRig(t *testing.T, r *reactor.Reactor) *rig {
	x := newRig()
	ours, theirs := connection(t)
	s, err := sources.NewPort("passing", r.NewQueue("q"), ours, sources.PortOptions{TakeFDs: true})
	must(t, err)
	messages := 0
	s.OnEvent(func(ev sources.PortEvent) {
		x.fail(ev.Err)
		for _, m := range ev.Messages {
			if len(m.FDs) != 2 || m.FDsLost || m.Peer == nil || int(m.Peer.Pid) != os.Getpid() {
				x.fail(fmt.Errorf("%+v", m))
			}
			for _, fd := range m.FDs {
				_ = unix.Close(fd)
			}
		}
		messages += len(ev.Messages)
		x.tell(messages)
	})
	x.source = s
	x.cause = func(int) { must(t, unix.Sendmsg(theirs, []byte("x"), unix.UnixRights(theirs, theirs), nil, 0)) }
	x.close = func() { _, _ = unix.Close(ours), unix.Close(theirs) }
	return x
}

// listenerRig is a read source that accepts.
func listenerRig(t *testing.T, r *reactor.Reactor) *rig {
	x := newRig()
	path := filepath.Join(t.TempDir(), "s")
	fd, err := sources.Listen("unix", path)
	must(t, err)
	s := sources.NewRead("listener", r.NewQueue("q"), fd)
	accepted := 0
	s.OnEvent(func(ready sources.Ready) {
		x.fail(ready.Err)
		conn, err := sources.Accept(fd)
		if err != nil {
			x.fail(err)
			return
		}
		_ = unix.Close(conn.FD)
		accepted++
		x.tell(accepted)
	})
	x.source = s
	x.cause = func(int) {
		c, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		must(t, err)
		must(t, unix.Connect(c, &unix.SockaddrUnix{Name: path}))
		_ = unix.Close(c)
	}
	x.close = func() { _ = unix.Close(fd) }
	return x
}

// pressureRig is a source of pressure whose bell is a FIFO.
func pressureRig(t *testing.T, r *reactor.Reactor) *rig {
	x := newRig()
	path := filepath.Join(t.TempDir(), "fifo")
	must(t, unix.Mkfifo(path, 0o600))
	t.Setenv("MEMORY_PRESSURE_WATCH", path)
	t.Setenv("MEMORY_PRESSURE_WRITE", "")
	s, err := sources.NewPressure("pressure", r.NewQueue("q"), sources.PressureOptions{Environ: true, Calm: time.Millisecond})
	must(t, err)
	warned, calm := 0, make(chan struct{}, sweepEvents)
	s.OnEvent(func(ev sources.PressureEvent) {
		x.fail(ev.Err)
		if ev.Worst > sources.PressureNormal && ev.Previous == sources.PressureNormal {
			warned++
			x.tell(warned)
		}
		if ev.Level == sources.PressureNormal && ev.Err == nil {
			calm <- struct{}{}
		}
	})
	x.source = s
	bell := -1
	x.cause = func(i int) {
		if i == 0 {
			var err error
			bell, err = unix.Open(path, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
			must(t, err)
		} else {
			receive(t, calm, "end of the pressure before")
		}
		_, err := unix.Write(bell, []byte{'x'})
		must(t, err)
	}
	x.close = func() { _ = unix.Close(bell) }
	return x
}

func filesRig(t *testing.T, r *reactor.Reactor) *rig {
	x := newRig()
	root := t.TempDir()
	s, err := files.New("files", r.NewQueue("q"), files.Options{
		Roots: []string{root}, Recursive: true, Events: []coalesce.Op{coalesce.Create},
		Report: func(p files.Problem) {
			if errors.Is(p, unix.ENOENT) || p.Err == nil { // of a root that is sought again
				return
			}
			x.warned <- p
		},
	})
	must(t, err)
	made := map[string]bool{}
	s.OnEvent(func(changes []coalesce.Change) {
		for _, c := range changes {
			if made[c.Path] {
				x.fail(fmt.Errorf("%s was told twice", c.Path))
			}
			made[c.Path] = true
		}
		x.tell(len(made) / 2)
	})
	registered := make(chan struct{})
	s.OnRegister(func() { close(registered) })
	x.source = s
	x.cause = func(i int) {
		if i == 0 {
			receive(t, registered, "registration")
		}
		dir := filepath.Join(root, fmt.Sprint("d", i))
		must(t, os.Mkdir(dir, 0o755))
		must(t, os.WriteFile(filepath.Join(dir, "f"), nil, 0o644))
	}
	return x
}

func vnodeRig(t *testing.T, r *reactor.Reactor) *rig {
	x := newRig()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	path := filepath.Join(dir, "f")
	must(t, os.WriteFile(path, nil, 0o600))
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	must(t, err)
	var all sources.Vnodes
	s, err := all.New("vnode", r.NewQueue("q"), fd, sources.VnodeRename|sources.VnodeRevoke)
	must(t, err)
	renames := 0
	s.OnEvent(func(ev sources.VnodeEvent) {
		renames += len(ev.Changes)
		x.tell(renames)
	})
	x.source = s
	x.cause = func(i int) {
		next := filepath.Join(dir, fmt.Sprint("f", i))
		must(t, os.Rename(path, next))
		path = next
	}
	x.close = func() { _ = unix.Close(fd) }
	return x
}

func activityRig(t *testing.T, r *reactor.Reactor) *rig {
	if err := sources.TryConnector(); err != nil {
		need.Skip(t, need.Connector, "%v", err)
	}
	x := newRig()
	s := sources.NewActivity("activity", r.NewQueue("q"), sources.ProcessExec)
	ours := make(chan int, sweepEvents)
	seen, execs := map[int]bool{}, 0
	s.OnEvent(func(n sources.Acts) {
		if n.Lost {
			x.fail(unix.ENOBUFS)
		}
		for _, a := range n.Acts {
			seen[a.PID] = true
		}
		select {
		case pid := <-ours:
			if !seen[pid] {
				ours <- pid
				return
			}
			execs++
			x.tell(execs)
		default:
		}
	})
	x.source = s
	x.cause = func(int) {
		cmd := exec.Command("true")
		must(t, cmd.Run())
		ours <- cmd.Process.Pid
		must(t, exec.Command("true").Run()) // has the handler look
	}
	return x
}
