package sources_test

import (
	"errors"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/sources"
)

// Ensure that a port that is behind makes the sender wait, and that what the
// sender could send arrives, all of it and in order.
func TestPortFlowControl(t *testing.T) {
	r := start(t)
	ours, theirs := connection(t)
	in := openPort(t, r, ours, sources.PortOptions{Batch: 3})
	must(t, in.Activate())
	in.Suspend()
	drainLoop(t, r)
	sent := 0
	for ; ; sent++ {
		err := unix.Sendmsg(theirs, fmt.Appendf(nil, "%d", sent), nil, nil, unix.MSG_DONTWAIT)
		if errors.Is(err, unix.EAGAIN) {
			break
		}
		if must(t, err); sent > 1e6 {
			t.Fatal("the sender is never held up")
		}
	}
	in.Resume()
	for i, m := range in.messages(t, sent) {
		if string(m.Data) != fmt.Sprint(i) {
			t.Fatalf("message %d is %q", i, m.Data)
		}
	}
	send(t, theirs, "goes on")
	in.messages(t, 1)
	_ = unix.Close(theirs)
	in.close(t)
}
