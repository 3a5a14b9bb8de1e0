package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/reactord/reactord/sources"
	"github.com/reactord/reactord/test/need"
)

// connector skips where the kernel tells nobody here of processes.
func connector(t *testing.T) {
	t.Helper()
	if err := sources.TryConnector(); err != nil {
		need.Skip(t, need.Connector, "%v", err)
	}
}

// shell is a program of that name.
func shell(t *testing.T, path string) {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		need.Skip(t, need.Tools, "bash is not installed")
	}
	text, err := os.ReadFile(bash)
	must(t, err)
	must(t, os.WriteFile(path, text, 0o755))
}

const everyEvent = `log: "${source} ${what} ${pid} ${child} ${name} ${exit.code}"`

// PR2, P1: start, fork, exec and exit of processes by name, by executable and by
// pidfile, each once and in order. A child that goes on as something else is none
// of them.
func TestP1_StartForkExec(t *testing.T) {
	connector(t)
	d := prepare(t, `
sources:
  named: { process: { name: walker, events: [start, fork, exec, exit] }, handler: { `+everyEvent+` } }
  exe:   { process: { exe: $DIR/walker, events: [start, exit] }, handler: { `+everyEvent+` } }
  file:  { process: { pidfile: $DIR/pid, events: [start, exec, exit] }, handler: { `+everyEvent+` } }
`)
	shell(t, d.path("walker"))
	d.run()
	d.await("ready", func(l line) bool { return strings.HasPrefix(l.text("message"), "ready") })

	// The child ends as true; the walker itself executes itself again, then cat.
	cmd := exec.Command(d.path("walker"), "-c", `/bin/true & echo $!; wait; read x; exec "$0" -c "read x; exec cat"`, d.path("walker"))
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	var child int
	if _, err := fmt.Fscan(out, &child); err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	d.says("named", fmt.Sprintf("named start %d  walker ", pid))
	d.says("named", fmt.Sprintf("named fork %d %d walker ", pid, child))
	d.says("exe", fmt.Sprintf("exe start %d  walker ", pid))
	d.write("pid", strconv.Itoa(pid)+"\n")
	d.says("file", fmt.Sprintf("file start %d  walker ", pid))

	_, err = in.Write([]byte("\n"))
	must(t, err)
	d.says("named", fmt.Sprintf("named exec %d  walker ", pid))
	d.says("file", fmt.Sprintf("file exec %d  walker ", pid))
	_, err = in.Write([]byte("\n"))
	must(t, err)
	d.says("named", fmt.Sprintf("named exec %d  cat ", pid)) // and is none of that name any more
	d.says("file", fmt.Sprintf("file exec %d  cat ", pid))
	must(t, in.Close())
	must(t, cmd.Wait())
	d.says("file", fmt.Sprintf("file exit %d  walker 0", pid))

	last := exec.Command(d.path("walker"), "-c", "exit 7") // behind which nothing can come
	_ = last.Run()
	d.says("named", fmt.Sprintf("named exit %d  walker 7", last.Process.Pid))
	d.says("exe", fmt.Sprintf("exe exit %d  walker 7", last.Process.Pid))
	d.stop()
	for about, want := range map[string]int{
		fmt.Sprintf("named exit %d ", pid):   0,
		fmt.Sprintf("exe exit %d ", pid):     0,
		fmt.Sprintf("named exit %d ", child): 0,
		fmt.Sprintf("named start %d ", pid):  1,
		fmt.Sprintf("file start %d ", pid):   1,
		"exe start ":                         2,
	} {
		if n := d.count(func(l line) bool { return strings.HasPrefix(l.text("message"), about) }); n != want {
			t.Errorf("%q is told %d times, want %d", about, n, want)
		}
	}
}

// PR2: the processes in a control group, which need not exist at the start, and
// in those below it: those that come, and those that end.
func TestPR2_Cgroup(t *testing.T) {
	connector(t)
	group := controlGroup(t)
	d := prepare(t, `
sources:
  all: { process: { cgroup: `+group+`, events: [start, exit] }, handler: { `+everyEvent+` } }
`)
	must(t, os.Remove(group))
	d.run()
	d.await("waits", func(l line) bool { return l.text("reason") == "no process is in "+group })
	below := filepath.Join(group, "below")
	must(t, os.MkdirAll(below, 0o755))
	for i, dir := range []string{group, below} {
		cmd := exec.Command("bash", "-c", fmt.Sprintf(`echo $$ > %s/cgroup.procs; exec bash -c "read x; exit %d"`, dir, i))
		in, err := cmd.StdinPipe()
		must(t, err)
		must(t, cmd.Start())
		d.says("all", fmt.Sprintf("all start %d  bash ", cmd.Process.Pid))
		must(t, in.Close())
		_ = cmd.Wait()
		d.says("all", fmt.Sprintf("all exit %d  bash %d", cmd.Process.Pid, i))
	}
	d.stop()
}

