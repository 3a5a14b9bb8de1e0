package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/test/need"
)

// Ensure that every source of the published example reacts to the real thing.
// Only its paths are moved into the test's directory.
func TestExampleConfiguration(t *testing.T) {
	text, err := os.ReadFile("../../configs/example.yaml")
	must(t, err)
	config := strings.NewReplacer(
		"/srv/uploads", "$DIR/uploads", "/run/reactord/inbox", "$DIR/inbox",
		"/run/reactord/control.sock", "$DIR/control.sock", "/var/lib/reactord", "$DIR/state",
		"make-thumbnail", "$DIR/make-thumbnail", "every: 24h", "every: 300ms", "leeway: 10m", "leeway: 50ms",
		"/usr/local/bin/nightly", "$DIR/nightly", "systemctl", "echo",
	).Replace(string(text))
	d := prepare(t, config)
	must(t, os.Mkdir(d.path("uploads"), 0o700))
	script := func(name, text string) {
		d.write(name, "#!/bin/sh\n"+text)
		must(t, os.Chmod(d.path(name), 0o700))
	}
	script("make-thumbnail", `echo "thumbnail of $1"`)
	script("nightly", `echo "nightly $REACTORD_COUNT"`)
	d.run()
	d.await("ready", func(l line) bool { return strings.HasPrefix(l.text("message"), "ready") })

	must(t, os.MkdirAll(d.path("uploads", "2026", "summer"), 0o700))
	d.write("uploads/2026/summer/a cat.jpg", "x")
	d.write("uploads/2026/summer/notes.txt", "not an image")
	d.says("uploads", "thumbnail of "+d.path("uploads/2026/summer/a cat.jpg"))
	must(t, os.Rename(d.path("uploads/2026/summer/a cat.jpg"), d.path("uploads/dog.jpg")))
	d.says("uploads", "thumbnail of "+d.path("uploads/dog.jpg"))

	d.emit("ticket", "3")
	d.says("ticket", "3 tickets")
	must(t, d.command.Process.Signal(syscall.SIGUSR1))
	d.says("usr", "asked to rotate")
	inbox, err := os.OpenFile(d.path("inbox"), os.O_WRONLY, 0)
	must(t, err)
	_, err = inbox.WriteString("good morning\n")
	must(t, err)
	must(t, inbox.Close())
	d.says("inbox", "good morning")
	d.says("nightly", "nightly 1")
	if n := d.count(func(l line) bool { return strings.Contains(l.text("message"), "notes.txt") }); n > 0 {
		t.Error("a file that include doesn't match was handled")
	}
}

func TestTimers(t *testing.T) {
	d := start(t, `
sources:
  once:  { timer: { start: 50ms }, handler: { log: "once ${ticks}" } }
  wall:  { timer: { every: 100ms, clock: wall }, handler: { log: "wall ${data}" } }
  mono:  { timer: { every: 100ms, clock: monotonic, start: now }, handler: { log: "mono ${data}" } }
  date:  { timer: { at: "*:*:*" }, handler: { log: "date ${ticks}" } }
  cron:  { timer: { at: "0 0 1 1 *" }, handler: { log: "a new year" } }
  past:  { timer: { at: "1999-12-31" }, handler: { log: "again?" } }
`)
	d.says("date", "date 1")
	if s := d.status("past"); s.State != "waiting" || !strings.Contains(s.Reason, "passed") {
		t.Errorf("a time that has passed: state %s, reason %q", s.State, s.Reason)
	}
	d.says("once", "once 1")
	d.says("wall", "wall 1")
	d.says("mono", "mono 1")
}

// Ensure that lines over every kind of descriptor arrive whole, with who sent
// them.
func TestLinesFromEverywhere(t *testing.T) {
	rd, wr, err := os.Pipe()
	must(t, err)
	defer wr.Close()
	d := start(t, `
sources:
  unix:   { read: { listen: "unix:$DIR/s.sock", framing: lines }, each: line, handler: { log: "${line} from ${peer.uid}" } }
  packet: { read: { listen: "seqpacket:$DIR/p.sock", framing: lines }, each: line, handler: { log: "${line}" } }
  tcp:    { read: { listen: "tcp:127.0.0.1:47113", framing: lines }, each: line, handler: { log: "${line} from ${peer.addr}" } }
  fd:     { read: { fd: 3, framing: lines }, each: line, handler: { log: "${line}" } }
  fifo:   { read: { fifo: $DIR/fifo, framing: lines }, each: line, handler: { log: "${line}" } }
`, rd)
	_ = rd.Close()
	send := func(network, address, text string) string {
		conn, err := net.Dial(network, address)
		must(t, err)
		_, err = conn.Write([]byte(text))
		must(t, err)
		local := conn.LocalAddr().String()
		must(t, conn.Close())
		return local
	}
	send("unix", d.path("s.sock"), "one\ntwo\nunfinished")
	uid := strconv.Itoa(os.Geteuid())
	for _, l := range []string{"one", "two", "unfinished"} {
		d.says("unix", l+" from "+uid)
	}
	send("unixpacket", d.path("p.sock"), "packet\n")
	d.says("packet", "packet")
	d.says("tcp", "hello from "+send("tcp", "127.0.0.1:47113", "hello\n"))
	_, err = wr.WriteString("inherited\n")
	must(t, err)
	d.says("fd", "inherited")
	for i := range 3 { // the FIFO survives its writers
		f, err := os.OpenFile(d.path("fifo"), os.O_WRONLY, 0)
		must(t, err)
		_, err = fmt.Fprintf(f, "writer %d\n", i)
		must(t, err)
		must(t, f.Close())
		d.says("fifo", fmt.Sprintf("writer %d", i))
	}
}

