package box_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/reactord/reactord/test/box"
	"github.com/reactord/reactord/test/need"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Ensure that Boot returns a machine that has finished booting: PID 1 is systemd,
// journal and bus answer, nothing failed and no job is left.
func TestBoot(t *testing.T) {
	b := box.Boot(t, box.Options{})
	for _, tt := range []struct {
		name    string
		command []string
		want    string
	}{
		{"state", []string{"systemctl", "is-system-running"}, "running\n"},
		{"no failed units", []string{"systemctl", "--failed", "--no-legend"}, ""},
		{"no jobs", []string{"systemctl", "list-jobs", "--no-legend"}, ""},
		{"PID 1", []string{"cat", "/proc/1/comm"}, "systemd\n"},
		{"bus", []string{"systemd-run", "--quiet", "--wait", "--pipe", "echo", "from a unit"}, "from a unit\n"},
		{"dynamic user", []string{"systemd-run", "--quiet", "--wait", "--pipe", "--uid=daemon", "id", "-un"}, "daemon\n"},
		{"journal", []string{"sh", "-c", "echo noted | systemd-cat -t x; journalctl --sync; journalctl -t x -o cat"}, "noted\n"},
		{"network", []string{"ls", "/sys/class/net"}, "lo\n"},
		{"loopback is up", []string{"cat", "/sys/class/net/lo/carrier"}, "1\n"},
		{"sysctls of the host", []string{"sh", "-c", "test -w /proc/sys/fs/nr_open || echo read-only"}, "read-only\n"},
		{"homes of the host", []string{"find", "/home", "/root", "-type", "f"}, ""},
	} {
		stdout, stderr, code := b.Run(tt.command...)
		if stdout != tt.want || code != 0 {
			t.Errorf("%s: got %q, status %d, want %q\n%s", tt.name, stdout, code, tt.want, stderr)
		}
	}
}

func TestRun(t *testing.T) {
	b := box.Boot(t, box.Options{})
	for _, tt := range []struct {
		name           string
		command        []string
		stdout, stderr string
		code           int
	}{
		{"both outputs and the status", []string{"sh", "-c", "echo out; echo err >&2; exit 7"}, "out\n", "err\n", 7},
		{"arguments stay whole", []string{"printf", "%s|", "a b", "", "$x\n"}, "a b||$x\n|", "", 0},
		{"no such program", []string{"no-such-program"}, "", "setpriv: failed to execute no-such-program: No such file or directory\n", 127},
		{"killed by a signal", []string{"sh", "-c", "kill -KILL $$"}, "", "", -1},
		{"clean environment", []string{"sh", "-c", "echo $HOME $REACTORD_TEST"}, "/root\n", "", 0},
	} {
		t.Setenv("REACTORD_TEST", "of the host")
		stdout, stderr, code := b.Run(tt.command...)
		if stdout != tt.stdout || stderr != tt.stderr || code != tt.code {
			t.Errorf("%s: got %q, %q, %d, want %q, %q, %d", tt.name, stdout, stderr, code, tt.stdout, tt.stderr, tt.code)
		}
	}
}

