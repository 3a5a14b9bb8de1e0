package e2e

import (
	bytes "encoding/binary"
	"os"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/handlers"
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
		queueSignal(t, d.command.Process.Pid, 40, int32(i))
		if i%8 == 0 {
			time.Sleep(time.Millisecond) // the load, not a wait: some come alone, some together
		}
	}
	queueSignal(t, d.command.Process.Pid, 41, -1)
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

// queueSignal is sigqueue(3).
func queueSignal(t *testing.T, pid int, s syscall.Signal, value int32) {
	t.Helper()
	var info [128]byte
	put := func(at int, v uint32) { bytes.NativeEndian.PutUint32(info[at:], v) }
	put(0, uint32(s))
	put(8, ^uint32(0)) // SI_QUEUE
	put(16, uint32(os.Getpid()))
	put(20, uint32(os.Getuid()))
	put(24, uint32(value))
	for {
		_, _, errno := unix.Syscall(unix.SYS_RT_SIGQUEUEINFO, uintptr(pid), uintptr(s), uintptr(unsafe.Pointer(&info)))
		switch {
		case errno == 0:
			return
		case errno != unix.EAGAIN:
			t.Fatalf("sigqueue: %v", errno)
		}
		time.Sleep(time.Millisecond) // the user's queue of signals is full: it is being emptied
	}
}
