package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Ensure that bad input is told with its place and starts nothing.
func TestBadConfigurations(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"unknown key", "sources:\n  a: { timer: { evry: 1s }, handler: { log: x } }", `:2:17: error: unknown key`},
		{"wrong type", "sources:\n  a: { timer: { every: [1s] }, handler: { log: x } }", ":2:24: error:"},
		{"two kinds", "sources:\n  a: { timer: { every: 1s }, custom: add, handler: { log: x } }", ":2:"},
		{"unknown queue", "sources:\n  a: { custom: add, queue: nope, handler: { log: x } }", "unknown queue"},
		{"cycle", "queues: { a: { target: b }, b: { target: a } }\nsources:\n  a: { custom: add, handler: { log: x } }", "cycle"},
		{"bad glob", "sources:\n  a: { files: { paths: [/tmp], include: ['[a'] }, handler: { log: x } }", "bad glob"},
		{"bad duration", "sources:\n  a: { timer: { every: 10 }, handler: { log: x } }", ":2:24: error:"},
		{"bad expression", "sources:\n  a: { custom: add, handler: { log: '${dta}' } }", ":2:"},
		{"duplicate name", "sources:\n  a: { custom: add, handler: { log: x } }\n  a: { custom: add, handler: { log: x } }", ":3:3: error:"},
		{"second document", "sources:\n  a: { custom: add, handler: { log: x } }\n---\nsources: {}", "document"},
		{"binary garbage", "\x00\x01\x02\xff\xfe garbage", "error:"},
		{"ten mebibytes", strings.Repeat("# comment\n", 1<<20), "4 MiB"},
		{"not yet", "sources:\n  a: { custom: add, durable: true, handler: { log: x } }", "not yet"},
		{"empty", "", "error:"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			file := t.TempDir() + "/reactord.yaml"
			must(t, os.WriteFile(file, []byte(tc.text), 0o600))
			for _, command := range []string{"check", "run"} {
				out, err := exec.Command(binary, command, "--config", file).CombinedOutput()
				var exit *exec.ExitError
				if e, ok := err.(*exec.ExitError); ok {
					exit = e
				}
				if exit == nil || exit.ExitCode() != 1 {
					t.Fatalf("%s: err %v, want exit 1\n%s", command, err, out)
				}
				if text := string(out); !strings.Contains(text, tc.want) || !strings.Contains(text, file+":") {
					t.Errorf("%s says\n%s\nwant %q with the file", command, text, tc.want)
				}
			}
		})
	}
}

// Ensure that what a source can't have is told, counted, and harms nobody.
func TestFaultySourcesHarmNobody(t *testing.T) {
	d := start(t, `
sources:
  gone:    { process: { pid: 4194303 }, handler: { log: "gone ${pid}" } }
  nofile:  { vnode: { path: $DIR/missing, events: [delete] }, handler: { log: x } }
  device:  { read: { path: $DIR/no-device, framing: lines }, handler: { log: x } }
  dir:     { read: { path: $DIR, framing: lines }, handler: { log: x } }
  tree:    { files: { paths: [$DIR/appears], recursive: true }, handler: { exec: { shell: 'cat >> out' } } }
  nocmd:   { custom: add, handler: { exec: [no-such-command-anywhere] } }
  fails:   { custom: add, handler: { exec: { shell: 'echo oops >&2; exit 3' } } }
  hangs:   { custom: add, handler: { exec: { shell: 'sleep 1000', kill_after: 100ms }, timeout: 200ms } }
  floods:  { custom: add, handler: { exec: { shell: 'head -c 20000000 /dev/zero | tr "\0" x; yes | head -n 200000' }, timeout: 20s } }
  healthy: { custom: add, handler: { log: "healthy" } }
`)
	d.says("gone", "gone 4194303")
	for _, s := range []string{"nofile", "device", "dir"} {
		if st := d.status(s); st.State != "waiting" || st.Reason == "" || st.Errors == 0 {
			t.Errorf("%s: %+v", s, st)
		}
		d.await(s+" is logged", func(l line) bool { return l.text("source") == s && l.text("level") == "warn" })
	}
	for _, s := range []string{"nocmd", "fails", "hangs", "floods"} {
		d.emit(s)
	}
	d.emit("healthy")
	d.says("healthy", "healthy")
	failed := func(source, text string) {
		t.Helper()
		l := d.await(source+" fails", func(l line) bool { return l.text("source") == source && l.text("message") == "run failed" })
		if !strings.Contains(fmt.Sprint(l), text) {
			t.Errorf("%s failed as %v, want %q", source, l, text)
		}
	}
	failed("nocmd", "no-such-command-anywhere")
	failed("fails", "code:3")
	d.says("fails", "oops")
	failed("hangs", "timed out")
	eventually(t, "the flood is over", func() bool { return d.status("floods").Runs == 1 })
	// When the cause is gone it works.
	d.write("missing", "x")
	must(t, os.Mkdir(d.path("appears"), 0o700))
	d.write("appears/file", "x")
	eventually(t, "the vnode source has recovered", func() bool { return d.status("nofile").State == "active" })
	if got := d.records("out", func(es []event) bool { return len(es) > 0 }); len(got) == 0 {
		t.Error("a root that appeared was not watched")
	}
}

// Ensure that a second daemon doesn't take the first one's socket away, and
// that a socket left by a crash doesn't keep a new one from starting.
func TestControlSocketOwnership(t *testing.T) {
	d := start(t, "sources:\n  a: { custom: add, handler: { log: hello } }")
	out, err := exec.Command(binary, "run", "--config", d.config, "--control", d.socket).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "another daemon") {
		t.Fatalf("a second daemon: %v\n%s", err, out)
	}
	d.emit("a")
	d.says("a", "hello")
	must(t, d.command.Process.Signal(unix.SIGKILL))
	<-d.exited
	d.lines = nil
	d.run()
	d.await("ready", func(l line) bool { return strings.HasPrefix(l.text("message"), "ready") })
	d.emit("a")
	d.says("a", "hello")
}

// Ensure DV12: a handler that runs gets its time, what waits is told.
func TestDV12_Stop(t *testing.T) {
	d := start(t, `
sources:
  slow: { custom: add, handler: { exec: { shell: 'echo begun; while [ ! -e go ]; do sleep 0.02; done; echo finished' } }, on_cancel: { log: "bye" } }
`)
	d.emit("slow")
	d.says("slow", "begun")
	d.emit("slow", "5")
	must(t, d.command.Process.Signal(unix.SIGTERM))
	d.await("stopping", func(l line) bool { return l.text("message") == "stopping" })
	d.write("go", "")
	<-d.exited
	d.says("slow", "finished")
	d.says("slow", "bye")
	d.await("what was pending is told", func(l line) bool {
		return l.text("source") == "slow" && strings.Contains(l.text("message"), "not handled") && l["count"] == 1.0
	})
}

func TestDV12_SecondSignalEndsAtOnce(t *testing.T) {
	d := start(t, `
sources:
  slow: { custom: add, handler: { exec: { shell: 'echo begun; sleep 1000' } } }
`)
	d.emit("slow")
	d.says("slow", "begun")
	began := time.Now()
	must(t, d.command.Process.Signal(unix.SIGTERM))
	d.await("stopping", func(l line) bool { return l.text("message") == "stopping" })
	must(t, d.command.Process.Signal(unix.SIGTERM))
	<-d.exited
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}
