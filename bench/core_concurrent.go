package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reactord/reactord/reactor"
)

var concurrentAsync = workload{
	name:   "core: async to a concurrent queue",
	models: "One goroutine submits 300,000 items that count themselves to a global queue, and to a concurrent queue of its own; until the last has run.",
	reach:  "at most half a go statement",
	run: func(*bench) ([]row, error) {
		return contest{
			figures: []figure{{name: "ns an item", of: "go statement", reach: 0.5}},
			ways: []way{
				{name: "reactor: global queue", run: func() ([]float64, error) {
					return apart(reactor.New().Global(reactor.DefaultQoS).Async)
				}},
				{name: "reactor: concurrent queue", run: func() ([]float64, error) {
					return apart(reactor.New().NewQueue("concurrent", reactor.Concurrent()).Async)
				}},
				{name: "go statement", run: func() ([]float64, error) {
					return apart(func(f func()) { go f() })
				}},
			},
		}.rows()
	},
}

// apart submits items that may run beside each other. Their word counts them,
// and sums up their places: an item that runs twice in another one's stead
// makes a wrong sum.
func apart(async func(func())) ([]float64, error) {
	const (
		n     = 300_000
		one   = 1 << 40 // above the sum
		total = n/rollSize*(rollSize*(rollSize-1)/2) + (n%rollSize)*(n%rollSize-1)/2
	)
	var word atomic.Uint64
	var sum uint64
	done := make(chan struct{})
	items := make([]func(), rollSize)
	for place := range items {
		items[place] = func() {
			if now := word.Add(one | uint64(place)); now/one == n {
				sum = now % one
				close(done)
			}
		}
	}
	began := time.Now()
	for i := range n {
		async(items[i%rollSize])
	}
	if err := await(done); err != nil {
		return nil, fmt.Errorf("%w: %d of %d items ran", err, word.Load()/one, n)
	}
	took := since(began, n)
	if sum != total {
		return nil, fmt.Errorf("the first %d items to run are not those that were submitted", n)
	}
	return []float64{took}, nil
}

var barrierAsync = workload{
	name:   "core: barrier async to a concurrent queue",
	models: "One goroutine submits 300,000 items to a concurrent queue, each as a barrier; until the last has run. They must run one at a time, ours also in their order.",
	reach:  "at most 120 ns",
	run: func(*bench) ([]row, error) {
		const n = 300_000
		fenced := func(async func(func()), end func(*roll) error) ([]float64, error) {
			r := newRoll(rollSize, n)
			began := time.Now()
			for i := range n {
				async(r.item(i))
			}
			err := end(r)
			return []float64{since(began, n)}, err
		}
		return contest{
			figures: []figure{{name: "ns an item", reach: 120}},
			ways: []way{
				{name: "reactor", run: func() ([]float64, error) {
					q := reactor.New().NewQueue("barriers", reactor.Concurrent())
					return fenced(q.BarrierAsync, (*roll).ordered)
				}},
				{name: "go statement and RWMutex", run: func() ([]float64, error) {
					var mu sync.RWMutex
					return fenced(func(f func()) {
						go func() {
							mu.Lock()
							f()
							mu.Unlock()
						}()
					}, (*roll).all)
				}},
			},
		}.rows()
	},
}