// Ensure that a handler that is slower than the sender holds the sender up and
// loses nothing.
func TestFlowControl(t *testing.T) {
	d := start(t, `
settings: { max_pending: 100 }
sources:
  in: { read: { fifo: $DIR/fifo, framing: lines }, handler: { exec: { shell: 'sleep 0.05; cat >> out', stdin: lines } } }
`)
	const n = 20_000
	f, err := os.OpenFile(d.path("fifo"), os.O_WRONLY, 0)
	must(t, err)
	for i := range n {
		_, err := fmt.Fprintf(f, "line %d\n", i)
		must(t, err)
	}
	must(t, f.Close())
	want := fmt.Sprintf("line %d\n", n-1)
	var text []byte
	d.records("none", func(_ []event) bool {
		text, _ = os.ReadFile(d.path("out"))
		return strings.HasSuffix(string(text), want)
	})
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) != n {
		t.Fatalf("%d of %d lines", len(lines), n)
	}
	for i, l := range lines {
		if l != fmt.Sprintf("line %d", i) {
			t.Fatalf("line %d is %q", i, l)
		}
	}
}

func TestUnframedReadAndWrite(t *testing.T) {
	d := start(t, `
sources:
  bytes: { read: { fifo: $DIR/raw }, handler: { exec: { shell: 'dd bs=$BYTES count=1 iflag=nonblock <raw 2>/dev/null', env: { BYTES: "${bytes}" }, stdin: none } } }
  room:  { write: { fifo: $DIR/room }, coalesce: { every: 10m }, handler: { log: "room for ${data}" } }
`)
	f, err := os.OpenFile(d.path("raw"), os.O_WRONLY, 0)
	must(t, err)
	defer f.Close()
	_, err = f.WriteString("seven b")
	must(t, err)
	d.says("bytes", "seven b")
	d.says("room", "room for 65536")
}

func TestVnode(t *testing.T) {
	d := prepare(t, `
sources:
  file: { vnode: { path: $DIR/file, events: [rename, write, delete] }, each: path, handler: { log: "${op} ${from} ${path}" } }
`)
	d.write("file", "x")
	d.run()
	d.await("ready", func(l line) bool { return strings.HasPrefix(l.text("message"), "ready") })
	must(t, os.Rename(d.path("file"), d.path("renamed")))
	d.says("file", "rename "+d.path("file")+" "+d.path("renamed"))
	more, err := os.OpenFile(d.path("renamed"), os.O_WRONLY|os.O_APPEND, 0)
	must(t, err)
	_, err = more.WriteString("more") // one change: a truncation before would be another
	must(t, err)
	must(t, more.Close())
	d.says("file", "write  "+d.path("renamed"))
	must(t, os.Remove(d.path("renamed")))
	d.says("file", "delete  "+d.path("renamed"))
}

func TestSignals(t *testing.T) {
	d := start(t, `
sources:
  usr: { signal: [SIGUSR1, SIGUSR2, SIGWINCH], handler: { log: "${signal} ${data}" } }
`)
	for sig, name := range map[syscall.Signal]string{syscall.SIGUSR1: "SIGUSR1", syscall.SIGUSR2: "SIGUSR2", syscall.SIGWINCH: "SIGWINCH"} {
		must(t, d.command.Process.Signal(sig))
		d.says("usr", name+" 1")
	}
}

// Ensure that signals are counted exactly, with their senders, by a daemon that
// has executed itself anew for it, and that its commands don't inherit the mask.
func TestExactSignals(t *testing.T) {
	d := start(t, `
sources:
  usr: { signal: { signals: [SIGUSR1], exact: true }, handler: { log: "${count} from ${senders[0].pid} as ${senders[0].uid}" } }
  mask: { custom: add, handler: { exec: { shell: "grep SigBlk /proc/self/status" } } }
`)
	must(t, d.command.Process.Signal(syscall.SIGUSR1))
	d.says("usr", fmt.Sprintf("1 from %d as %d", os.Getpid(), os.Getuid()))
	d.emit("mask", "1")
	d.await("mask of a command", func(l line) bool {
		return strings.HasPrefix(l.text("message"), "SigBlk:") && strings.HasSuffix(l.text("message"), "\t0000000000000000")
	})
}

