package reactor_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/reactor"
)

func TestSE1_NegativeIsNil(t *testing.T) {
	leak.Check(t)
	if reactor.NewSemaphore(-1) != nil {
		t.Error("made with -1")
	}
	if reactor.NewSemaphore(0) == nil {
		t.Error("not made with 0")
	}
}

func TestSE1_Wait(t *testing.T) {
	t.Run("SE1_TakesWhatIsThere", func(t *testing.T) {
		leak.Check(t)
		s := reactor.NewSemaphore(3)
		s.Wait()
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.WaitContext(ended); err != nil {
			t.Error(err)
		}
		if !s.WaitFor(0) || s.WaitFor(0) || s.WaitFor(-1) {
			t.Error("a poll doesn't find what is there")
		}
		if s.Signal() || !s.WaitFor(time.Hour) {
			t.Error("a signal to nobody is not kept")
		}
	})
	t.Run("SE1_TimeOutTakesTheDecrementBack", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := reactor.NewSemaphore(0)
			begun := time.Now()
			if s.WaitFor(50 * time.Millisecond) {
				t.Error("wait succeeded without a signal")
			}
			if d := time.Since(begun); d != 50*time.Millisecond {
				t.Errorf("timed out after %v", d)
			}
			if s.Signal() {
				t.Error("a signal woke somebody who is gone")
			}
			if !s.WaitFor(0) || s.WaitFor(0) {
				t.Error("a signal after a time-out is worth one wait")
			}
		})
	})
	t.Run("SE1_Context", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := reactor.NewSemaphore(0)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := s.WaitContext(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v", err)
			}
			time.AfterFunc(time.Second, func() { s.Signal() })
			if err := s.WaitContext(t.Context()); err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("SE1_SignalTellsWhetherItWoke", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := reactor.NewSemaphore(0)
			go s.Wait()
			synctest.Wait()
			if !s.Signal() {
				t.Error("woke nobody, one waits")
			}
			if s.Signal() {
				t.Error("woke somebody, nobody waits")
			}
		})
	})
	t.Run("SE1_FirstComeFirstServed", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := reactor.NewSemaphore(0)
			var got, want []int // no lock: one at a time is woken
			for i := range 10 {
				go func() {
					if i%3 == 0 {
						s.WaitFor(time.Millisecond)
						return // gone before the first signal
					}
					s.Wait()
					got = append(got, i)
				}()
				synctest.Wait()
				if i%3 != 0 {
					want = append(want, i)
				}
			}
			time.Sleep(time.Second)
			for range want {
				s.Signal()
				synctest.Wait()
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	})
	t.Run("SE1_NobodyOvertakes", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := reactor.NewSemaphore(0)
			go s.Wait()
			synctest.Wait()
			s.Signal() // is the waiter's, though it hasn't run yet
			if s.WaitFor(0) {
				t.Error("a poll took what was given to a waiter")
			}
		})
	})
}

// TestSE1_AsMutex is libdispatch's dispatch_sema.
func TestSE1_AsMutex(t *testing.T) {
	leak.Check(t)
	s := reactor.NewSemaphore(1)
	count := 0 // guarded by s, says the race detector
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() {
			for range 10_000 / 8 {
				s.Wait()
				count++
				s.Signal()
			}
		})
	}
	work.Wait()
	if count != 10_000 {
		t.Errorf("%d increments", count)
	}
	s.Close()
}

func TestSE2_Close(t *testing.T) {
	leak.Check(t)
	s := reactor.NewSemaphore(2)
	s.Wait()
	panicWith(t, s.Close, "created with 2", "closed with 1")
	s.Signal()
	s.Signal() // more than at first is no fault
	s.Close()
	s.Close()
	use := map[string]func(){
		"Signal":      func() { s.Signal() },
		"Wait":        s.Wait,
		"WaitFor":     func() { s.WaitFor(time.Hour) },
		"poll":        func() { s.WaitFor(0) },
		"WaitContext": func() { _ = s.WaitContext(t.Context()) },
	}
	for name, f := range use {
		t.Run("SE2_UseAfterClose/"+name, func(t *testing.T) {
			panicWith(t, f, "created with 2", "after Close")
		})
	}
}

func TestSemaphoreCosts(t *testing.T) {
	leak.Check(t)
	s := reactor.NewSemaphore(0)
	if n := testing.AllocsPerRun(1000, func() { s.Signal(); s.Wait(); s.WaitFor(0) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkSemaphore is Signal and Wait beside a channel of capacity 1 and a
// sync.WaitGroup, and a hand-over between two goroutines beside channels.
func BenchmarkSemaphore(b *testing.B) {
	b.Run("Semaphore", func(b *testing.B) {
		b.ReportAllocs()
		s := reactor.NewSemaphore(0)
		for b.Loop() {
			s.Signal()
			s.Wait()
		}
	})
	b.Run("Channel", func(b *testing.B) {
		b.ReportAllocs()
		c := make(chan struct{}, 1)
		for b.Loop() {
			c <- struct{}{}
			<-c
		}
	})
	b.Run("WaitGroup", func(b *testing.B) {
		b.ReportAllocs()
		var wg sync.WaitGroup
		for b.Loop() {
			wg.Add(1)
			wg.Done()
		}
	})
	b.Run("SemaphoreBlocked", func(b *testing.B) {
		b.ReportAllocs()
		ping, pong := reactor.NewSemaphore(0), reactor.NewSemaphore(0)
		go func() {
			for range b.N {
				ping.Wait()
				pong.Signal()
			}
		}()
		for range b.N {
			ping.Signal()
			pong.Wait()
		}
	})
	b.Run("ChannelBlocked", func(b *testing.B) {
		b.ReportAllocs()
		ping, pong := make(chan struct{}, 1), make(chan struct{}, 1)
		go func() {
			for range b.N {
				<-ping
				pong <- struct{}{}
			}
		}()
		for range b.N {
			ping <- struct{}{}
			<-pong
		}
	})
}
