package box

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// DefaultTimeout is how long a boot may take when the options do not say.
const DefaultTimeout = 30 * time.Second

// Options says how a box differs from the usual one. The zero value is valid.
type Options struct {
	// Binds are files and directories of the host to show in the box.
	Binds []Bind
	// Timeout is the deadline of the boot; 0 means DefaultTimeout.
	Timeout time.Duration
}

// A Bind shows a file or directory of the host in the box. What is mounted below
// it comes along. Missing parents of Box are made.
type Bind struct {
	Host     string // path on the host
	Box      string // absolute path in the box
	Writable bool   // may the box change it
}

// A Box is a booted systemd and the machine around it. It ends with the test that
// booted it.
type Box struct {
	t       testing.TB
	name    string
	cg      *cgroup
	run     *os.File // cgroup of the commands, beside the tree that systemd manages
	console *console
	pid     int           // PID 1 as the host numbers it
	kill    func()        // kills PID 1
	dead    chan struct{} // closed when PID 1 has been waited for
	close   func()        // ends the box and removes what is left; once
}

// Boot boots a box, waits until the boot has finished, and ends the box with the
// test. It calls [Require] first. On failure and past the deadline it fails the
// test with the console's output.
func Boot(t testing.TB, opts Options) *Box {
	t.Helper()
	Require(t)
	if opts.Timeout == 0 {
		opts.Timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(context.Background(), opts.Timeout)
	defer cancel()

	b, err := start(plan{Binds: opts.Binds})
	if err != nil {
		t.Fatalf("boot a box: %v", err)
	}
	b.t = t
	t.Cleanup(b.end)
	if err := b.waitBooted(ctx); err != nil {
		jobs := ""
		if b.alive() {
			jobs, _, _ = b.output("systemctl", "list-jobs")
		}
		t.Fatalf("boot a box: %v\nconsole:\n%s\njobs:\n%s", err, b.console.text(), jobs)
	}
	return b
}

// start makes the cgroup and the console, starts stage 2 and returns when systemd
// has taken over or, for a probe, when stage 2 has succeeded.
func start(p plan) (_ *Box, err error) {
	parent, err := cgroupParent()
	if err != nil {
		return nil, err
	}
	if err := sweep(parent); err != nil {
		return nil, fmt.Errorf("remove what an earlier test left: %w", err)
	}
	b := &Box{kill: func() {}, dead: make(chan struct{})}
	b.close = sync.OnceFunc(func() {
		b.kill()
		if b.run != nil {
			b.run.Close()
		}
		if b.console != nil {
			b.console.close()
		}
		if err := b.cg.remove(); err != nil && b.t != nil {
			b.t.Error(err)
		}
	})
	if b.cg, err = newCgroup(parent); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil || p.Probe {
			b.close()
		}
	}()
	b.name = filepath.Base(b.cg.dir)
	p.Name = b.name
	if b.run, err = b.cg.open("run"); err != nil {
		return nil, err
	}
	if b.console, err = openConsole(); err != nil {
		return nil, err
	}
	return b, b.stage2(p)
}

// stage2 runs this program again as PID 1 of new namespaces and reads its report.
func (b *Box) stage2(p plan) error {
	arg, err := json.Marshal(p)
	if err != nil {
		return err
	}
	// PID 1 starts here, the root of the new cgroup namespace.
	payload, err := b.cg.open("payload")
	if err != nil {
		return err
	}
	defer payload.Close()
	report, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer report.Close()
	tty := b.console.slave
	cmd := &exec.Cmd{
		Path: "/proc/self/exe", Args: []string{stage2Name, string(arg)},
		Env:   []string{"GORACE=atexit_sleep_ms=0"}, // or a probe takes a second under -race
		Stdin: tty, Stdout: tty, Stderr: tty, ExtraFiles: []*os.File{w},
		SysProcAttr: &unix.SysProcAttr{
			Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWNET,
			// Unshared rather than cloned: only then is the process in its
			// cgroup when the namespaces are made.
			Unshareflags: unix.CLONE_NEWCGROUP | unix.CLONE_NEWNS,
			UseCgroupFD:  true,
			CgroupFD:     int(payload.Fd()),
			Setsid:       true,
			Pdeathsig:    unix.SIGKILL,
		},
	}
	started := make(chan error)
	go func() {
		// The parent whose death kills the box is a thread, not a process: it
		// has to stay until the box is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
		close(b.dead)
	}()
	err = <-started
	w.Close()
	if err != nil {
		return fmt.Errorf("start a process in new namespaces: %w", err)
	}
	b.pid = cmd.Process.Pid
	b.kill = func() {
		_ = cmd.Process.Kill()
		<-b.dead
	}
	text, err := io.ReadAll(report)
	if len(text) > 0 {
		err = errors.New(string(text))
	}
	return err
}

// waitBooted waits until systemd has done its boot transaction.
func (b *Box) waitBooted(ctx context.Context) error {
	for said := ""; ; {
		// PID 1 answers here as soon as it is up, and --wait does the rest.
		if _, err := os.Stat(b.hostPath("/run/systemd/private")); err == nil {
			out, _ := b.Command(ctx, "systemctl", "is-system-running", "--wait").CombinedOutput()
			switch said = strings.TrimSpace(string(out)); said {
			case "running":
				return nil
			case "degraded":
				failed, _, _ := b.output("systemctl", "--failed", "--no-legend", "--plain")
				b.t.Logf("box %s has failed units:\n%s", b.name, failed)
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not finished (%q): %w", said, ctx.Err())
		case <-b.dead:
			return errors.New("PID 1 died")
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// alive reports whether PID 1 runs.
func (b *Box) alive() bool {
	select {
	case <-b.dead:
		return false
	default:
		return true
	}
}

// end is the test's cleanup.
func (b *Box) end() {
	if b.t.Failed() && b.alive() {
		journal, _, _ := b.output("journalctl", "--no-pager", "--output=short-monotonic", "--lines=100")
		b.t.Logf("console of %s:\n%s\nend of its journal:\n%s", b.name, b.console.text(), journal)
	}
	b.close()
}
