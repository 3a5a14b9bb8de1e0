package files_test

import (
	"maps"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"github.com/reactord/reactord/internal/clock"
	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources/files"
)

// modelFaults are the calls of a source that may fail in the model, and how.
var modelFaults = map[kernel.Call][]error{
	kernel.InotifyInit: {unix.EMFILE, unix.ENOMEM},
	kernel.InotifyAdd:  {unix.ENOSPC, unix.ENOMEM, unix.EPERM, unix.EINTR},
	kernel.Read:        {unix.EINTR, unix.EIO, unix.ENOMEM},
	kernel.Readable:    {unix.EINTR, unix.ENOMEM},
	kernel.EpollPoll:   {unix.EINTR, unix.ENOMEM},
	kernel.TimerfdSet:  {unix.ENOMEM},
}

// passing has time pass on c until the function it returns is called: what waits
// to try again needn't be waited for.
func passing(c *clock.Fake) (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	tick := time.NewTicker(time.Millisecond)
	go func() {
		defer close(ended)
		for {
			select {
			case <-end:
				return
			case <-tick.C:
				c.Advance(int64(50 * time.Millisecond))
			}
		}
	}()
	return sync.OnceFunc(func() { tick.Stop(); close(end); <-ended })
}

// Ensure that what is told, replayed, gives the tree, whatever calls of the source
// fail, once and again and again, while things happen, once they no longer do.
func TestModel_FaultsHeal(t *testing.T) {
	leak.Check(t)
	rapid.Check(t, func(rt *rapid.T) {
		base, err := os.MkdirTemp("", "model")
		must(t, err)
		defer func() { _ = os.RemoveAll(base) }()
		s := &script{t: rt, dir: base + "/tree", outside: base + "/outside"}
		must(t, os.Mkdir(s.dir, 0o755))
		must(t, os.Mkdir(s.outside, 0o755))
		for range rapid.IntRange(0, 5).Draw(rt, "before") {
			s.step()
		}
		now := &clock.Fake{}
		now.Advance(time.Now().UnixNano())
		k := newSeam()
		k.Kernel = kernel.WithClock(kernel.Real{}, now)
		faulty := kernel.NewFaulty(k)
		r := reactor.New(reactor.WithKernel(faulty), reactor.WithClock(now), reactor.WithTracer(mute{}))
		defer func() { must(t, r.Close()) }()
		fail := func() {
			call := rapid.SampledFrom(slices.Sorted(maps.Keys(modelFaults))).Draw(rt, "call")
			cause := rapid.SampledFrom(modelFaults[call]).Draw(rt, "cause")
			times := rapid.SampledFrom([]int{1, 2, 50}).Draw(rt, "times")
			faulty.Fail(call, slices.Repeat([]error{cause}, times)...)
			rt.Log("fail", call, cause, times)
		}
		if rapid.Bool().Draw(rt, "deaf") {
			faulty.Fail(kernel.InotifyInit, unix.EMFILE)
		}
		rt.Log("activate")
		model, written := copyOf(t, s.dir), s.count
		w := activate(t, r, files.Options{Roots: []string{s.dir}, Recursive: true,
			MaxPending: rapid.SampledFrom([]int{0, 0, 3}).Draw(rt, "pending")})
		stop := func() {}
		defer func() { stop(); faulty.Heal(); w.end() }()
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			switch rapid.IntRange(0, 9).Draw(rt, "event") {
			case 0, 1, 2:
				fail()
			case 3:
				rt.Log("heal")
				faulty.Heal()
			case 4:
				rt.Log("overflow")
				k.overflow()
			case 5:
				rt.Log("a while passes")
				now.Advance(int64(time.Second))
			case 6:
				if rapid.Bool().Draw(rt, "caught up") {
					faulty.Heal()
					stop = passing(now)
					rt.Log("healed, and catch up")
					w.caughtUp()
					stop()
				}
			}
			s.step()
		}
		rt.Log("healed")
		faulty.Heal()
		want := copyOf(t, s.dir)
		stop = passing(now)
		tells(rt, w, model, want, written)
	})
}

// mute is a tracer for tests that provoke failures.
type mute struct{}

func (mute) Panicked(reactor.Panic) {}
func (mute) Failed(string, error)   {}
