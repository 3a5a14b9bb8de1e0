package clauses_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"weak"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

func TestS22_UnactivatedSourcesAreCollected(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	fd, wr := pipe(t)
	defer shut(t, fd, wr)
	made := func() []func() bool {
		var gone []func() bool
		watch := func(s *sources.Data) {
			s.OnEvent(func(uint64) { t.Error("event of a source that was dropped") })
			s.OnCancel(func() { t.Error("cancel handler of a source that was dropped") })
			s.Merge(1)
			p := weak.Make(s.Source)
			gone = append(gone, func() bool { return p.Value() == nil })
		}
		watch(sources.NewData("inactive", q, coalesce.Add))
		suspended := sources.NewData("suspended", q, coalesce.Add)
		suspended.Suspend()
		watch(suspended)
		cancelled := sources.NewData("cancelled", q, coalesce.Add)
		watch(cancelled)
		cancelled.Cancel() // legal, and so is dropping it then
		read := weak.Make(sources.NewRead("read", q, fd))
		timer := sources.NewTimer("timer", q, reactor.Monotonic)
		must(t, timer.SetSchedule(sources.Schedule{Start: 1, Interval: 1e9}))
		clock := weak.Make(timer.Source)
		return append(gone, func() bool { return read.Value() == nil }, func() bool { return clock.Value() == nil })
	}()
	collected(t, "a source that was never activated", func() bool {
		return !slices.ContainsFunc(made, func(gone func() bool) bool { return !gone() })
	})
	settle(t, q)
}

func TestS22_DroppingASuspendedSourceIsNoError(t *testing.T) {
	var tr tracer
	r := start(t, reactor.WithTracer(&tr))
	q := r.NewQueue("q")
	func() {
		s, _ := counting(q, coalesce.Add)
		must(t, s.Activate())
		s.Suspend()
		s.Merge(1)
	}()
	for range 5 {
		collected(t, "nothing", func() bool { return true })
	}
	drain(t, q)
	if tr.threw("q") != 0 || tr.threw("data") != 0 {
		t.Fatal("something panicked")
	}
}

func TestS23_ActiveSourcesOwnThemselves(t *testing.T) {
	r, c := startTurned(t)
	q := r.NewQueue("q")
	ticks := make(chan struct{}, 100)
	bytes := make(chan int, 100)
	var cancelled atomic.Int32
	rd, wr := pipe(t)
	func() { // nothing outside the reactor refers to these
		timer := sources.NewTimer("timer", q, reactor.Monotonic)
		timer.OnEvent(func(sources.Ticks) { ticks <- struct{}{} })
		timer.OnCancel(func() { cancelled.Add(1) })
		must(t, timer.SetSchedule(sources.Schedule{Start: r.Now(reactor.Monotonic).Add(10 * ms), Interval: 10 * ms}))
		must(t, timer.Activate())
		read := sources.NewRead("read", q, rd)
		read.OnEvent(func(sources.Ready) {
			n, _ := unix.Read(rd, make([]byte, 16))
			bytes <- n
		})
		read.OnCancel(func() { cancelled.Add(1) })
		must(t, read.Activate())
	}()
	for i := range 5 {
		for range 3 {
			collected(t, "nothing", func() bool { return true })
		}
		c.Advance(int64(10 * ms))
		receive(t, ticks, "tick")
		_, err := unix.Write(wr, make([]byte, i+1))
		must(t, err)
		if n := receive(t, bytes, "bytes"); n != i+1 {
			t.Fatalf("%d bytes, want %d", n, i+1)
		}
	}
	settle(t, q)
	if n := cancelled.Load(); n != 0 {
		t.Fatalf("%d cancel handlers ran without a cancel", n)
	}
	must(t, r.Close()) // nobody can cancel them any more
	shut(t, rd, wr)
}
