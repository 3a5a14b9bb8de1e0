package reactor_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/reactor"
)

func TestGR1_Wait(t *testing.T) {
	t.Run("GR1_EmptyReturnsAtOnce", func(t *testing.T) {
		leak.Check(t)
		var g reactor.Group
		g.Wait()
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := g.WaitContext(ended); err != nil || !g.WaitFor(0) || !g.WaitFor(-1) || !g.WaitFor(time.Hour) {
			t.Error("an empty group is waited for")
		}
	})
	t.Run("GR1_ReturnsAtZero", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			g := reactor.NewGroup("two")
			begun := time.Now()
			for _, d := range []time.Duration{time.Second, 3 * time.Second} {
				g.Enter()
				time.AfterFunc(d, g.Leave)
			}
			g.Wait()
			if d := time.Since(begun); d != 3*time.Second {
				t.Errorf("waited %v, the last leave was at 3s", d)
			}
		})
	})
	t.Run("GR1_TimeOut", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			var g reactor.Group
			g.Enter()
			begun := time.Now()
			if g.WaitFor(50 * time.Millisecond) {
				t.Error("wait succeeded on a group that is not empty")
			}
			if d := time.Since(begun); d != 50*time.Millisecond {
				t.Errorf("timed out after %v", d)
			}
			if g.WaitFor(0) || g.WaitFor(-time.Second) || time.Since(begun) != 50*time.Millisecond {
				t.Error("a poll of a group that is not empty blocks or succeeds")
			}
			if s := g.State(); s.Waiting != 0 {
				t.Errorf("%d still wait", s.Waiting)
			}
			g.Leave()
			if !g.WaitFor(0) {
				t.Error("a poll of an empty group fails")
			}
		})
	})
	t.Run("GR1_Context", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			var g reactor.Group
			g.Enter()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := g.WaitContext(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v", err)
			}
			time.AfterFunc(time.Second, g.Leave)
			if err := g.WaitContext(t.Context()); err != nil {
				t.Error(err)
			}
		})
	})
	// What libdispatch's dispatch_group has: three of 7 s, waits of 5 s.
	t.Run("GR1_TimeOutThenAgain", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			var g reactor.Group
			for range 3 {
				g.Enter()
				go func() {
					defer g.Leave()
					time.Sleep(7 * time.Second)
				}()
			}
			if g.WaitFor(5 * time.Second) {
				t.Error("the first wait succeeded after 5s of 7s")
			}
			if !g.WaitFor(5 * time.Second) {
				t.Error("the second wait failed after 10s of 7s")
			}
		})
	})
}

func TestGR3_AllWaitersWake(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var g reactor.Group
		g.Enter()
		var woken atomic.Int32
		for range 10 {
			go func() {
				g.Wait()
				woken.Add(1)
			}()
		}
		for i := range 10 {
			go func() {
				if g.WaitFor(time.Duration(i) * time.Second) {
					t.Errorf("wait for %ds succeeded, the leave was later", i)
				}
			}()
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		want := reactor.GroupState{Entered: 1, Waiting: 10}
		if diff := cmp.Diff(want, g.State()); diff != "" || woken.Load() != 0 {
			t.Errorf("%d woken before the leave, %s", woken.Load(), diff)
		}
		g.Leave()
		synctest.Wait()
		if n := woken.Load(); n != 10 {
			t.Errorf("%d of 10 woken", n)
		}
	})
}

func TestGR4_UnbalancedLeave(t *testing.T) {
	leak.Check(t)
	g := reactor.NewGroup("uploads")
	panicWith(t, g.Leave, `"uploads"`, "Leave without an Enter")
	g.Enter()
	g.Leave()
	panicWith(t, g.Leave, `"uploads"`)
	g.Enter() // the group is none the worse for it
	if g.WaitFor(0) {
		t.Error("empty after an Enter")
	}
	g.Leave()
	g.Wait()
	panicWith(t, func() { g.Notify(nil, func() {}) }, `"uploads"`, "queue")
}

func TestGR4_KeptAliveByAnEnter(t *testing.T) {
	r := start(t)
	q := r.NewQueue("notified")
	told := make(chan struct{})
	leave := func() func() {
		g := new(reactor.Group)
		g.Enter()
		g.Notify(q, func() { close(told) })
		return g.Leave
	}()
	runtime.GC()
	runtime.GC()
	leave()
	receive(t, told, "notification of a group nobody else holds")
}

func TestGR5_Async(t *testing.T) {
	t.Run("GR5_HundredQueues", func(t *testing.T) {
		r := start(t)
		g := reactor.NewGroup("hundred")
		var ran atomic.Int32
		for range 100 {
			g.Async(r.NewQueue("one of a hundred"), func() { ran.Add(1) })
		}
		if !g.WaitFor(patience) || ran.Load() != 100 {
			t.Errorf("%d of 100 ran", ran.Load())
		}
	})
	t.Run("GR5_EntersAtOnceAndLeavesAtTheEnd", func(t *testing.T) {
		r := start(t)
		var g reactor.Group
		q := r.NewQueue("held up")
		release := make(chan struct{})
		q.Async(func() { <-release })
		g.Async(q, func() {
			if g.WaitFor(0) {
				t.Error("empty while the function runs")
			}
		})
		if g.State().Entered != 1 {
			t.Error("not entered before the function runs")
		}
		close(release)
		if !g.WaitFor(patience) {
			t.Error("not left")
		}
	})
	t.Run("GR5_LeavesWhenItPanics", func(t *testing.T) {
		r := start(t, reactor.WithTracer(quiet{}))
		var g reactor.Group
		g.Async(r.NewQueue("panics"), func() { panic("of the function") })
		if !g.WaitFor(patience) {
			t.Error("not left")
		}
	})
}

func TestGroupCosts(t *testing.T) {
	leak.Check(t)
	var g reactor.Group
	if n := testing.AllocsPerRun(1000, func() { g.Enter(); g.Leave(); g.Wait(); g.WaitFor(0) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkGroup is Enter and Leave beside what a sync.WaitGroup does.
func BenchmarkGroup(b *testing.B) {
	var g reactor.Group
	var wg sync.WaitGroup
	b.Run("Group", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			g.Enter()
			g.Leave()
		}
	})
	b.Run("WaitGroup", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			wg.Add(1)
			wg.Done()
		}
	})
	b.Run("GroupContended", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				g.Enter()
				g.Leave()
			}
		})
	})
	b.Run("WaitGroupContended", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				wg.Add(1)
				wg.Done()
			}
		})
	})
}
