package reactor_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/reactor"
)

func TestON1_ExactlyOnce(t *testing.T) {
	leak.Check(t)
	for range longOrShare(20_000, 500) {
		var once reactor.Once
		ran := 0 // no lock: who returns from Do sees it
		var work sync.WaitGroup
		for range 8 {
			work.Go(func() {
				once.Do(func() { ran++ })
				if ran != 1 {
					t.Errorf("ran %d times when Do returned", ran)
				}
			})
		}
		work.Wait()
	}
}

func TestON1_LaterCallersWait(t *testing.T) {
	leak.Check(t)
	var once reactor.Once
	running, release, later := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var ended atomic.Bool
	go once.Do(func() {
		close(running)
		<-release
		ended.Store(true)
	})
	receive(t, running, "first Do")
	go func() {
		defer close(later)
		once.Do(func() { t.Error("ran a second function") })
		if !ended.Load() {
			t.Error("returned before the function of the first")
		}
	}()
	close(release)
	receive(t, later, "return of a later Do")
}

func TestON1_RecursionPanics(t *testing.T) {
	leak.Check(t)
	var once, other reactor.Once
	inner := false
	once.Do(func() {
		other.Do(func() { inner = true }) // another one is allowed
		panicWith(t, func() { once.Do(func() {}) }, "Once", "TestON1_RecursionPanics", "same goroutine")
	})
	if !inner {
		t.Error("a Once within another didn't run")
	}
	once.Do(func() { t.Error("ran again") })
}

// TestON1_PanicCounts: as with sync.Once.
func TestON1_PanicCounts(t *testing.T) {
	leak.Check(t)
	var once reactor.Once
	panicWith(t, func() { once.Do(func() { panic("of the function") }) }, "of the function")
	once.Do(func() { t.Error("ran again") })
}

// TestON1_ThroughAQueue: Sync runs on the caller's goroutine, so recursion by
// way of a queue is seen too.
func TestON1_ThroughAQueue(t *testing.T) {
	r := start(t)
	q := r.NewQueue("recursive")
	var once reactor.Once
	once.Do(func() {
		panicWith(t, func() { q.Sync(func() { once.Do(func() {}) }) }, "Once", "same goroutine")
	})
	drain(t, q)
}

// BenchmarkOnce is Do when the function has run, beside sync.Once.
func BenchmarkOnce(b *testing.B) {
	f := func() {}
	b.Run("Once", func(b *testing.B) {
		b.ReportAllocs()
		var once reactor.Once
		for b.Loop() {
			once.Do(f)
		}
	})
	b.Run("SyncOnce", func(b *testing.B) {
		b.ReportAllocs()
		var once sync.Once
		for b.Loop() {
			once.Do(f)
		}
	})
}
