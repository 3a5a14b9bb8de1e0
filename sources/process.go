package sources

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
)

// Exit is the end of one process.
type Exit struct {
	PID  int
	Name string // its command name; empty when it was gone before we looked
	// Status is how it ended; nil when nobody could tell (clause PR1).
	Status *ExitStatus
}

// ExitStatus is a wait status taken apart.
type ExitStatus struct {
	Code   int            // the exit code, when Signal is 0
	Signal syscall.Signal // what killed it, or 0
	Core   bool           // it dumped core
}

// unreaped is how long a process whose status we may not read is waited for
// until its parent has reaped it and the kernel tells everybody (clause PR1).
const unreaped = 20 * time.Millisecond

// Process is a source of the exits of processes, any processes, children or
// not (section P of the contract). Each is reported once, as soon as it is a
// zombie; it is not reaped (clause P3). A process that is already gone is
// reported at once, without status (clause P2).
//
// A process costs one pidfd while it is followed.
type Process struct {
	*reactor.Source[[]Exit]
	intake *processIntake
}

// NewProcess returns an inactive source for the processes given. A process is
// bound when the source is activated, by pidfd: a reused number is never taken
// for it (clause PR3).
func NewProcess(label string, target *reactor.Queue, pids ...int) (*Process, error) {
	in := &processIntake{waiting: pids, followed: map[int]*followed{}}
	if len(pids) > 0 {
		in.first = pids[0]
	}
	for _, pid := range pids {
		if pid <= 0 {
			return nil, fmt.Errorf("pid %d: a pid is positive", pid)
		}
	}
	in.source = reactor.NewSource(label, target, in, in)
	return &Process{in.source, in}, nil
}

// Follow adds a process, now or once the source is activated. One that is
// followed already is left alone.
func (p *Process) Follow(pid int) error { return p.intake.follow(pid) }

// Unfollow has a process no longer followed. An end that was noticed before may
// still be told.
func (p *Process) Unfollow(pid int) { p.intake.unfollow(pid) }

// Following is how many processes are followed, or will be once the source is
// activated.
func (p *Process) Following() int {
	p.intake.mu.Lock()
	defer p.intake.mu.Unlock()
	return len(p.intake.followed) + len(p.intake.waiting)
}

// processIntake is the intake of a process source and its pending.
type processIntake struct {
	source *reactor.Source[[]Exit]
	first  int // the first pid it was made with

	mu       sync.Mutex
	open     bool
	waiting  []int             // pids to follow once registered
	followed map[int]*followed // by pid
	ended    []*followed       // reported or about to be; their descriptors are closed at the latch
	exits    []Exit
}

type followed struct {
	in    *processIntake
	pid   int
	name  string
	fd    int
	watch *reactor.Watch
	late  *reactor.Alarm

	done     bool // reported, or not followed any more
	released bool // its descriptor is to be closed, or is
	stale    bool // it was closed by somebody
}

// Handle implements reactor.Handled: the first pid.
func (in *processIntake) Handle() int { return in.first }

// Mask implements reactor.Handled: exits are all there is.
func (in *processIntake) Mask() uint64 { return 0 }

// Register implements reactor.Intake.
func (in *processIntake) Register() error {
	in.mu.Lock()
	in.open = true
	pids := in.waiting
	in.waiting = nil
	in.mu.Unlock()
	for _, pid := range pids {
		if err := in.follow(pid); err != nil {
			in.Unregister()
			return err
		}
	}
	return nil
}

func (in *processIntake) follow(pid int) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.open {
		in.waiting = append(in.waiting, pid)
		return nil
	}
	if f := in.followed[pid]; f != nil && !f.done {
		return nil
	}
	r := in.source.Reactor()
	fd, err := r.Kernel().PidfdOpen(pid)
	if errors.Is(err, unix.ESRCH) {
		in.exits = append(in.exits, Exit{PID: pid})
		in.source.Wake()
		return nil
	}
	if err != nil {
		return fmt.Errorf("process %d: open pidfd: %w", pid, descriptors(err))
	}
	f := &followed{in: in, pid: pid, fd: fd, name: CommandName(pid)}
	f.late = r.NewAlarm(reactor.Monotonic, func(reactor.Instant) { f.report(f.status()) })
	in.followed[pid] = f
	// The watch is told under its descriptor's lock and takes mu then: it must not
	// be made with mu held.
	in.mu.Unlock()
	watch, err := r.Watch(fd, reactor.In, reactor.Edge, f.told)
	in.mu.Lock()
	if err != nil {
		delete(in.followed, pid)
		_ = r.Kernel().Close(fd)
		return fmt.Errorf("process %d: %w", pid, err)
	}
	f.watch = watch
	if f.released { // it ended, or the source did, while the watch was made
		in.mu.Unlock()
		f.close()
		in.mu.Lock()
	}
	return nil
}

func (in *processIntake) unfollow(pid int) {
	in.mu.Lock()
	in.waiting = slices.DeleteFunc(in.waiting, func(waiting int) bool { return waiting == pid })
	f := in.followed[pid]
	if f == nil || f.done {
		in.mu.Unlock()
		return
	}
	f.done = true // and so nothing reports it
	delete(in.followed, pid)
	in.mu.Unlock()
	in.release([]*followed{f})
}

// told runs on the loop when the process is a zombie, and again when it was reaped.
func (f *followed) told(ready reactor.Readiness) {
	if ready&reactor.Stale != 0 {
		f.lose()
		return
	}
	if status := f.status(); status != nil {
		f.report(status)
		return
	}
	r := f.in.source.Reactor()
	at := r.Now(reactor.Monotonic).Add(unreaped)
	if err := f.late.Set(at, at); err != nil {
		f.report(nil)
	}
}

