package clauses_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// polled says whether any epoll instance of the process watches fd.
func polled(t testing.TB, fd int) bool {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fdinfo")
	must(t, err)
	for _, e := range entries {
		info, _ := os.ReadFile("/proc/self/fdinfo/" + e.Name()) // its own descriptor is gone by now
		for line := range strings.Lines(string(info)) {
			if f := strings.Fields(line); len(f) > 1 && f[0] == "tfd:" && f[1] == fmt.Sprint(fd) {
				return true
			}
		}
	}
	return false
}

func TestC3_CancelHandlerRunsOnceAndLast(t *testing.T) {
	r := start(t)
	t.Run("C3_AfterTheCallOnTheTargetQueue", func(t *testing.T) {
		for _, q := range []*reactor.Queue{r.NewQueue("serial"), r.NewQueue("concurrent", reactor.Concurrent())} {
			var happened order
			word := coalesce.NewWord(coalesce.Add)
			s := reactor.NewSource("s", q, word, fakeIntake{&happened})
			g := newGate()
			s.OnEvent(func(uint64) { g.pass(); happened.add("call ended") })
			cancelled := make(chan string, 10)
			s.OnCancel(func() { happened.add("cancel handler"); cancelled <- reactor.CurrentLabel() })
			must(t, s.Activate())
			must(t, word.Merge(1))
			s.Wake()
			receive(t, g.inside, "call")
			s.Cancel()
			none(t, cancelled, "cancel handler beside a call, on")
			g.open()
			if where := receive(t, cancelled, "cancel handler"); where != q.Label() {
				t.Errorf("cancel handler on %q, want %q", where, q.Label())
			}
			settle(t, q)
			happened.is(t, "registered in the kernel", "call ended", "unregistered in the kernel", "cancel handler")
		}
	})
	t.Run("C3_TheKernelHasLetGo", func(t *testing.T) {
		rd, wr := pipe(t)
		s := sources.NewRead("read", r.NewQueue("q"), rd)
		called := make(chan struct{}, 1000)
		s.OnEvent(func(sources.Ready) { called <- struct{}{}; _, _ = unix.Read(rd, make([]byte, 16)) })
		must(t, s.Activate())
		_, err := unix.Write(wr, []byte("x"))
		must(t, err)
		receive(t, called, "call")
		if !polled(t, rd) {
			t.Fatal("the kernel doesn't watch the descriptor of an active source: this test proves nothing")
		}
		end(t, s, func() {
			if polled(t, rd) {
				t.Error("the kernel still watches the descriptor when the cancel handler runs")
			}
			shut(t, rd, wr)
		})
	})
}

// TestC3_TheNumberMayBeUsedAgain: the cancel handler closes the descriptor, the
// next one has its number, and a source on that gets its own events and no
// other's.
func TestC3_TheNumberMayBeUsedAgain(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	for i := range share(100, 5000) {
		rd, wr := pipe(t)
		s := sources.NewRead("read", q, rd)
		calls := make(chan int, 1000)
		s.OnEvent(func(sources.Ready) {
			n, _ := unix.Read(rd, make([]byte, 64))
			calls <- n
		})
		must(t, s.Activate())
		_, err := unix.Write(wr, make([]byte, i%32+1)) // what the one before wrote has another length
		must(t, err)
		if n := receive(t, calls, "call"); n != i%32+1 {
			t.Fatalf("round %d: %d bytes, want %d", i, n, i%32+1)
		}
		_, err = unix.Write(wr, []byte("an event on its way when it is cancelled"))
		must(t, err)
		end(t, s, func() { shut(t, rd) })
		shut(t, wr)
	}
}

func TestC4_NoCallAfterTheCancelHandlerBegan(t *testing.T) {
	r := start(t)
	for _, q := range []*reactor.Queue{r.NewQueue("serial"), r.NewQueue("concurrent", reactor.Concurrent()), r.Global(reactor.Utility)} {
		for range share(200, 20_000) {
			s := sources.NewData("data", q, coalesce.Add)
			var over atomic.Bool
			var inside crowd
			cancelled := make(chan struct{})
			s.OnEvent(func(uint64) {
				inside.enter()
				defer inside.leave()
				if over.Load() {
					t.Error("call after the cancel handler")
				}
			})
			s.OnCancel(func() {
				over.Store(true)
				inside.enter()
				close(cancelled)
				inside.leave()
			})
			must(t, s.Activate())
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() {
					for range 20 {
						s.Merge(1)
					}
				})
			}
			cancelAfter := rand.IntN(100)
			wg.Go(func() {
				for range cancelAfter {
					s.Merge(1)
				}
				s.Cancel()
			})
			receive(t, cancelled, "cancel handler")
			wg.Wait()
			s.Merge(1)
			if inside.largest() > 1 {
				t.Fatal("the cancel handler ran beside a call")
			}
		}
	}
	settle(t, r.NewQueue("end"))
}

func TestC4_TimerAfterItsCancelHandler(t *testing.T) {
	r, c := startTurned(t)
	q := r.NewQueue("q")
	s := sources.NewTimer("timer", q, reactor.Monotonic)
	ticks := make(chan struct{}, 100)
	s.OnEvent(func(sources.Ticks) { ticks <- struct{}{} })
	must(t, s.SetSchedule(sources.Schedule{Start: r.Now(reactor.Monotonic).Add(10 * ms), Interval: 10 * ms}))
	must(t, s.Activate())
	c.Advance(int64(10 * ms))
	receive(t, ticks, "tick")
	end(t, s)
	for len(ticks) > 0 {
		<-ticks
	}
	pass(t, c, q, 100*ms)
	none(t, ticks, "tick after the cancel handler")
}
