package reactor_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reactord/reactord/reactor"
)

func TestGR2_NotifyWhenEmpty(t *testing.T) {
	r := start(t)
	var g reactor.Group
	told := make(chan struct{})
	g.Notify(r.NewQueue("empty"), func() { close(told) })
	receive(t, told, "notification of an empty group")
}

func TestGR2_NotifyAtZero(t *testing.T) {
	r := start(t)
	q := r.NewQueue("at zero")
	g := reactor.NewGroup("two out")
	g.Enter()
	g.Enter()
	var got []int // no lock: q orders the items
	for i := range 5 {
		g.Notify(q, func() { got = append(got, i) })
	}
	drain(t, q)
	g.Leave()
	drain(t, q)
	if len(got) != 0 {
		t.Errorf("notified with one still out: %v", got)
	}
	want := reactor.GroupState{Label: "two out", Entered: 1, Notifies: 5}
	if diff := cmp.Diff(want, g.State()); diff != "" {
		t.Error(diff)
	}
	g.Leave()
	drain(t, q)
	if diff := cmp.Diff([]int{0, 1, 2, 3, 4}, got); diff != "" {
		t.Error(diff)
	}
	g.Enter() // the next generation has none of these
	g.Leave()
	drain(t, q)
	if len(got) != 5 {
		t.Errorf("notified again: %v", got)
	}
}

// TestGR2_RaceOfNotifyAndLastLeave is what libdispatch's dispatch_group does
// 200,000 times: a notification races with the Leave that empties the group,
// and must come exactly once either way, within a second.
func TestGR2_RaceOfNotifyAndLastLeave(t *testing.T) {
	r := start(t)
	q := r.NewQueue("raced")
	var g reactor.Group
	told := make(chan struct{}, 2)
	for i := range longOrShare(200_000, 2_000) {
		g.Enter()
		go g.Leave()
		g.Notify(q, func() { told <- struct{}{} })
		select {
		case <-told:
		case <-time.After(time.Second):
			t.Fatalf("cycle %d: no notification within a second", i)
		}
		g.Wait()
	}
	drain(t, q)
	if len(told) != 0 {
		t.Error("notified twice")
	}
}

// TestGR2_GenerationsDontMix has goroutines enter and leave one group such that
// it empties and fills all the time. Whoever asks after an Enter must not be
// told before the Leave that goes with it.
func TestGR2_GenerationsDontMix(t *testing.T) {
	r := start(t)
	var g reactor.Group
	var early, told atomic.Int64
	rounds := longOrShare(200_000, 3_000)
	var work sync.WaitGroup
	for w := range 4 {
		q := r.NewQueue("told")
		work.Go(func() {
			for i := range rounds {
				var left atomic.Bool
				check := func() {
					if !left.Load() {
						early.Add(1)
					}
					told.Add(1)
				}
				g.Enter()
				if (i+w)%2 == 0 {
					work.Go(func() {
						g.Wait()
						check()
					})
				} else {
					work.Add(1)
					g.Notify(q, func() {
						check()
						work.Done()
					})
				}
				for range i % 4 {
					runtime.Gosched() // time for being told too early
				}
				left.Store(true)
				g.Leave()
			}
		})
	}
	work.Wait()
	if early.Load() != 0 || told.Load() != int64(4*rounds) {
		t.Errorf("%d of %d told, %d of them before their leave", told.Load(), 4*rounds, early.Load())
	}
	if diff := cmp.Diff(reactor.GroupState{}, g.State()); diff != "" {
		t.Error(diff)
	}
}

// TestGR2_EnterBetweenZeroAndItsLock has a generation end while another
// goroutine holds the group's lock, which a State with a long list to count
// does for long. An Enter and a Notify come in between; they must not be told
// with the old generation.
func TestGR2_EnterBetweenZeroAndItsLock(t *testing.T) {
	r := start(t)
	q := r.NewQueue("between")
	var g reactor.Group
	for range longOrShare(300, 40) {
		var old, told atomic.Int64
		var work sync.WaitGroup
		const many = 5000
		g.Enter()
		for range many {
			g.Notify(q, func() { old.Add(1) })
		}
		stop := make(chan struct{})
		work.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					g.State()
				}
			}
		})
		work.Go(g.Leave)
		for !g.WaitFor(0) {
			runtime.Gosched()
		}
		g.Enter()
		g.Notify(q, func() { told.Add(1) })
		close(stop)
		work.Wait()
		drain(t, q)
		if old.Load() != many || told.Load() != 0 {
			t.Fatalf("%d of %d of the old generation told, %d of the new", old.Load(), many, told.Load())
		}
		g.Leave()
		drain(t, q)
		if told.Load() != 1 {
			t.Fatalf("told %d times", told.Load())
		}
	}
}

// TestGR2_TimeOutsRaceWithZero has waits time out just as the group empties.
func TestGR2_TimeOutsRaceWithZero(t *testing.T) {
	start(t)
	var g reactor.Group
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			for i := range longOrShare(100_000, 1_000) {
				g.Enter()
				var left atomic.Bool
				work.Go(func() {
					if g.WaitFor(time.Duration(1+i%20)*time.Microsecond) && !left.Load() {
						t.Error("told before the leave")
					}
				})
				left.Store(true)
				g.Leave()
			}
		})
	}
	work.Wait()
	if diff := cmp.Diff(reactor.GroupState{}, g.State()); diff != "" {
		t.Error(diff)
	}
}
