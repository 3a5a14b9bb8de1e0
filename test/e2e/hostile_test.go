package e2e

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Ensure that what would run a handler without end, or isn't what the
// configuration says, waits with a reason.
func TestDescriptorsThatAreRefused(t *testing.T) {
	d := prepare(t, `
sources:
  regular: { read: { path: $DIR/regular, framing: lines }, handler: { log: x } }
  fifo:    { read: { fifo: $DIR/other, framing: lines }, handler: { log: x } }
  fd:      { read: { fd: 9, framing: lines }, handler: { log: x } }
  own:     { read: { fd: 5, framing: lines }, handler: { log: x } }
  tree:    { files: { paths: [$DIR/nothere] }, handler: { log: x } }
  past:    { timer: { start: 2020-01-01T00:00:00Z }, handler: { log: x } }
  null:    { read: { path: /dev/null, framing: lines }, handler: { log: x } }
  dir:     { read: { path: $DIR, framing: lines }, handler: { log: x } }
  sock:    { read: { path: $DIR/sock, framing: lines }, handler: { log: x } }
  listen:  { read: { listen: "unix:$DIR/third" }, handler: { log: x } }
  stdin:   { read: { fd: 0, framing: lines }, handler: { log: x } }
`)
	for _, name := range []string{"regular", "other", "third"} {
		d.write(name, "text")
	}
	l, err := net.Listen("unix", d.path("sock"))
	must(t, err)
	defer l.Close()
	said, err := exec.Command(binary, "check", "--config", d.config).CombinedOutput()
	must(t, err)
	out := string(said)
	for _, want := range []string{
		d.config + `:3:3: warning: source "regular" waits: ` + d.path("regular") + " is a regular file, which is always ready: watch it with files or vnode",
		d.config + `:4:3: warning: source "fifo" waits: ` + d.path("other") + " is not a FIFO",
		d.config + `:9:3: warning: source "null" waits: /dev/null is always ready`,
		d.config + `:10:3: warning: source "dir" waits: ` + d.dir + " is a directory: watch it with files or vnode",
		d.config + `:11:3: warning: source "sock" waits: ` + d.path("sock") + " is a socket",
		d.config + `:12:3: warning: source "listen" waits: ` + d.path("third") + " is not a socket",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("check doesn't say %s:\n%s", want, out)
		}
	}
	d.run()
	d.await("ready", func(l line) bool { return strings.HasPrefix(l.text("message"), "ready") })
	for source, why := range map[string]string{"regular": "regular file", "fifo": "not a FIFO", "fd": "descriptor 9 was not inherited",
		"own": "descriptor 5 was not inherited", "tree": "nothere", "past": "will not fire", "null": "/dev/null is always ready", "stdin": "descriptor 0 is always ready",
		"dir": d.dir + " is a directory", "sock": d.path("sock") + " is a socket"} {
		if s := d.status(source); s.State != "waiting" || !strings.Contains(s.Reason, why) {
			t.Errorf("%s: %s, reason %q", source, s.State, s.Reason)
		}
	}
	must(t, os.Mkdir(d.path("nothere"), 0o700))
	eventually(t, "the root is found", func() bool { return d.status("tree").State == "active" })
	eventually(t, "they are tried again", func() bool { return d.status("regular").Errors > 1 })
	if n := d.count(func(l line) bool { return l.text("source") == "regular" && l.text("level") == "warn" }); n != 1 {
		t.Errorf("the same reason is told %d times", n)
	}
}

// Ensure that the end of a message, and of a FIFO's last writer, end a line.
func TestLinesEndWithTheirSender(t *testing.T) {
	d := start(t, `
sources:
  packet: { read: { listen: "seqpacket:$DIR/p.sock", framing: lines }, each: line, handler: { log: "[${line}]" } }
  fifo:   { read: { fifo: $DIR/fifo, framing: lines }, each: line, handler: { log: "[${line}]" } }
`)
	conn, err := net.Dial("unixpacket", d.path("p.sock"))
	must(t, err)
	long := strings.Repeat("x", 40_000)
	for _, message := range []string{"one", "two\nthree", long} {
		_, err = conn.Write([]byte(message))
		must(t, err)
	}
	must(t, conn.Close())
	for _, l := range []string{"one", "two", "three", long} {
		d.says("packet", "["+l+"]")
	}
	for _, text := range []string{"rest", "next\n"} {
		f, err := os.OpenFile(d.path("fifo"), os.O_WRONLY, 0)
		must(t, err)
		_, err = f.WriteString(text)
		must(t, err)
		must(t, f.Close())
		d.says("fifo", "["+strings.TrimSpace(text)+"]")
	}
}

// Ensure that nobody takes the place of a daemon that waits for its handlers,
// that it says what it does, and that on_cancel runs whatever that took.
func TestDV12_StoppingKeepsItsPlace(t *testing.T) {
	d := start(t, `
settings: { stop_timeout: 300ms }
sources:
  slow: { custom: add, handler: { exec: { shell: "trap '' TERM; echo begun; while [ ! -e go ]; do sleep 0.02; done", kill_after: 1m } }, on_cancel: { exec: [echo, bye] } }
`)
	d.emit("slow")
	d.says("slow", "begun")
	must(t, d.command.Process.Signal(unix.SIGTERM))
	d.await("stopping", func(l line) bool { return l.text("message") == "stopping" })
	if !d.whole().Stopping {
		t.Error("status doesn't say that it stops")
	}
	if out, err := d.client("emit", "slow"); err == nil || !strings.Contains(out, "stops") {
		t.Errorf("emit: %v %s", err, out)
	}
	if out, err := exec.Command(binary, "run", "--config", d.config, "--control", d.socket).CombinedOutput(); err == nil || !bytes.Contains(out, []byte("another daemon")) {
		t.Errorf("a second daemon: %v %s", err, out)
	}
	eventually(t, "the handler was told to end", func() bool { return d.whole().Stopping })
	d.write("go", "")
	<-d.exited
	d.says("slow", "bye")
}

