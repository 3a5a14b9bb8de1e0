// Package e2e tests the built binary on real files, processes, timers, signals
// and descriptors, as a user would find it.
package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/internal/daemon"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// binary is the daemon under test, built once; plain the same as it is shipped.
var (
	binary, plain string
	buildFlags    []string
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "reactord-e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary, plain = filepath.Join(dir, "reactord"), filepath.Join(dir, "plain")
	code := 1
	if build(binary, buildFlags...) && build(plain, "-trimpath", "-ldflags=-s -w") {
		code = m.Run()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func build(to string, flags ...string) bool {
	cmd := exec.Command("go", append(append([]string{"build", "-o", to}, flags...), "github.com/reactord/reactord/cmd/reactord")...)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the daemon:", err)
		return false
	}
	return true
}

// soak reports whether long counts are run in full.
func soak() bool { return os.Getenv("REACTORD_SOAK") != "" }

// line is one line of the daemon's log.
type line map[string]any

func (l line) text(field string) string { s, _ := l[field].(string); return s }

// instance is a running daemon.
type instance struct {
	t       testing.TB
	dir     string
	config  string
	socket  string
	binary  string
	command *exec.Cmd
	// attributes of the process, set before run.
	attributes *syscall.SysProcAttr
	// stdin is the daemon's standard input, set before run; /dev/null without.
	stdin  *os.File
	exited chan struct{}
	killed bool

	mu    sync.Mutex
	lines []line
	more  chan struct{} // closed when a line came
}

// start runs the daemon on a configuration, in a directory of its own whose
// name replaces $DIR, and waits until it is ready. extra files are inherited
// from descriptor 3 on. The daemon is stopped at the end of the test, and must
// end cleanly.
func start(t testing.TB, config string, extra ...*os.File) *instance {
	t.Helper()
	d := prepare(t, config)
	d.run(extra...)
	d.await("ready", func(l line) bool { return strings.HasPrefix(l.text("message"), "ready") })
	return d
}

func prepare(t testing.TB, config string) *instance {
	t.Helper()
	dir := t.TempDir()
	d := &instance{t: t, dir: dir, config: filepath.Join(dir, "reactord.yaml"), socket: filepath.Join(dir, "control.sock")}
	d.write("reactord.yaml", strings.ReplaceAll(config, "$DIR", dir))
	return d
}

func (d *instance) run(extra ...*os.File) {
	d.t.Helper()
	if d.binary == "" {
		d.binary = binary
	}
	d.command = exec.Command(d.binary, "run", "--config", d.config, "--control", d.socket)
	d.command.Dir = d.dir
	d.command.ExtraFiles = extra
	d.command.SysProcAttr = d.attributes
	if d.stdin != nil {
		d.command.Stdin = d.stdin
	}
	d.more = make(chan struct{})
	d.exited = make(chan struct{})
	log, err := d.command.StderrPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	if err := d.command.Start(); err != nil {
		d.t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		d.collect(log)
	}()
	go func() {
		<-read
		_ = d.command.Wait()
		close(d.exited)
	}()
	d.t.Cleanup(d.stop)
}

func (d *instance) collect(log io.Reader) {
	scan := bufio.NewScanner(log)
	scan.Buffer(nil, 16<<20)
	for scan.Scan() {
		l := line{}
		if json.Unmarshal(scan.Bytes(), &l) != nil {
			l["message"] = scan.Text()
		}
		d.mu.Lock()
		d.lines = append(d.lines, l)
		close(d.more)
		d.more = make(chan struct{})
		d.mu.Unlock()
	}
}

// stop ends the daemon as systemd does and looks at how it went.
func (d *instance) stop() {
	_ = d.command.Process.Signal(unix.SIGTERM)
	select {
	case <-d.exited:
	case <-time.After(patience):
		_ = d.command.Process.Signal(unix.SIGQUIT) // the goroutines
		<-d.exited
		d.t.Errorf("the daemon didn't stop within %v", patience)
	}
	if code := d.command.ProcessState.ExitCode(); code != 0 && !d.killed && !d.t.Failed() {
		d.t.Errorf("the daemon exited with %d", code)
	}
	if d.t.Failed() {
		d.dump()
	}
}

// kill ends the daemon as nothing should.
func (d *instance) kill() {
	d.killed = true
	_ = d.command.Process.Kill()
	<-d.exited
}

func (d *instance) dump() {
	d.mu.Lock()
	defer d.mu.Unlock()
	from := max(len(d.lines)-600, 0)
	for _, l := range d.lines[from:] {
		text, _ := json.Marshal(l)
		d.t.Logf("log: %s", text)
	}
}

// await waits for a line of the log.
func (d *instance) await(what string, is func(line) bool) line {
	d.t.Helper()
	timeout := time.After(patience)
	for seen := 0; ; {
		d.mu.Lock()
		for ; seen < len(d.lines); seen++ {
			if is(d.lines[seen]) {
				l := d.lines[seen]
				d.mu.Unlock()
				return l
			}
		}
		more := d.more
		d.mu.Unlock()
		select {
		case <-more:
		case <-d.exited:
			d.t.Fatalf("the daemon ended before: %s", what)
		case <-timeout:
			d.t.Fatalf("not in the log within %v: %s", patience, what)
		}
	}
}

// says waits for a line of a source with that message.
func (d *instance) says(source, message string) line {
	d.t.Helper()
	return d.await(source+" says "+message, func(l line) bool {
		return l.text("source") == source && l.text("message") == message
	})
}

// count is how many lines there are so far that satisfy is.
func (d *instance) count(is func(line) bool) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for _, l := range d.lines {
		if is(l) {
			n++
		}
	}
	return n
}

// client runs the binary as a client of this daemon.
func (d *instance) client(args ...string) (string, error) {
	cmd := exec.Command(binary, append([]string{args[0], "--control", d.socket}, args[1:]...)...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (d *instance) emit(args ...string) {
	d.t.Helper()
	if out, err := d.client(append([]string{"emit"}, args...)...); err != nil {
		d.t.Fatalf("emit %v: %v\n%s", args, err, out)
	}
}

// status asks the daemon for one source.
func (d *instance) status(source string) daemon.SourceStatus {
	d.t.Helper()
	for _, s := range d.whole().Sources {
		if s.Name == source {
			return s
		}
	}
	d.t.Fatalf("status knows no %s", source)
	panic("unreachable")
}

func (d *instance) whole() daemon.Status {
	d.t.Helper()
	out, err := d.client("status", "--json")
	if err != nil {
		d.t.Fatalf("status: %v\n%s", err, out)
	}
	var st daemon.Status
	if err := json.Unmarshal([]byte(out), &st); err != nil {
		d.t.Fatalf("status: %v\n%s", err, out)
	}
	return st
}

// path is a path in the daemon's directory.
func (d *instance) path(name ...string) string {
	return filepath.Join(append([]string{d.dir}, name...)...)
}

func (d *instance) write(name, text string) {
	d.t.Helper()
	must(d.t, os.WriteFile(d.path(name), []byte(text), 0o600))
}

// records reads the events that handlers have appended to a file as JSON
// lines, until done says that all are there.
func (d *instance) records(name string, done func([]handlers.Event) bool) []handlers.Event {
	d.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		var all []handlers.Event
		text, _ := os.ReadFile(d.path(name))
		for _, l := range bytes.Split(text, []byte("\n")) {
			var e handlers.Event
			if len(l) > 0 && json.Unmarshal(l, &e) == nil {
				all = append(all, e)
			}
		}
		if done(all) || time.Now().After(deadline) {
			return all
		}
		time.Sleep(5 * time.Millisecond) // a file that other processes write
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
