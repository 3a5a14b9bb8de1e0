package sources

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
)

// R8: what was told and waits to be looked at isn't asked for again by a turn that
// came too early to see it. The watch would be armed when the next turn looks, and
// of a socket that is closed there nothing would ever be told.
func TestR8_PortAsksOnlyAfterLooking(t *testing.T) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	k := kernel.NewFaulty(kernel.Real{})
	r := reactor.New(reactor.WithKernel(k))
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	must(err)
	q := r.NewQueue("q")
	p, err := NewPort("port", q, pair[0], PortOptions{})
	must(err)
	in := p.intake
	arrived := make(chan struct{}, 1)
	p.OnArrival(r.NewQueue("arrivals"), func() { arrived <- struct{}{} })
	must(in.Register())
	must(unix.Sendmsg(pair[1], []byte("x"), nil, nil, 0))
	<-arrived
	asks := func() int {
		before := k.Calls(kernel.EpollCtl)
		in.Rearm()
		return k.Calls(kernel.EpollCtl) - before
	}
	if n := asks(); n != 0 {
		t.Errorf("asked %d times for what waits", n)
	}
	if ev, _ := in.Latch(); len(ev.Messages) != 1 {
		t.Errorf("%+v", ev)
	}
	if n := asks(); n != 1 {
		t.Errorf("asked %d times for more", n)
	}
	in.Unregister()
	for _, fd := range pair {
		must(unix.Close(fd))
	}
	must(r.Close())
}
