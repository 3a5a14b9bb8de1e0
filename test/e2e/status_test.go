package e2e

import (
	"maps"
	"os"
	"syscall"
	"testing"
	"time"
)

// Ensure that status says what each kind of source took in, and when a timer is
// due.
func TestStatusTellsWhatCame(t *testing.T) {
	d := start(t, `
sources:
  tick:  { timer: { every: 1h, start: now }, handler: { log: x } }
  daily: { timer: { at: daily }, handler: { log: x } }
  usr:   { signal: { signals: [SIGUSR1, SIGUSR2], exact: true }, handler: { log: "${signal}" } }
  list:  { custom: list, handler: { log: came } }
  fail:  { custom: add, handler: { exec: ["false"] } }
  told:  { internal: [gave_up], handler: { log: "${what}" } }
  lines: { read: { fifo: $DIR/fifo, framing: lines }, handler: { log: came } }
  tree:  { files: { paths: [$DIR], events: [create, delete], include: ["x*"] }, handler: { log: came } }
`)
	must(t, d.command.Process.Signal(syscall.SIGUSR1))
	must(t, d.command.Process.Signal(syscall.SIGUSR2))
	d.emit("list", `[1, 2]`)
	d.emit("list", `"three"`)
	d.emit("fail")
	fifo, err := os.OpenFile(d.path("fifo"), os.O_WRONLY, 0)
	must(t, err)
	_, err = fifo.WriteString("a\nb\nc\n")
	must(t, err)
	must(t, fifo.Close())
	d.write("x", "")
	d.write("xy", "")
	for name, want := range map[string]map[string]uint64{
		"tick": {"ticks": 1}, "usr": {"SIGUSR1": 1, "SIGUSR2": 1}, "list": {"items": 2},
		"told": {"gave_up": 1}, "lines": {"lines": 3}, "tree": {"create": 2},
	} {
		until(t, name+" is as it should be", func() bool { return maps.Equal(d.status(name).Took, want) })
	}
	for name, within := range map[string]time.Duration{"tick": time.Hour, "daily": 24 * time.Hour} {
		text, _ := d.status(name).Detail["next"].(string)
		next, err := time.Parse(time.RFC3339Nano, text)
		if ahead := time.Until(next); err != nil || ahead < 0 || ahead > within+time.Second {
			t.Errorf("%s is due at %s, %v", name, text, err)
		}
	}
}
