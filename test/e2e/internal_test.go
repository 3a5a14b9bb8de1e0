package e2e

import (
	"os"
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
