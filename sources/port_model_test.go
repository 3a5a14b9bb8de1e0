package sources_test

import (
	"bytes"
	"os"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// Ensure that whatever is sent, with whatever descriptors, over whatever
// suspensions and faults, arrives once and in order, then the end.
func TestPortModel(t *testing.T) {
	leak.Check(t)
	rapid.Check(t, func(rt *rapid.T) {
		f := kernel.NewFaulty(kernel.Real{})
		r := reactor.New(reactor.WithKernel(f), reactor.WithTracer(quiet{}))
		ours, theirs := connection(t)
		passed, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		must(t, err)
		limit := rapid.IntRange(1, 20).Draw(rt, "limit")
		take := rapid.Bool().Draw(rt, "take")
		in := openPort(t, r, ours, sources.PortOptions{Limit: limit, Batch: rapid.IntRange(1, 4).Draw(rt, "batch"), TakeFDs: take})
		type sent struct {
			data []byte
			fds  int
		}
		var want []sent
		suspended := 0
		steps := rapid.IntRange(0, 30).Draw(rt, "steps")
		activation := rapid.IntRange(0, steps).Draw(rt, "activation")
		for step := range steps {
			if step == activation {
				must(t, in.Activate())
			}
			switch rapid.IntRange(0, 5).Draw(rt, "step") {
			case 0:
				in.Suspend()
				suspended++
			case 1:
				if suspended > 0 {
					in.Resume()
					suspended--
				}
			case 2:
				f.Fail(kernel.Recvmsg, rapid.SampledFrom([]error{unix.EINTR, unix.EAGAIN, unix.ECONNRESET}).Draw(rt, "fault"))
			default:
				m := sent{rapid.SliceOfN(rapid.Byte(), 0, 25).Draw(rt, "data"), rapid.IntRange(0, 3).Draw(rt, "descriptors")}
				var rights []byte
				if len(m.data) == 0 {
					m.fds = 0 // package unix would add a byte
				}
				if m.fds > 0 {
					rights = unix.UnixRights([]int{passed, passed, passed}[:m.fds]...)
				}
				must(t, unix.Sendmsg(theirs, m.data, rights, nil, 0))
				want = append(want, m)
			}
		}
		_ = unix.Close(theirs)
		for ; suspended > 0; suspended-- {
			in.Resume()
		}
		must(t, in.Activate())
		var got []sources.Message
		for {
			ev := receive(t, in.got, "event")
			got = append(got, ev.Messages...)
			if ev.HangUp {
				break
			}
		}
		if len(got) != len(want) {
			rt.Fatalf("%d messages, want %d", len(got), len(want))
		}
		for i, m := range got {
			w := want[i]
			long := len(w.data) > limit
			if m.Length != len(w.data) || m.Truncated != long || !long && !bytes.Equal(m.Data, w.data) || long && m.Data != nil {
				rt.Errorf("message %d is %+v, want %q", i, m, w.data)
			}
			if whole := take && !long; whole && len(m.FDs) != w.fds || !whole && len(m.FDs) != 0 || m.FDsLost != (w.fds > 0 && !whole) {
				rt.Errorf("message %d has descriptors %v (lost: %v), %d were passed", i, m.FDs, m.FDsLost, w.fds)
			}
			for _, fd := range m.FDs {
				_ = unix.Close(fd)
			}
		}
		_ = unix.Close(passed)
		in.close(t)
		must(t, r.Close())
	})
}
