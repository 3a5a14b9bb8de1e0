package e2e

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// DV13: the daemon's own events are told apart, none is lost in a burst, and a
// rule about them that fails itself doesn't run for its own failure.
func TestDV13_InternalEvents(t *testing.T) {
	d := start(t, `
sources:
  device: { read: { path: $DIR/device }, coalesce: { every: 1s }, handler: { log: "${bytes}" } }
  tree:   { files: { paths: [$DIR/tree] }, handler: { log: "${path}" } }
  job:    { custom: add, handler: { exec: ["false"] } }
  job2:   { custom: add, handler: { exec: [/nonexistent/command] } }
  watch:  { internal: [gave_up, source_failed, source_recovered], handler: { log: "${what}: ${about}" } }
  broken: { internal: [gave_up], handler: { exec: ["false"] } }
`)
	d.says("watch", "source_failed: device")
	d.says("watch", "source_failed: tree")
	must(t, os.Mkdir(d.path("tree"), 0o700))
	d.says("watch", "source_recovered: tree")
	d.emit("job")
	d.emit("job2")
	d.says("watch", "gave_up: job")
	d.says("watch", "gave_up: job2")
	failed := func(l line) bool { return l.text("source") == "broken" && l.text("message") == "run failed" }
	nth := func(n int) func(line) bool {
		return func(l line) bool {
			if failed(l) {
				n--
			}
			return n == 0
		}
	}
	must(t, unix.Mkfifo(d.path("device"), 0o600))
	d.says("watch", "source_recovered: device")
	d.await("broken fails twice", nth(2))
	d.emit("job") // a run later than any that broken's failures could have caused
	d.await("broken fails for the third time", nth(3))
	if n := d.count(func(l line) bool { return l.text("message") == "gave_up: broken" }); n > 0 {
		t.Errorf("%d events about a failing rule about events", n)
	}
	if got := d.status("broken"); got.Taken != 3 {
		t.Errorf("broken was told of %d events, for three failures", got.Taken)
	}
}

// DV13: a source that told that it failed tells that it has recovered when it works
// again, whatever had failed, and as often.
func TestDV13_RecoversFromWhatFailed(t *testing.T) {
	d := start(t, `
sources:
  fifo:  { read: { fifo: $DIR/fifo, framing: lines, limit: 8B }, each: line, handler: { log: "<${line}>" } }
  sock:  { read: { listen: "unix:$DIR/sock", framing: netstrings }, each: message, handler: { log: "<${message}>" } }
  port:  { port: { listen: "unix:$DIR/port", limit: 8B }, each: message, handler: { log: "<${message}>" } }
  list:  { custom: list, when: "items[0] > 3", handler: { log: "<${items[0]}>" } }
  watch: { internal: [source_failed, source_recovered], handler: { log: "${what}: ${about}" } }
`)
	told := func(source string, times int) {
		t.Helper()
		for _, what := range []string{"source_failed", "source_recovered"} {
			text := what + ": " + source
			n := 0
			d.await(fmt.Sprintf("%s is told for the time %d", text, times), func(l line) bool {
				if l.text("source") == "watch" && l.text("message") == text {
					n++
				}
				return n == times
			})
		}
	}
	w, err := os.OpenFile(d.path("fifo"), os.O_WRONLY, 0)
	must(t, err)
	defer w.Close()
	for i := range 2 {
		_, err = w.WriteString("this is too long\n")
		must(t, err)
		eventually(t, "the line is told", func() bool { return d.status("fifo").Errors == uint64(i+1) })
		_, err = fmt.Fprintf(w, "good %d\n", i)
		must(t, err)
		told("fifo", i+1)
	}
	must(t, os.Remove(d.path("fifo")))
	eventually(t, "the FIFO is missed", func() bool { return d.status("fifo").Errors == 3 })
	must(t, w.Close())
	told("fifo", 3)

	send(t, "unix", d.path("sock"), "nonsense")
	eventually(t, "the fault is told", func() bool { return d.status("sock").Errors == 1 })
	send(t, "unix", d.path("sock"), "4:good,")
	told("sock", 1)
	must(t, os.Remove(d.path("sock")))
	told("sock", 2)
	var limit unix.Rlimit
	must(t, unix.Prlimit(d.command.Process.Pid, unix.RLIMIT_NOFILE, nil, &limit))
	none := unix.Rlimit{Cur: 3, Max: limit.Max}
	must(t, unix.Prlimit(d.command.Process.Pid, unix.RLIMIT_NOFILE, &none, nil))
	conn, err := net.Dial("unix", d.path("sock"))
	must(t, err)
	defer conn.Close()
	d.await("it can't be accepted", func(l line) bool {
		return l.text("source") == "sock" && strings.HasPrefix(l.text("error"), "accept: ")
	})
	must(t, unix.Prlimit(d.command.Process.Pid, unix.RLIMIT_NOFILE, &limit, nil))
	told("sock", 3)

	gram, err := net.Dial("unixgram", d.path("port"))
	must(t, err)
	defer gram.Close()
	for _, text := range []string{"this is too long", "good"} {
		_, err = gram.Write([]byte(text))
		must(t, err)
		eventually(t, "the message is told", func() bool { return d.status("port").Errors == 1 })
	}
	told("port", 1)

	d.emit("list", "text")
	eventually(t, "the condition is told", func() bool { return d.status("list").Errors == 1 })
	d.emit("list", "4")
	told("list", 1)
	if s := d.status("watch"); s.Errors != 0 {
		t.Errorf("%+v", s)
	}
}

// A sender who has a port fail and recover again and again fills neither the log nor
// the queue of what the daemon tells of itself.
func TestDV13_RecoversNotWithoutEnd(t *testing.T) {
	d := start(t, `
sources:
  port:  { port: { listen: "unix:$DIR/port", limit: 8B }, each: message, handler: { log: "<${message}>" } }
  watch: { internal: [source_failed, source_recovered], handler: { log: "${what}: ${about}" } }
`)
	gram, err := net.Dial("unixgram", d.path("port"))
	must(t, err)
	defer gram.Close()
	for i := range 100 {
		_, err = gram.Write([]byte("this is too long"))
		must(t, err)
		_, err = fmt.Fprint(gram, i)
		must(t, err)
		d.says("port", fmt.Sprintf("<%d>", i))
	}
	if n := d.count(func(l line) bool { return strings.HasSuffix(l.text("message"), "recovered") }); n > 20 {
		t.Errorf("%d lines of recoveries", n)
	}
	if n := d.count(func(l line) bool { return l.text("message") == "source_recovered: port" }); n > 20 {
		t.Errorf("%d recoveries told", n)
	}
}
