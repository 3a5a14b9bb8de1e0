package clauses_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reactord/reactord/reactor"
)

func TestSE1_WaitAndSignal(t *testing.T) {
	start(t)
	t.Run("SE1_NegativeIsNil", func(t *testing.T) {
		if s := reactor.NewSemaphore(-1); s != nil {
			t.Error("a semaphore of -1 was made")
		}
	})
	t.Run("SE1_CountsDown", func(t *testing.T) {
		s := reactor.NewSemaphore(2)
		finishes(t, "two waits", func() { s.Wait(); s.Wait() })
		if s.WaitFor(0) {
			t.Error("a third wait succeeded")
		}
		if s.Signal() {
			t.Error("signal says it woke somebody, and nobody waits")
		}
		if !s.WaitFor(0) {
			t.Error("the signal was lost")
		}
		s.Signal()
		s.Signal()
	})
	t.Run("SE1_TimedOut", func(t *testing.T) {
		s := reactor.NewSemaphore(0)
		began := time.Now()
		if s.WaitFor(50 * ms) {
			t.Error("wait succeeded without a signal")
		}
		if took := time.Since(began); took < 50*ms || took > 5*time.Second {
			t.Errorf("a wait of 50 ms took %v", took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.WaitContext(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("WaitContext: %v", err)
		}
		if s.Signal() { // the decrements were taken back: nobody waits
			t.Error("signal says it woke somebody who had given up")
		}
		must(t, s.WaitContext(t.Context()))
	})
	t.Run("SE1_SignalTellsWhetherItWoke", func(t *testing.T) {
		s := reactor.NewSemaphore(0)
		woken := make(chan struct{}, 3)
		for range 3 {
			go func() { s.Wait(); woken <- struct{}{} }()
		}
		woke := 0
		for woke < 3 { // a waiter that isn't there yet finds the value
			if s.Signal() {
				woke++
			} else if !s.WaitFor(0) {
				woke++ // the value went to one that had just come
			}
			runtime.Gosched()
		}
		for range 3 {
			receive(t, woken, "waiter")
		}
	})
}

// TestSE1_RacingSignalsAreNotLost: what was signalled is either taken by a wait
// or still there at the end.
func TestSE1_RacingSignalsAreNotLost(t *testing.T) {
	start(t)
	s := reactor.NewSemaphore(0)
	var taken atomic.Int64
	var wg sync.WaitGroup
	n := share(2000, 100_000)
	for g := range 4 {
		wg.Go(func() {
			for i := range n {
				if s.WaitFor(time.Duration((i+g)%3) * time.Microsecond) {
					taken.Add(1)
				}
			}
		})
		wg.Go(func() {
			for range n {
				s.Signal()
				runtime.Gosched()
			}
		})
	}
	finishes(t, "waits and signals", wg.Wait)
	for s.WaitFor(0) {
		taken.Add(1)
	}
	if got, want := taken.Load(), int64(4*n); got != want {
		t.Fatalf("%d waits succeeded for %d signals", got, want)
	}
}

// TestSE2_DroppingItHeld: under a garbage collector that is no error. Close,
// which a program may call, keeps what is left of the rule.
func TestSE2_DroppingItHeld(t *testing.T) {
	start(t)
	func() {
		s := reactor.NewSemaphore(1)
		s.Wait()
	}()
	for range 3 {
		runtime.GC()
	}
	held := reactor.NewSemaphore(2)
	held.Wait()
	if v := attempt(t, "close", held.Close); v == nil {
		t.Error("closing a semaphore whose value is below the initial one didn't panic")
	}
	whole := reactor.NewSemaphore(2)
	whole.Wait()
	whole.Signal()
	if v := attempt(t, "close", whole.Close); v != nil {
		t.Errorf("close: %v", v)
	}
}
