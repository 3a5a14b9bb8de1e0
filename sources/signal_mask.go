package sources

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// lastSignal is the highest number of a signal.
const lastSignal = 64

// checkSignals refuses what can't be observed.
func checkSignals(signals []syscall.Signal) error {
	if len(signals) == 0 {
		return errors.New("no signal given")
	}
	for _, s := range signals {
		switch {
		case s <= 0 || s > lastSignal:
			return fmt.Errorf("signal %d: no such signal", s)
		case s == syscall.SIGKILL || s == syscall.SIGSTOP:
			return fmt.Errorf("signal %v can't be observed", s)
		case 32 <= s && s <= 34:
			return fmt.Errorf("signal %d can't be observed: the Go runtime keeps it for itself", s)
		}
	}
	return nil
}

// checkExact refuses what can't be counted exactly: the runtime blocks no signal
// that ends a program or tells of a fault in it (runtime.blockableSig).
func checkExact(signals []syscall.Signal) error {
	if err := checkSignals(signals); err != nil {
		return err
	}
	for _, s := range signals {
		switch s {
		case unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGILL, unix.SIGTRAP, unix.SIGABRT, unix.SIGBUS, unix.SIGFPE,
			unix.SIGSEGV, unix.SIGTERM, unix.SIGSTKFLT, unix.SIGCHLD, unix.SIGPROF, unix.SIGSYS:
			return fmt.Errorf("signal %d (%v) can't be counted exactly: the Go runtime lets nobody block it", s, s)
		}
	}
	return nil
}

// signalSet is the kernel's form of a set of signals.
func signalSet(signals []syscall.Signal) (set unix.Sigset_t) {
	for _, s := range signals {
		set.Val[0] |= 1 << (uint(s) - 1)
	}
	return set
}

// BlockSignals has the signals blocked in every thread of the process, for
// NewExactSignal. A program calls it at the beginning of main: the Go runtime
// gives each thread the mask the process was started with, so unless they are
// blocked already the program is executed anew, as the same process, with the
// same arguments and environment, and BlockSignals returns there.
//
// Programs that the process starts inherit the mask, but for those a handler of
// package handlers starts that has a Launcher.
func BlockSignals(signals ...syscall.Signal) error {
	if err := checkExact(signals); err != nil {
		return err
	}
	blocked := checkBlocked(signals)
	anew := os.Getenv(executedAnew) == strconv.Itoa(os.Getpid())
	if err := os.Unsetenv(executedAnew); err != nil {
		return err
	}
	if blocked == nil || anew { // a second time would not help, and go on for ever
		return blocked
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("block signals: %w", err)
	}
	runtime.LockOSThread() // and never unlock: its mask isn't the runtime's
	set := signalSet(signals)
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &set, nil); err != nil {
		return fmt.Errorf("block signals: %w", err)
	}
	environ := append(os.Environ(), executedAnew+"="+strconv.Itoa(os.Getpid()))
	return fmt.Errorf("execute %s anew with signals blocked: %w", self, unix.Exec(self, os.Args, environ))
}

// executedAnew, in the environment, is the process that was executed anew.
const executedAnew = "REACTORD_SIGNALS_BLOCKED"

// checkBlocked reports the first thread that doesn't block one of the signals.
func checkBlocked(signals []syscall.Signal) error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return fmt.Errorf("are the signals blocked?: %w", err)
	}
	for _, thread := range threads {
		err := checkMask("/proc/self/task/"+thread.Name()+"/status", signals)
		if err != nil && !errors.Is(err, os.ErrNotExist) { // it has ended meanwhile
			return err
		}
	}
	return nil
}

// errNotBlocked says what to do.
var errNotBlocked = errors.New("not blocked in every thread: call BlockSignals at the beginning of main, and don't observe it through os/signal too")

func checkMask(status string, signals []syscall.Signal) error {
	file, err := os.Open(status)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		text, ok := strings.CutPrefix(lines.Text(), "SigBlk:")
		if !ok {
			continue
		}
		mask, err := strconv.ParseUint(strings.TrimSpace(text), 16, 64)
		if err != nil {
			return fmt.Errorf("%s: %w", status, err)
		}
		for _, s := range signals {
			if mask&(1<<(uint(s)-1)) == 0 {
				return fmt.Errorf("signal %d (%v): %w", s, s, errNotBlocked)
			}
		}
		return nil
	}
	return errors.Join(fmt.Errorf("%s has no SigBlk", status), lines.Err())
}
