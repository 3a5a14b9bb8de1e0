package reactor_test

import (
	"sync"
	"testing"

	"github.com/reactord/reactord/reactor"
)

func nothing() {}

func BenchmarkAsync(b *testing.B) {
	b.Run("serial", func(b *testing.B) { benchmarkAsync(b, reactor.New().NewQueue("serial")) })
	b.Run("concurrent", func(b *testing.B) {
		benchmarkAsync(b, reactor.New().NewQueue("concurrent", reactor.Concurrent()))
	})
	b.Run("global", func(b *testing.B) { benchmarkAsync(b, reactor.New().Global(reactor.DefaultQoS)) })
	b.Run("go statement", func(b *testing.B) {
		b.ReportAllocs()
		var wg sync.WaitGroup
		for b.Loop() {
			wg.Add(1)
			go func() { wg.Done() }()
		}
		wg.Wait()
	})
}

func benchmarkAsync(b *testing.B, q *reactor.Queue) {
	b.ReportAllocs()
	var wg sync.WaitGroup
	f := func() { wg.Done() }
	for b.Loop() {
		wg.Add(1)
		q.Async(f)
	}
	wg.Wait()
}

// A queue that is filled while it is suspended.
func BenchmarkBurst(b *testing.B) {
	const n = 1_000_000
	q := reactor.New().NewQueue("burst")
	for b.Loop() {
		b.StopTimer()
		q.Suspend()
		for range n {
			q.Async(nothing)
		}
		done := make(chan struct{})
		q.Async(func() { close(done) })
		b.StartTimer()
		q.Resume()
		<-done
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/item")
}

func BenchmarkSync(b *testing.B) {
	b.Run("serial", func(b *testing.B) {
		q := reactor.New().NewQueue("sync")
		b.ReportAllocs()
		for b.Loop() {
			q.Sync(nothing)
		}
	})
	b.Run("mutex", func(b *testing.B) {
		var mu sync.Mutex
		f := nothing
		for b.Loop() {
			mu.Lock()
			f()
			mu.Unlock()
		}
	})
}

// Two serial queues that answer each other.
func BenchmarkPingPong(b *testing.B) {
	b.Run("queues", func(b *testing.B) {
		r := reactor.New()
		ping, pong := r.NewQueue("ping"), r.NewQueue("pong")
		left := b.N
		done := make(chan struct{})
		var toPing, toPong func()
		toPing = func() {
			if left--; left == 0 {
				close(done)
				return
			}
			pong.Async(toPong)
		}
		toPong = func() { ping.Async(toPing) }
		b.ReportAllocs()
		b.ResetTimer()
		ping.Async(toPing)
		<-done
	})
	b.Run("channels", func(b *testing.B) {
		ping, pong := make(chan struct{}), make(chan struct{})
		go func() {
			for range ping {
				pong <- struct{}{}
			}
			close(pong)
		}()
		b.ResetTimer()
		for range b.N {
			ping <- struct{}{}
			<-pong
		}
		close(ping)
		<-pong
	})
}

func BenchmarkBarrier(b *testing.B) {
	q := reactor.New().NewQueue("barrier", reactor.Concurrent())
	var wg sync.WaitGroup
	f := func() { wg.Done() }
	b.ReportAllocs()
	for b.Loop() {
		wg.Add(1)
		q.BarrierAsync(f)
	}
	wg.Wait()
}

func BenchmarkApply(b *testing.B) {
	q := reactor.New().Global(reactor.DefaultQoS)
	const n = 1_000_000
	var sums [n]int32
	for b.Loop() {
		q.Apply(n, func(i int) { sums[i]++ })
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/index")
}
