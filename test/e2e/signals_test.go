package e2e

import (
	"os"
	"testing"
	"time"

	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/test/sigqueue"
)

// Ensure that of signals sent with values each is counted, while commands are
// started all the time, which have no signal blocked.
func TestExactSignalsWhileCommandsStart(t *testing.T) {
	n := 3000
	if soak() {
		n = 50_000
	}
	d := start(t, `
sources:
  tick: { timer: { every: 2ms }, handler: { exec: ["true"] } }
  rt: { signal: { signals: [SIGRTMIN+6, SIGRTMIN+7], exact: true }, handler: { exec: [sh, -c, "cat >> $DIR/rt"] } }
`)
	for i := range n {
		sigqueue.Send(t, d.command.Process.Pid, 40, int32(i))
		if i%8 == 0 {
			time.Sleep(time.Millisecond) // the load, not a wait: some come alone, some together
		}
	}
	sigqueue.Send(t, d.command.Process.Pid, 41, -1)
	next := int32(0)
	all := d.records("rt", func(all []handlers.Event) bool {
		return len(all) > 0 && all[len(all)-1].Signal == "SIGRTMIN+7"
	})
	for _, e := range all {
		if e.Signal == "SIGRTMIN+7" {
			if len(e.Senders) != 1 || *e.Senders[0].Value != -1 {
				t.Errorf("senders of the last: %+v", e.Senders)
			}
			continue
		}
		if int(e.SignalCount) != len(e.Senders) {
			t.Fatalf("%d signals, %d senders", e.SignalCount, len(e.Senders))
		}
		for _, s := range e.Senders {
			if s.PID != os.Getpid() || s.Value == nil || *s.Value != next {
				t.Fatalf("sender %+v, want value %d", s, next)
			}
			next++
		}
	}
	if int(next) != n {
		t.Errorf("%d of %d signals", next, n)
	}
}