// Ensure that the exit of processes that are no children of the daemon's is
// told with its status, by pid, pidfile and name.
func TestProcesses(t *testing.T) {
	fifo := t.TempDir() + "/go"
	must(t, unix.Mkfifo(fifo, 0o600))
	name := fmt.Sprintf("e2e-%d", os.Getpid()%100000)
	worker := t.TempDir() + "/" + name
	must(t, os.WriteFile(worker, []byte("#!/bin/sh\nread x <"+fifo+"\nexit 9\n"), 0o700))
	cmd := exec.Command(worker)
	must(t, cmd.Start())
	defer func() { _ = cmd.Wait() }()
	pid := strconv.Itoa(cmd.Process.Pid)
	d := prepare(t, `
sources:
  pid:  { process: { pid: `+pid+` }, handler: { log: "${pid} code ${exit.code}" } }
  file: { process: { pidfile: $DIR/pidfile }, handler: { log: "${name} code ${exit.code}" } }
  name: { process: { name: `+name+` }, handler: { log: "${pid} code ${exit.code}" } }
  late: { process: { pidfile: $DIR/late }, handler: { log: "${pid} signal ${exit.signal}" } }
`)
	d.write("pidfile", pid+"\n")
	d.run()
	d.await("ready", func(l line) bool { return strings.HasPrefix(l.text("message"), "ready") })
	if s := d.status("late"); s.State != "waiting" || !strings.Contains(s.Reason, "late") {
		t.Errorf("a pidfile that isn't there: state %s, reason %q", s.State, s.Reason)
	}
	must(t, os.WriteFile(fifo, []byte("\n"), 0))
	d.says("pid", pid+" code 9")
	d.says("file", name+" code 9")
	d.says("name", pid+" code 9")

	sleeper := exec.Command("sleep", "100")
	must(t, sleeper.Start())
	d.write("late", strconv.Itoa(sleeper.Process.Pid))
	eventually(t, "the pidfile is followed", func() bool { return d.status("late").State == "active" })
	must(t, sleeper.Process.Kill())
	_ = sleeper.Wait()
	d.says("late", strconv.Itoa(sleeper.Process.Pid)+" signal SIGKILL")
}

func TestCustom(t *testing.T) {
	d := start(t, `
sources:
  add:     { custom: add, handler: { log: "sum ${data}" } }
  or:      { custom: or, handler: { log: "bits ${data}" } }
  replace: { custom: replace, handler: { log: "last ${data}" } }
  list:    { custom: list, handler: { exec: { shell: 'cat >> out' } } }
  many:    { custom: add, coalesce: { settle: 500ms }, handler: { log: "sum ${data}" } }
`)
	d.emit("add")
	d.says("add", "sum 1")
	d.emit("or", "0x6")
	d.says("or", "bits 6")
	d.emit("replace", "9")
	d.says("replace", "last 9")
	d.emit("list", `{"id": 7}`)
	got := d.records("out", func(es []event) bool { return len(es) > 0 })
	if len(got) != 1 || fmt.Sprint(got[0].Items) != "[map[id:7]]" {
		t.Errorf("list delivered %+v", got)
	}
	cmd := exec.Command(binary, "emit", "many", "-", "--control", d.socket)
	cmd.Stdin = strings.NewReader(strings.Repeat("2\n", 1000))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	d.says("many", "sum 2000")
	eventually(t, "the run is counted", func() bool { return d.status("many").Running == 0 })
	if s := d.status("many"); s.Taken != 1000 || s.Coalesced != 999 || s.Runs != 1 {
		t.Errorf("taken %d, coalesced %d, runs %d", s.Taken, s.Coalesced, s.Runs)
	}
	for _, bad := range [][]string{{"emit", "nobody"}, {"emit", "add", "many"}, {"emit", "add", "--", "-5"}} {
		if out, err := d.client(bad...); err == nil || !strings.Contains(out, "source") {
			t.Errorf("%v: err %v: %s", bad, err, out)
		}
	}
}

// Ensure that a stall of the processors is told. That it is over is not waited
// for: other tests may keep them busy.
func TestPressure(t *testing.T) {
	if _, err := os.Stat("/proc/pressure/cpu"); err != nil {
		need.Skip(t, need.Root, "this kernel has no pressure stall information: %v", err)
	}
	d := start(t, `
sources:
  cpu: { pressure: { resource: cpu, some: 100ms/2s }, handler: { log: "${resource} is ${level}" } }
`)
	stop := make(chan struct{})
	var busy sync.WaitGroup
	defer busy.Wait()
	defer close(stop)
	for range 4 * runtime.NumCPU() {
		// Processes, for threads of one would share their turns.
		cmd := exec.Command("sh", "-c", "while :; do :; done")
		must(t, cmd.Start())
		busy.Go(func() {
			<-stop
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
	}
	d.await("cpu pressure", func(l line) bool {
		return l.text("source") == "cpu" && (l.text("message") == "cpu is warn" || l.text("message") == "cpu is critical")
	})
	if s := d.status("cpu"); s.State != "active" {
		t.Errorf("state %s", s.State)
	}
}
