package sources_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// follow returns an active process source and its exits.
func follow(t *testing.T, r *reactor.Reactor, pids ...int) (*sources.Process, chan sources.Exit) {
	t.Helper()
	s, err := sources.NewProcess("process", r.NewQueue("q"), pids...)
	must(t, err)
	exits := make(chan sources.Exit, 64)
	s.OnEvent(func(es []sources.Exit) {
		for _, e := range es {
			exits <- e
		}
	})
	must(t, s.Activate())
	return s, exits
}

func TestPR1_ExitOfAChild(t *testing.T) {
	r := start(t)
	for _, tc := range []struct {
		name, script string
		want         sources.ExitStatus
	}{
		{"code", "read x; exit 7", sources.ExitStatus{Code: 7}},
		{"zero", "read x; exit 0", sources.ExitStatus{}},
		{"signal", "read x; kill -TERM $$", sources.ExitStatus{Signal: syscall.SIGTERM}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cmd := exec.Command("sh", "-c", tc.script)
			in, err := cmd.StdinPipe()
			must(t, err)
			must(t, cmd.Start())
			s, exits := follow(t, r, cmd.Process.Pid)
			_ = in.Close()
			e := receive(t, exits, "exit")
			if e.PID != cmd.Process.Pid || e.Name != "sh" || e.Status == nil || *e.Status != tc.want {
				t.Fatalf("exit %+v %+v, want %+v", e, e.Status, tc.want)
			}
			_ = cmd.Wait() // P3: still waitable
			if cmd.ProcessState == nil {
				t.Fatal("the source reaped the child")
			}
			end(t, s)
			if len(exits) != 0 {
				t.Fatal("told twice")
			}
		})
	}
}

// foreign starts a process that is no child of ours: a shell starts it and
// exits. It ends with code when told to.
func foreign(t *testing.T, code int) (pid int, finish func()) {
	t.Helper()
	dir := t.TempDir()
	fifo := dir + "/go"
	must(t, unix.Mkfifo(fifo, 0o600))
	out, err := exec.Command("sh", "-c", fmt.Sprintf(`(read x <%s; exit %d) >/dev/null 2>&1 & echo $!`, fifo, code)).Output()
	must(t, err)
	pid, err = strconv.Atoi(strings.TrimSpace(string(out)))
	must(t, err)
	return pid, func() { must(t, os.WriteFile(fifo, []byte("\n"), 0)) }
}

func TestPR1_ExitOfAForeignProcess(t *testing.T) {
	r := start(t)
	pid, finish := foreign(t, 5)
	s, exits := follow(t, r, pid)
	finish()
	e := receive(t, exits, "exit")
	if e.PID != pid || e.Status == nil || e.Status.Code != 5 {
		t.Fatalf("exit %+v %+v, want code 5", e, e.Status)
	}
	end(t, s)
}

// Ensure that without any way to know the status the exit is still told.
func TestPR1_ExitWithoutStatus(t *testing.T) {
	f := kernel.NewFaulty(kernel.Real{})
	r := start(t, reactor.WithKernel(f))
	f.Fail(kernel.PidfdInfo, unix.ENOTTY, unix.ENOTTY, unix.ENOTTY)
	pid, finish := foreign(t, 5)
	s, exits := follow(t, r, pid)
	finish()
	receive(t, exits, "exit")
	end(t, s)
}

func TestP1_FiveObserversOnceEach(t *testing.T) {
	r := start(t)
	pid, finish := foreign(t, 0)
	var sources_ []*sources.Process
	var all []chan sources.Exit
	for range 5 {
		s, exits := follow(t, r, pid)
		sources_, all = append(sources_, s), append(all, exits)
	}
	finish()
	for i, exits := range all {
		receive(t, exits, "exit")
		end(t, sources_[i])
		if len(exits) != 0 {
			t.Fatal("told twice")
		}
	}
}

func TestP2_ProcessThatIsGone(t *testing.T) {
	r := start(t)
	cmd := exec.Command("true")
	must(t, cmd.Run())
	s, exits := follow(t, r, cmd.Process.Pid)
	if e := receive(t, exits, "exit"); e.PID != cmd.Process.Pid || e.Status != nil {
		t.Fatalf("%+v", e)
	}
	end(t, s)
}

func TestProcessCancelledWhileAlive(t *testing.T) {
	r := start(t)
	pid, finish := foreign(t, 0)
	s, exits := follow(t, r, pid)
	must(t, s.Follow(os.Getpid()))
	if n := s.Following(); n != 2 {
		t.Fatalf("follows %d", n)
	}
	end(t, s)
	finish()
	if len(exits) != 0 {
		t.Fatal("told after cancel")
	}
}

func TestFindProcesses(t *testing.T) {
	dir := t.TempDir()
	name := "r-" + strconv.Itoa(os.Getpid()%100000)
	path := dir + "/" + name
	sleep, err := exec.LookPath("sleep")
	must(t, err)
	must(t, os.Symlink(sleep, path))
	cmd := exec.Command(path, "60")
	must(t, cmd.Start())
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	var found []int
	for deadline := time.Now().Add(patience); len(found) == 0 && time.Now().Before(deadline); {
		found, err = sources.FindProcesses(sources.NameMatcher(name)) // the name changes at exec, a moment after Start
		must(t, err)
	}
	if len(found) != 1 || found[0] != cmd.Process.Pid {
		t.Fatalf("found %v, want %d", found, cmd.Process.Pid)
	}
}

// Ensure that with one descriptor left, enough to list processes and too few to look
// at one, it is not said that there are none.
func TestFindProcessesOutOfDescriptors(t *testing.T) {
	start(t)
	var former unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &former))
	tight := former
	tight.Cur = 100
	must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &tight))
	defer func() { must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &former)) }()
	var taken []int
	defer func() {
		for _, fd := range taken {
			_ = unix.Close(fd)
		}
	}()
	for {
		fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if errors.Is(err, unix.EMFILE) {
			break
		}
		must(t, err)
		taken = append(taken, fd)
	}
	for left := range 2 {
		found, err := sources.FindProcesses(sources.NameMatcher("init"))
		if !errors.Is(err, unix.EMFILE) || !strings.Contains(err.Error(), "list processes") {
			t.Errorf("with %d descriptors left: %v, %v", left, found, err)
		}
		_ = unix.Close(taken[0])
		taken = taken[1:]
	}
}

func TestReadPidfile(t *testing.T) {
	path := t.TempDir() + "/pid"
	for text, want := range map[string]int{"42": 42, " 7\n": 7, "0": 0, "-1": 0, "+1": 0, "": 0, "x": 0, "99999999999": 0, strings.Repeat("1", 100): 0} {
		must(t, os.WriteFile(path, []byte(text), 0o600))
		if pid, err := sources.ReadPidfile(path); pid != want || (err == nil) != (want != 0) {
			t.Errorf("%q: pid %d, %v", text, pid, err)
		}
	}
	must(t, os.Remove(path))
	must(t, unix.Mkfifo(path, 0o600))
	if _, err := sources.ReadPidfile(path); err == nil {
		t.Error("a FIFO was read")
	}
	must(t, os.Remove(path))
	must(t, os.Symlink("/dev/zero", path))
	if _, err := sources.ReadPidfile(path); err == nil {
		t.Error("/dev/zero was read")
	}
}