// Ensure that the process in the box goes with its context, not only the nsenter
// that waits for it.
func TestCommand_Cancel(t *testing.T) {
	b := box.Boot(t, box.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	cmd := b.Command(ctx, "sh", "-c", "echo $$; exec sleep 1000")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid string
	if _, err := fmt.Fscan(out, &pid); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := cmd.Wait(); err == nil {
		t.Error("the command ended by itself")
	}
	if _, _, code := b.Run("test", "-e", "/proc/"+pid); code != 1 {
		t.Error("the program is still there")
	}
}

func TestCopyAndWrite(t *testing.T) {
	b := box.Boot(t, box.Options{})

	b.Write("/srv/new/dir/file", "text\x00\n", 0o640)
	stdout, _, _ := b.Run("stat", "-c", "%a %U %G %s", "/srv/new/dir/file")
	if want := "640 root root 6\n"; stdout != want {
		t.Errorf("written: got %q, want %q", stdout, want)
	}

	host := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(host, []byte("#!/bin/sh\necho first; read x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Copy(host, "/usr/bin/program", 0o755)
	if stdout, stderr, code := b.Run("program"); stdout != "first\n" || code != 1 {
		t.Errorf("copied program: got %q, %q, %d", stdout, stderr, code)
	}
	if _, err := os.Stat("/usr/bin/program"); err == nil {
		t.Error("the program is on the host")
	}

	// A program that runs can be replaced.
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	b.Copy(sleep, "/usr/bin/program", 0o755)
	if _, stderr, code := b.Run("systemd-run", "--service-type=exec", "program", "1000"); code != 0 {
		t.Fatal(stderr)
	}
	b.Write("/usr/bin/program", "#!/bin/sh\necho second\n", 0o755)
	if stdout, _, _ := b.Run("program"); stdout != "second\n" {
		t.Errorf("replaced program: got %q", stdout)
	}
}

// Ensure that a link in the box cannot lead a write to the host's file of that name.
func TestWrite_AbsoluteLink(t *testing.T) {
	box.Require(t)
	dir := t.TempDir()
	tb := &recorder{TB: t}
	tb.run(func() {
		b := box.Boot(tb, box.Options{})
		if _, stderr, code := b.Run("ln", "-s", dir, "/srv/link"); code != 0 {
			tb.Fatalf("%s", stderr)
		}
		b.Write("/srv/link/file", "x", 0o644)
	})
	tb.finish()
	if !strings.Contains(tb.fatal, "/srv/link/file") {
		t.Errorf("got %q, want a failure that names the path", tb.fatal)
	}
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("written to the host: %v", files)
	}
}

func TestBinds(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("of the host"), 0o644); err != nil {
		t.Fatal(err)
	}
	b := box.Boot(t, box.Options{Binds: []box.Bind{
		{Host: dir, Box: "/mnt/writable", Writable: true},
		{Host: dir, Box: "/mnt/read/only"},
		{Host: file, Box: "/etc/one-file"},
	}})
	if stdout, stderr, _ := b.Run("cat", "/mnt/read/only/file", "/etc/one-file"); stdout != "of the hostof the host" {
		t.Errorf("read: got %q, %q", stdout, stderr)
	}
	if _, stderr, code := b.Run("sh", "-c", "echo of the box >/mnt/writable/file"); code != 0 {
		t.Errorf("write: %s", stderr)
	}
	if data, _ := os.ReadFile(file); string(data) != "of the box\n" {
		t.Errorf("the host reads %q", data)
	}
	for _, path := range []string{"/mnt/read/only/file", "/etc/one-file"} {
		if _, stderr, code := b.Run("sh", "-c", "echo >"+path); code == 0 || !strings.Contains(stderr, "Read-only") {
			t.Errorf("write to %s: status %d, %q", path, code, stderr)
		}
	}
}

// Ensure that boxes booted at the same time share nothing.
func TestBoot_SideBySide(t *testing.T) {
	box.Require(t)
	const n = 3
	boxes := make([]*box.Box, n)
	var wg sync.WaitGroup
	for i := range boxes {
		tb := &recorder{TB: t}
		t.Cleanup(tb.finish)
		wg.Go(func() {
			tb.run(func() { boxes[i] = box.Boot(tb, box.Options{}) })
			if tb.fatal != "" {
				t.Error(tb.fatal)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	names := map[string]bool{}
	for i, b := range boxes {
		b.Write("/etc/systemd/system/same.service", fmt.Sprintf("[Service]\nExecStart=sleep 1000\nUser=root\nEnvironment=I=%d\n", i), 0o644)
		if _, stderr, code := b.Run("systemctl", "start", "same"); code != 0 {
			t.Fatal(stderr)
		}
	}
	for i, b := range boxes {
		if stdout, _, _ := b.Run("systemctl", "show", "-P", "Environment", "same"); stdout != fmt.Sprintf("I=%d\n", i) {
			t.Errorf("box %d: got %q", i, stdout)
		}
		if stdout, _, _ := b.Run("pidof", "sleep"); len(strings.Fields(stdout)) != 1 {
			t.Errorf("box %d: processes %q", i, stdout)
		}
		hostname, _, _ := b.Run("hostname")
		id, _, _ := b.Run("cat", "/etc/machine-id", "/proc/sys/kernel/random/boot_id")
		names[hostname], names[id] = true, true
	}
	if len(names) != 2*n {
		t.Errorf("identities are shared: %v", names)
	}
}

// Ensure that the end of the test takes everything with it: mounts, the cgroup,
// processes, descriptors; also what a unit and a command left running.
func TestBoot_LeavesNothing(t *testing.T) {
	box.Require(t)
	runtime.GC() // descriptors that earlier tests dropped
	before := snapshot(t)
	var name string
	t.Run("box", func(t *testing.T) {
		b := box.Boot(t, box.Options{})
		hostname, _, _ := b.Run("hostname")
		name = strings.TrimSpace(hostname)
		b.Run("systemd-run", "--service-type=exec", "sleep", "1000")
		b.Run("sh", "-c", "exec sleep 1000 >/dev/null 2>&1 &")
		b.Run("mount", "-t", "tmpfs", "tmpfs", "/mnt")
		if remains(t, name) == "" {
			t.Error("a box that runs cannot be seen: the check checks nothing")
		}
	})
	if after := snapshot(t); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	if left := remains(t, name); left != "" {
		t.Error("left behind: ", left)
	}
}

// snapshot lists the mounts and the descriptors of this process.
func snapshot(t *testing.T) string {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s%d descriptors", mounts, len(fds))
}

// remains looks for processes and cgroups of a box, which carry its name.
func remains(t *testing.T, name string) string {
	t.Helper()
	if !strings.HasPrefix(name, "reactord-box-") {
		t.Fatalf("%q is no box", name)
	}
	var found []string
	procs, _ := filepath.Glob("/proc/[0-9]*/cgroup")
	for _, path := range procs {
		// "(deleted)" is a zombie that its new parent has yet to wait for.
		if data, err := os.ReadFile(path); err == nil && strings.Contains(string(data), name) &&
			!strings.Contains(string(data), "(deleted)") {
			found = append(found, path)
		}
	}
	_ = filepath.WalkDir("/sys/fs/cgroup", func(path string, _ os.DirEntry, err error) error {
		if err == nil && filepath.Base(path) == name {
			found = append(found, path)
		}
		return nil
	})
	return strings.Join(found, "\n")
}

// Ensure that a box dies with a test that is killed, and that the next boot removes
// the cgroup that is left then.
func TestBoot_AfterAKilledTest(t *testing.T) {
	box.Require(t)
	out, err := self(t, "TestKillItself", "REACTORD_BOX_KILL=1").CombinedOutput()
	exited := (*exec.ExitError)(nil)
	if !errors.As(err, &exited) || exited.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the other test was not killed: %v\n%s", err, out)
	}
	_, name, _ := strings.Cut(string(out), "name=")
	name, _, _ = strings.Cut(name, "\n")

	b := box.Boot(t, box.Options{})
	if left := remains(t, name); left != "" {
		t.Error("left behind: ", left)
	}
	if _, _, code := b.Run("true"); code != 0 {
		t.Error("the sweep took the new box too")
	}
}

// TestKillItself is what TestBoot_AfterAKilledTest runs.
func TestKillItself(t *testing.T) {
	if os.Getenv("REACTORD_BOX_KILL") == "" {
		t.Skip("run by another test")
	}
	b := box.Boot(t, box.Options{})
	name, _, _ := b.Run("hostname")
	b.Run("systemd-run", "--service-type=exec", "sleep", "1000")
	fmt.Print("name=", name)
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// self is a command that runs one test of this binary in another process.
func self(t *testing.T, test string, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+test+"$", "-test.v")
	cmd.Env = append(os.Environ(), append(env, "GORACE=atexit_sleep_ms=0")...)
	return cmd
}

// Ensure that a failed boot says what the console said.
func TestBoot_Fails(t *testing.T) {
	box.Require(t)
	for _, tt := range []struct {
		name string
		opts box.Options
		want []string
	}{
		{"deadline", box.Options{Timeout: time.Nanosecond}, []string{"deadline exceeded", "console:"}},
		{"stage 2", box.Options{Binds: []box.Bind{{Host: "/no/such/file", Box: "/x"}}}, []string{"open /no/such/file: no such file"}},
	} {
		tb := &recorder{TB: t}
		tb.run(func() { box.Boot(tb, tt.opts) })
		tb.finish()
		for _, want := range tt.want {
			if !strings.Contains(tb.fatal, want) {
				t.Errorf("%s: got %q, want %q in it", tt.name, tb.fatal, want)
			}
		}
	}
}

// Ensure that a box that cannot be had skips the test with the reason, and fails it
// where a box is demanded.
func TestRequire(t *testing.T) {
	box.Require(t)
	for _, tt := range []struct{ name, required, want string }{
		{"skip", "", "--- SKIP: TestBoot"},
		{"fail", "1", "--- FAIL: TestBoot"},
	} {
		cmd := self(t, "TestBoot", need.Systemd+"="+tt.required)
		cmd.Args = append([]string{"setpriv", "--bounding-set=-sys_admin", "--", os.Args[0]}, cmd.Args[1:]...)
		cmd.Path, _ = exec.LookPath("setpriv")
		out, _ := cmd.CombinedOutput()
		for _, want := range []string{tt.want, "operation not permitted"} {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s: want %q in\n%s", tt.name, want, out)
			}
		}
	}
}

// Ensure that a box can be booted where systemd is PID 1 and cgroup2 is the only
// hierarchy: in a unit of another box.
func TestBoot_UnderSystemd(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b := box.Boot(t, box.Options{Binds: []box.Bind{{Host: program, Box: "/opt/box.test"}}})
	for _, how := range [][]string{
		{"env", "GORACE=atexit_sleep_ms=0", need.Systemd + "=1"},
		{"systemd-run", "--wait", "--pipe", "--setenv=GORACE=atexit_sleep_ms=0", "--setenv=" + need.Systemd + "=1"},
	} {
		stdout, stderr, code := b.Run(append(how, "/opt/box.test", "-test.run=^TestBoot$", "-test.v")...)
		if code != 0 || !strings.Contains(stdout, "--- PASS: TestBoot") {
			t.Errorf("%q: status %d\n%s%s", how, code, stdout, stderr)
		}
	}
}

// BenchmarkBoot measures a box's whole life: boot, one command, end.
func BenchmarkBoot(b *testing.B) {
	box.Require(b)
	for b.Loop() {
		tb := &recorder{TB: b}
		tb.run(func() { box.Boot(tb, box.Options{}).Run("true") })
		tb.finish()
		if tb.fatal != "" {
			b.Fatal(tb.fatal)
		}
	}
}

// A recorder is a testing.TB with an outcome and an end of its own.
type recorder struct {
	testing.TB
	fatal   string
	cleanup []func()
}

func (r *recorder) Cleanup(f func()) { r.cleanup = append(r.cleanup, f) }
func (r *recorder) Failed() bool     { return r.fatal != "" }
func (r *recorder) Fatalf(format string, args ...any) {
	r.fatal = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// run calls f as a test's function and returns when it has ended or failed.
func (r *recorder) run(f func()) {
	var wg sync.WaitGroup
	wg.Go(f)
	wg.Wait()
}

// finish ends the test.
func (r *recorder) finish() {
	for _, cleanup := range r.cleanup {
		cleanup()
	}
}