// Ensure that a log nobody reads holds up neither handlers nor the end.
func TestXC3_LogNobodyReads(t *testing.T) {
	d := prepare(t, `
sources:
  flood: { custom: add, handler: { exec: { shell: 'yes 0123456789 | head -c 3000000; touch done' } } }
`)
	var pipe [2]int
	must(t, unix.Pipe2(pipe[:], unix.O_CLOEXEC))
	defer unix.Close(pipe[0])
	w := os.NewFile(uintptr(pipe[1]), "log")
	defer w.Close()
	// Full from the start: nothing can be written, ever.
	must(t, unix.SetNonblock(pipe[1], true))
	for {
		if _, err := unix.Write(pipe[1], make([]byte, 4096)); err != nil {
			break
		}
	}
	must(t, unix.SetNonblock(pipe[1], false))
	cmd := exec.Command(binary, "run", "--config", d.config, "--control", d.socket)
	cmd.Dir, cmd.Stderr = d.dir, w
	must(t, cmd.Start())
	eventually(t, "it takes an emit", func() bool { _, err := d.client("emit", "flood"); return err == nil })
	eventually(t, "the handler has run", func() bool { _, err := os.Stat(d.path("done")); return err == nil })
	must(t, cmd.Process.Signal(unix.SIGTERM))
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(patience):
		_ = cmd.Process.Kill()
		t.Fatal("didn't stop")
	}
}

// Ensure that whatever lies where a pidfile should doesn't hold the daemon up.
func TestHostilePidfile(t *testing.T) {
	d := start(t, `
sources:
  worker: { process: { pidfile: $DIR/pid }, handler: { log: "gone ${pid}" } }
`)
	for _, make := range []func(string) error{
		func(p string) error { return unix.Mkfifo(p, 0o600) },
		func(p string) error { return os.Symlink("/dev/zero", p) },
		func(p string) error { return os.Mkdir(p, 0o700) },
		func(p string) error { return os.WriteFile(p, bytes.Repeat([]byte("1"), 1<<20), 0o600) },
	} {
		must(t, make(d.path("pid")))
		eventually(t, "it is refused", func() bool { return strings.Contains(d.status("worker").Reason, "no pidfile") })
		must(t, os.Remove(d.path("pid")))
		d.write("other", "")
	}
	sleeper := exec.Command("sleep", "100")
	must(t, sleeper.Start())
	d.write("pid", strconv.Itoa(sleeper.Process.Pid))
	eventually(t, "the process is followed", func() bool { return d.status("worker").State == "active" })
	must(t, sleeper.Process.Kill())
	_ = sleeper.Wait()
	d.says("worker", fmt.Sprintf("gone %d", sleeper.Process.Pid))
}

// Ensure DV1: what waits is bounded by bytes too.
func TestDV1_PendingIsBoundedInBytes(t *testing.T) {
	d := start(t, `
sources:
  list: { custom: list, suspended: true, handler: { log: x } }
  in:   { read: { listen: "unix:$DIR/s.sock", framing: lines, limit: 1MiB }, suspended: true, handler: { log: x } }
`)
	datum := strings.Repeat("x", 100_000)
	cmd := exec.Command(binary, "emit", "list", "-", "--control", d.socket)
	cmd.Stdin = strings.NewReader(strings.Repeat(datum+"\n", 400))
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "full") {
		t.Errorf("emit of 40 MB: %v %s", err, out)
	}
	conn, err := net.Dial("unix", d.path("s.sock"))
	must(t, err)
	defer conn.Close()
	sent := 0
	for sent < 60<<20 {
		must(t, conn.SetWriteDeadline(time.Now().Add(2*time.Second)))
		n, err := conn.Write([]byte(datum + "\n"))
		sent += n
		if err != nil {
			break // held up
		}
	}
	if sent >= 40<<20 {
		t.Errorf("%d bytes were taken from a sender nobody handles", sent)
	}
}

func TestWatchRefusesWhatItCannotDo(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Mkdir(dir+"/src", 0o700))
	must(t, os.WriteFile(dir+"/file", nil, 0o600))
	for _, args := range [][]string{
		{"-e", "foo", "src"}, {"-i", "[a", "src"}, {"--settle", "-1s", "src"}, {"missing"}, {"src", "file"},
	} {
		cmd := exec.Command(binary, append(append([]string{"watch"}, args...), "--", "true")...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if e, ok := err.(*exec.ExitError); !ok || e.ExitCode() != 2 || len(out) == 0 {
			t.Errorf("watch %v: %v\n%s", args, err, out)
		}
	}
	cmd := exec.Command(binary, "watch", "file", "--", "sh", "-c", "echo ran >> ran")
	cmd.Dir = dir
	must(t, cmd.Start())
	eventually(t, "a file as PATH is watched", func() bool {
		must(t, os.WriteFile(dir+"/file", []byte("x"), 0o600))
		_, err := os.Stat(dir + "/ran")
		return err == nil
	})
	must(t, cmd.Process.Signal(os.Interrupt))
	must(t, cmd.Wait())
}
