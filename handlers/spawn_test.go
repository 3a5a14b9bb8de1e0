package handlers_test

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
)

func TestDV7_FailuresToStart(t *testing.T) {
	r := newReactor(t)
	tests := []struct {
		err    error
		result handlers.Result
		want   string
	}{
		{unix.EAGAIN, handlers.Transient, "TasksMax"},
		{unix.EMFILE, handlers.Transient, "LimitNOFILE"},
		{unix.ENFILE, handlers.Transient, "fs.file-max"},
		{unix.ENOMEM, handlers.Transient, "cannot allocate memory"},
		{unix.ETXTBSY, handlers.Transient, "text file busy"},
		{unix.E2BIG, handlers.Permanent, "stdin: paths"},
		{unix.EACCES, handlers.Permanent, "permission denied"},
		{unix.ENOENT, handlers.Permanent, "interpreter"},
		{unix.EINVAL, handlers.Permanent, "invalid argument"},
	}
	for _, tt := range tests {
		t.Run(tt.err.Error(), func(t *testing.T) {
			x := handlers.WithFork(&handlers.Exec{Reactor: r, Command: command(t, "true")},
				func(string, []string, *syscall.ProcAttr) (int, error) { return 0, tt.err })
			o := outcomeOf(t, x, filesEvent())
			if o.Result != tt.result || !errors.Is(o.Err, tt.err) || !strings.Contains(o.Err.Error(), tt.want) {
				t.Errorf("%s: %v", o.Result, o.Err)
			}
		})
	}
}

// A process that can't be watched is ended at once, and the run tried again.
func TestDV7_FailuresToWatch(t *testing.T) {
	for name, outputs := range map[string]string{"the process": handlers.OutputDiscard, "its output": handlers.OutputLog} {
		t.Run(name, func(t *testing.T) {
			faulty := kernel.NewFaulty(kernel.Real{})
			r := newReactor(t, reactor.WithKernel(faulty))
			faulty.Fail(kernel.EpollCtl, unix.ENOSPC)
			x := &handlers.Exec{Reactor: r, Command: command(t, "sleep", "1000"), Output: outputs}
			o := outcomeOf(t, x, filesEvent())
			if o.Result != handlers.Transient || !errors.Is(o.Err, unix.ENOSPC) {
				t.Errorf("outcome %+v", o)
			}
		})
	}
}

// When the rest of a group can't be watched it is looked at again and again,
// also when not even a timer can be had.
func TestXC1_FailuresToWatchTheRest(t *testing.T) {
	emfile := []error{unix.EMFILE, unix.EMFILE}
	tests := []struct {
		name string
		fail func(*kernel.Faulty)
	}{
		{"no descriptor for a member", func(f *kernel.Faulty) { f.Fail(kernel.PidfdOpen, emfile...) }},
		{"no room to watch a member", func(f *kernel.Faulty) { f.Fail(kernel.EpollCtl, unix.ENOSPC) }},
		{"no descriptor for a timer", func(f *kernel.Faulty) { f.Fail(kernel.TimerfdCreate, emfile...) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			faulty := kernel.NewFaulty(kernel.Real{})
			book := &logbook{}
			path, release := fifo(t)
			x := &handlers.Exec{Reactor: newReactor(t, reactor.WithKernel(faulty)), KillAfter: 250 * time.Millisecond,
				Shell: `sh -c 'trap "" TERM; echo ready $$; exec sleep 1000' & read go <` + path}
			done := begin(t.Context(), x, filesEvent(), book)
			pid := book.whenPrinted(t, "ready ")
			tt.fail(faulty)
			release()
			if o := ends(t, done); o.Result != handlers.Done {
				t.Errorf("outcome %+v", o)
			}
			if alive(t, pid) {
				t.Error("it is left")
			}
		})
	}
}

// However few descriptors are left, a run does all or is tried again, and none
// are lost.
func TestDV7_DescriptorsRunOut(t *testing.T) {
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	setLimit := func(limit uint64) {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: limit, Max: before.Max}); err != nil {
			t.Fatal(err)
		}
	}
	defer setLimit(before.Cur)
	x := &handlers.Exec{Reactor: newReactor(t), Shell: `cat >/dev/null; echo a`}
	run := func() handlers.Outcome { return outcomeOf(t, x, filesEvent("/a")) }
	if o := run(); o.Result != handlers.Done { // the loop is made
		t.Fatalf("outcome %+v", o)
	}
	failures := 0
	for limit := uint64(3); ; limit++ {
		setLimit(limit)
		o := run()
		setLimit(before.Cur)
		if o.Result == handlers.Done {
			break
		}
		failures++
		if o.Result != handlers.Transient || !errors.Is(o.Err, unix.EMFILE) || !strings.Contains(o.Err.Error(), "LimitNOFILE") {
			t.Fatalf("with %d descriptors: %+v", limit, o)
		}
	}
	if failures < 8 {
		t.Errorf("only %d failures", failures)
	}
}

// A daemon that reaps whatever child it finds takes the status away.
func TestDV7_StatusTakenBySomebodyElse(t *testing.T) {
	x := handlers.WithFork(&handlers.Exec{Reactor: newReactor(t), Command: command(t, "true")},
		func(path string, argv []string, attr *syscall.ProcAttr) (int, error) {
			pid, err := syscall.ForkExec(path, argv, attr)
			if err == nil {
				_, err = syscall.Wait4(pid, nil, 0, nil)
			}
			return pid, err
		})
	if o := outcomeOf(t, x, filesEvent()); o.Result != handlers.Transient || !errors.Is(o.Err, unix.ECHILD) {
		t.Errorf("outcome %+v", o)
	}
}

// ignored is the line of /proc/self/status with the signals we ignore.
func ignored(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "SigIgn:") {
			return line
		}
	}
	t.Fatal("no SigIgn in /proc/self/status")
	return ""
}

// Commands start with every signal at its default and none blocked, whatever
// the daemon does with its own.
func TestXC1_SignalsOfCommands(t *testing.T) {
	var blocked unix.Sigset_t
	blocked.Val[0] = 1<<(unix.SIGUSR1-1) | 1<<(unix.SIGTERM-1)
	r := newReactor(t)
	status := func() string {
		return output(t, &handlers.Exec{Reactor: r, Launcher: true, Command: command(t, "grep", "-E", "^Sig(Blk|Ign):", "/proc/self/status")}, filesEvent())
	}
	// What whoever started us had ignored stays so: no handler of ours is there.
	want := "SigBlk:\t0000000000000000\n" + ignored(t)
	if got := status(); got != want {
		t.Errorf("got %q", got)
	}
	onBlockedThread(t, &blocked, func() {
		if got := status(); got != want {
			t.Errorf("with signals blocked: got %q", got)
		}
		for program, want := range map[string]error{"/no/such": unix.ENOENT, "/etc/passwd": unix.EACCES} {
			x := &handlers.Exec{Reactor: r, Launcher: true, Command: command(t, program)}
			if o := outcomeOf(t, x, filesEvent()); o.Result != handlers.Permanent || !errors.Is(o.Err, want) {
				t.Errorf("%s: outcome %+v", program, o)
			}
		}
	})
}
