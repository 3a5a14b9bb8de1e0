package box

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// boxPath is PATH in the box, for PID 1 and for commands.
const boxPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// commandTimeout bounds Run: no command of a test takes that long unless it hangs.
const commandTimeout = 2 * time.Minute

// Command returns a command that runs in the box as root, in / and with a clean
// environment, for callers that stream its output or stop it. It belongs to no unit
// of the box. It is killed when ctx is done and when the box ends; the caller waits
// for it. A program that does not exist ends with status 127.
func (b *Box) Command(ctx context.Context, args ...string) *exec.Cmd {
	nsenter := []string{"--target", strconv.Itoa(b.pid),
		"--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd",
		// nsenter forks to enter the PID namespace; its end has to be the child's.
		"--", "setpriv", "--pdeathsig", "KILL", "--"}
	cmd := exec.CommandContext(ctx, "nsenter", append(nsenter, args...)...)
	cmd.Env = []string{"PATH=" + boxPath, "HOME=/root", "USER=root", "SHELL=/bin/sh",
		"LANG=C.UTF-8", "TERM=dumb", "SYSTEMD_PAGER="}
	cmd.Cancel = func() error { return killChild(cmd.Process) }
	cmd.WaitDelay = 5 * time.Second // a child of the command may hold its output open
	cmd.SysProcAttr = &unix.SysProcAttr{UseCgroupFD: true, CgroupFD: int(b.run.Fd())}
	return cmd
}

// killChild kills the program that nsenter waits for, and nsenter only where there is
// none yet: a program whose nsenter went first is left to the host's PID 1 to reap, and
// the box cannot end before that.
func killChild(nsenter *os.Process) error {
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%[1]d/task/%[1]d/children", nsenter.Pid))
	if child, err := strconv.Atoi(strings.TrimSpace(string(children))); err == nil {
		return unix.Kill(child, unix.SIGKILL)
	}
	return nsenter.Kill()
}

// Run runs a command in the box as [Box.Command] does and returns what it wrote and
// its exit status, or -1 if a signal ended it. A command that cannot be started, or
// runs for two minutes, fails the test.
func (b *Box) Run(args ...string) (stdout, stderr string, code int) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	var out, errOut bytes.Buffer
	cmd := b.Command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	exited := (*exec.ExitError)(nil)
	switch {
	case !b.alive():
		b.t.Fatalf("run %q: the box is down\nconsole:\n%s", args, b.console.text())
	case ctx.Err() != nil:
		b.t.Fatalf("run %q: not finished after %v\n%s%s", args, commandTimeout, &out, &errOut)
	case err != nil && !errors.As(err, &exited):
		b.t.Fatalf("run %q: %v", args, err)
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}

// output is Run for places where the test has already failed.
func (b *Box) output(args ...string) (stdout, stderr string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var out, errOut bytes.Buffer
	cmd := b.Command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err = cmd.Run()
	return out.String(), errOut.String(), err
}

// Eventually calls cond until it returns true, at most for the time given, and
// fails the test otherwise. It is for states of foreign processes that nothing
// announces; where there is an announcement (a command that waits, a journal that
// is followed), wait for that.
func (b *Box) Eventually(within time.Duration, what string, cond func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(within); !cond(); {
		if time.Now().After(deadline) {
			b.t.Fatalf("not within %v: %s", within, what)
		}
		select {
		case <-b.dead:
			b.t.Fatalf("the box died, waiting for: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
