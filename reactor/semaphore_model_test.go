package reactor_test

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/reactor"
)

// drainSemaphore takes all permits and returns how many there were. It blocks
// for a moment, for a poll would not find one that is kept for a waiter.
func drainSemaphore(s *reactor.Semaphore) (n int64) {
	for s.WaitFor(time.Microsecond) {
		n++
	}
	return n
}

// TestSE1_NoSignalIsLost has waits time out just as signals come: what was
// signalled is what was taken and what is left.
func TestSE1_NoSignalIsLost(t *testing.T) {
	leak.Check(t)
	s := reactor.NewSemaphore(0)
	rounds := longOrShare(200_000, 3_000)
	const pairs = 3
	var taken, woke atomic.Int64
	var work sync.WaitGroup
	for w := range pairs {
		work.Go(func() {
			for i := range rounds {
				d := time.Duration(1+(i+w)%30) * time.Microsecond
				if i%2 == 0 {
					ctx, cancel := context.WithTimeout(context.Background(), d)
					if s.WaitContext(ctx) == nil {
						taken.Add(1)
					}
					cancel()
				} else if s.WaitFor(d) {
					taken.Add(1)
				}
			}
		})
		work.Go(func() {
			for i := range rounds {
				if s.Signal() {
					woke.Add(1)
				}
				if i%8 == 0 {
					time.Sleep(time.Microsecond) // for the waiters to run dry
				}
			}
		})
	}
	work.Wait()
	left := drainSemaphore(s)
	if taken.Load()+left != int64(pairs*rounds) {
		t.Errorf("%d signals, %d taken and %d left", pairs*rounds, taken.Load(), left)
	}
	if woke.Load() > taken.Load() {
		t.Errorf("%d woken, but only %d took a permit", woke.Load(), taken.Load())
	}
	s.Close()
}

// TestSE1_SignalsRaceWithTimeOuts has many waiters give up at once while as many
// signals come, so that some are late for the lock.
func TestSE1_SignalsRaceWithTimeOuts(t *testing.T) {
	leak.Check(t)
	s := reactor.NewSemaphore(0)
	for round := range longOrShare(50_000, 1_000) {
		const waiters, signals = 6, 6
		ctx, cancel := context.WithCancel(context.Background())
		var taken atomic.Int64
		var work sync.WaitGroup
		for range waiters {
			work.Go(func() {
				if s.WaitContext(ctx) == nil {
					taken.Add(1)
				}
			})
		}
		for range round % 8 {
			runtime.Gosched() // some waiters get to the list
		}
		work.Go(cancel)
		for range signals {
			work.Go(func() { s.Signal() })
		}
		work.Wait()
		left := drainSemaphore(s)
		if taken.Load()+left != signals {
			t.Fatalf("round %d: %d signals, %d taken and %d left", round, signals, taken.Load(), left)
		}
	}
}

// semaphoreWait is a wait the model knows of.
type semaphoreWait struct {
	until time.Time    // zero: for ever
	want  int32        // says the model: 0 blocked, 1 success, -1 time-out
	got   atomic.Int32 // the same
}

// TestSE1_Model compares a semaphore with a number and a queue of waits,
// whatever is done to it.
func TestSE1_Model(t *testing.T) {
	bubble(t, func(t *testing.T) { rapid.Check(inBubble{t}, checkSemaphore) })
}

func checkSemaphore(t *rapid.T) {
	value := rapid.IntRange(0, 3).Draw(t, "value")
	s := reactor.NewSemaphore(value)
	var waits []*semaphoreWait
	first := func() *semaphoreWait {
		for _, w := range waits {
			if w.want == 0 {
				return w
			}
		}
		return nil
	}
	signal := func() (woke bool) {
		if w := first(); w != nil {
			w.want = 1
			return true
		}
		value++
		return false
	}
	wait := func(d time.Duration, f func() bool) {
		w := new(semaphoreWait)
		waits = append(waits, w)
		if d != 0 {
			w.until = time.Now().Add(d)
		}
		if value > 0 {
			value--
			w.want = 1
		}
		go func() {
			if f() {
				w.got.Store(1)
			} else {
				w.got.Store(-1)
			}
		}()
		synctest.Wait()
	}
	defer func() {
		for first() != nil {
			s.Signal()
			signal()
		}
		synctest.Wait()
	}()
	delays := rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.IntRange(1, 5).Draw(t, "ms")) * time.Millisecond
	})
	t.Repeat(map[string]func(*rapid.T){
		"signal": func(t *rapid.T) {
			if got, want := s.Signal(), signal(); got != want {
				t.Errorf("signal woke: %v, want %v", got, want)
			}
		},
		"poll": func(t *rapid.T) {
			if got, want := s.WaitFor(0), value > 0; got != want {
				t.Errorf("poll: %v, want %v", got, want)
			} else if got {
				value--
			}
		},
		"wait": func(*rapid.T) { wait(0, func() bool { s.Wait(); return true }) },
		"waitFor": func(t *rapid.T) {
			d := delays.Draw(t, "wait")
			wait(d, func() bool { return s.WaitFor(d) })
		},
		"waitContext": func(t *rapid.T) {
			d := delays.Draw(t, "wait")
			wait(d, func() bool {
				ctx, cancel := context.WithTimeout(context.Background(), d)
				defer cancel()
				return s.WaitContext(ctx) == nil
			})
		},
		"sleep": func(t *rapid.T) {
			time.Sleep(delays.Draw(t, "sleep"))
			for _, w := range waits {
				if w.want == 0 && !w.until.IsZero() && !w.until.After(time.Now()) {
					w.want = -1
				}
			}
		},
		"": func(t *rapid.T) {
			synctest.Wait()
			for i, w := range waits {
				if w.got.Load() != w.want {
					t.Errorf("wait %d: %d, want %d (1 success, -1 time-out, 0 blocked)", i, w.got.Load(), w.want)
				}
			}
		},
	})
}