// controlGroup is the directory of a group of the unified hierarchy, or skips
// where none can be made.
func controlGroup(t *testing.T) string {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	must(t, err)
	for line := range bytes.Lines(mounts) {
		fields := strings.Fields(string(line))
		if fields[2] != "cgroup2" {
			continue
		}
		group, err := os.MkdirTemp(fields[1], "reactord-test-*")
		if err != nil {
			need.Skip(t, need.Root, "no control group can be made: %v", err)
		}
		t.Cleanup(func() {
			_ = os.Remove(filepath.Join(group, "below"))
			_ = os.Remove(group)
		})
		return group
	}
	need.Skip(t, need.Root, "no control groups of version 2 are mounted")
	return ""
}

// PR2: check says how starts are noticed.
func TestPR2_CheckSays(t *testing.T) {
	connector(t)
	d := prepare(t, "sources:\n  web: { process: { name: x }, handler: { log: x } }\n  one: { process: { pid: 1 }, handler: { log: x } }\n")
	out, err := exec.Command(binary, "check", "--config", d.config).CombinedOutput()
	brief := ""
	if endings, err := sources.OpenEndings(); err != nil {
		brief = ", but one that ends within a millisecond or so may be gone before it can be looked at, which status counts: " + err.Error()
	} else {
		endings.Close()
	}
	if want := d.config + ": ok: 2 sources, 0 queues\n  web: a process that starts later is noticed at once" + brief + "\n"; err != nil || string(out) != want {
		t.Errorf("%v:\n%swant\n%s", err, out, want)
	}
}

// P1: what only the process connector can tell is refused by check and run where
// it isn't permitted, at its place; what can do without it is not.
func TestP1_Refused(t *testing.T) {
	d := prepare(t, `
sources:
  plain: { process: { name: x }, handler: { log: x } }
  forks: { process: { pid: 1, events: [fork] }, handler: { log: x } }
`)
	for _, command := range []string{"check", "run"} {
		out, err := withoutConnector(binary, command, "--config", d.config).CombinedOutput()
		text := string(out)
		if err == nil || !strings.HasPrefix(text, d.config+`:4:3: error: source "forks" asks for what the kernel doesn't tell: `) ||
			!strings.Contains(text, "hint: ") || strings.Contains(text, `"plain"`) {
			t.Errorf("%s: %v:\n%s", command, err, text)
		}
	}
	d.write("plain.yaml", "sources: { plain: { process: { name: x }, handler: { log: x } } }\n")
	out, err := withoutConnector(binary, "check", "--config", d.path("plain.yaml")).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "plain: a process that starts later is noticed when another of its kind ends: ") {
		t.Errorf("%v:\n%s", err, out)
	}
}

// withoutConnector is a command that the kernel doesn't tell of processes: as
// root, in a network namespace of its own.
func withoutConnector(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	}
	return cmd
}

// PR2: without the process connector a control group's notice that it is populated
// is enough to follow who is in it.
func TestPR2_CgroupPopulated(t *testing.T) {
	group := controlGroup(t)
	d := prepare(t, "sources: { all: { process: { cgroup: "+group+" }, handler: { "+everyEvent+" } } }")
	if os.Geteuid() == 0 {
		d.attributes = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	}
	must(t, os.Remove(group))
	d.run()
	d.await("waits", func(l line) bool { return l.text("reason") == "no process is in "+group })
	must(t, os.Mkdir(group, 0o755))
	for i := range 3 {
		cmd := exec.Command("bash", "-c", fmt.Sprintf(`echo $$ > %s/cgroup.procs; read x; exit %d`, group, i))
		in, err := cmd.StdinPipe()
		must(t, err)
		must(t, cmd.Start())
		for d.status("all").Detail["following"] != 1. {
		}
		must(t, in.Close())
		_ = cmd.Wait()
		d.says("all", fmt.Sprintf("all exit %d  bash %d", cmd.Process.Pid, i))
	}
	d.stop()
}