// lose has a process no longer followed whose pidfd somebody closed: the number is
// not ours to ask or to close (clause R8), and of an end nothing is known.
func (f *followed) lose() {
	in := f.in
	in.mu.Lock()
	lost := !f.done
	f.done, f.stale = true, true
	if lost && in.followed[f.pid] == f {
		delete(in.followed, f.pid)
	}
	in.mu.Unlock()
	if lost {
		f.late.Stop()
		in.source.Reactor().Tracer().Failed(in.source.Label(), fmt.Errorf("process %d is no longer followed: %w", f.pid, reactor.ErrStale))
	}
}

func (f *followed) status() *ExitStatus {
	return exitStatus(f.in.source.Reactor().Kernel(), f.fd, f.pid)
}

// report runs on the loop.
func (f *followed) report(status *ExitStatus) {
	in := f.in
	in.mu.Lock()
	first := !f.done
	if first {
		f.done = true
		f.late.Stop()
		in.exits = append(in.exits, Exit{PID: f.pid, Name: f.name, Status: status})
		in.ended = append(in.ended, f)
	}
	in.mu.Unlock()
	if first {
		in.source.Wake()
	}
}

// Latch implements coalesce.Latcher. It closes what has ended.
func (in *processIntake) Latch() ([]Exit, bool) {
	in.mu.Lock()
	exits, ended := in.exits, in.ended
	in.exits, in.ended = nil, nil
	for _, f := range ended {
		if in.followed[f.pid] == f {
			delete(in.followed, f.pid)
		}
	}
	in.mu.Unlock()
	in.release(ended)
	return exits, len(exits) > 0
}

// Rearm implements reactor.Intake.
func (*processIntake) Rearm() {}

// Unregister implements reactor.Intake.
func (in *processIntake) Unregister() {
	in.mu.Lock()
	in.open = false
	all := in.ended
	for _, f := range in.followed {
		if !f.done {
			all = append(all, f)
		}
	}
	in.followed, in.ended = map[int]*followed{}, nil
	in.mu.Unlock()
	in.release(all)
}

// release closes what is not needed any more. One whose watch is being made
// is closed by who makes it.
func (in *processIntake) release(fs []*followed) {
	for _, f := range fs {
		in.mu.Lock()
		f.released = true
		made := f.watch != nil
		in.mu.Unlock()
		if made {
			f.close()
		}
	}
}

func (f *followed) close() {
	f.watch.Close()
	f.late.Stop()
	f.in.mu.Lock()
	stale := f.stale
	f.in.mu.Unlock()
	if !stale {
		_ = f.in.source.Reactor().Kernel().Close(f.fd)
	}
}

// exitStatus asks all who may know how a process ended, without reaping it
// (clause PR1); nil when nobody tells.
func exitStatus(k kernel.Processes, pidfd, pid int) *ExitStatus {
	if code, status, err := k.WaitNoReap(pidfd); err == nil {
		return fromChild(code, status)
	}
	if info, err := k.PidfdInfo(pidfd, unix.PIDFD_INFO_EXIT); err == nil && info.Mask&unix.PIDFD_INFO_EXIT != 0 {
		return fromWait(syscall.WaitStatus(info.Exit_code))
	}
	return fromProc(pid)
}

// The codes of siginfo_t for SIGCHLD, of signal.h.
const (
	cldExited = 1
	cldKilled = 2
	cldDumped = 3
)

func fromChild(code, status int) *ExitStatus {
	if code == cldExited {
		return &ExitStatus{Code: status}
	}
	return &ExitStatus{Signal: syscall.Signal(status), Core: code == cldDumped}
}

func fromWait(w syscall.WaitStatus) *ExitStatus {
	if w.Exited() {
		return &ExitStatus{Code: w.ExitStatus()}
	}
	return &ExitStatus{Signal: w.Signal(), Core: w.CoreDump()}
}

// fromProc reads field 52 of /proc/PID/stat of a zombie. The kernel shows 0
// there to those who may not trace the process; whether we may is asked first,
// by a link that only such a reader can follow.
func fromProc(pid int) *ExitStatus {
	dir := "/proc/" + strconv.Itoa(pid)
	if _, err := os.Readlink(dir + "/exe"); errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		return nil
	}
	text, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return nil
	}
	status, ok := parseStat(string(text))
	if !ok {
		return nil
	}
	return fromWait(status)
}

// parseStat finds the wait status in the text of /proc/PID/stat; it reports
// false unless the process is a zombie. The name in parentheses may hold
// anything, parentheses and newlines too.
func parseStat(text string) (syscall.WaitStatus, bool) {
	i := strings.LastIndexByte(text, ')')
	if i < 0 {
		return 0, false
	}
	fields := strings.Fields(text[i+1:]) // from field 3, the state, on
	const state, exitCode = 3 - 3, 52 - 3
	if len(fields) <= exitCode || fields[state] != "Z" {
		return 0, false
	}
	code, err := strconv.ParseUint(fields[exitCode], 10, 32)
	return syscall.WaitStatus(code), err == nil
}

// CommandName is the name of a process as ps shows it; empty when there is none of
// that number.
func CommandName(pid int) string {
	name, _ := readName(pid)
	return name
}

func readName(pid int) (string, error) {
	text, err := readProc(pid, "/comm")
	return strings.TrimSuffix(string(text), "\n"), err
}

// readProc reads a short file of a process, in as few steps as can be: it may be about
// to end.
func readProc(pid int, name string) ([]byte, error) {
	path := "/proc/" + strconv.Itoa(pid) + name
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	var buf [1 << 10]byte
	n, err := unix.Read(fd, buf[:])
	_ = unix.Close(fd)
	if err != nil {
		return nil, &os.PathError{Op: "read", Path: path, Err: err}
	}
	return bytes.Clone(buf[:n]), nil
}
