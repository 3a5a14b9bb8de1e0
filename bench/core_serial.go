package main

import (
	"runtime"
	"time"

	"github.com/reactord/reactord/reactor"
)

var serialAsync = workload{
	name:   "core: async to a serial queue",
	models: "One goroutine, then two, submit a million items that were made before to one serial queue, as fast as they can; until the last has run. The items of each must run in its order.",
	reach:  "at most 1.3 times a mutex and two slices, no allocation beyond the closure",
	run: func(*bench) ([]row, error) {
		return contest{
			figures: []figure{
				{name: "1 producer, ns", of: "mutex and slices", reach: 1.3},
				{name: "2 producers, ns", of: "mutex and slices", reach: 1.3},
				{name: "allocations an item"},
			},
			ways: []way{
				{name: "reactor", run: func() ([]float64, error) {
					return serially(reactor.New().NewQueue("serial").Async)
				}},
				{name: "mutex and slices", run: func() ([]float64, error) {
					return serially(new(batchQueue).async)
				}},
				{name: "channel and worker", run: func() ([]float64, error) {
					q := newChannelQueue(channelSize)
					defer q.stop()
					return serially(q.async)
				}},
			},
		}.rows()
	},
}

func serially(async func(func())) ([]float64, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	one, err := produce(async, 1)
	if err != nil {
		return nil, err
	}
	runtime.ReadMemStats(&after)
	two, err := produce(async, 2)
	if err != nil {
		return nil, err
	}
	return []float64{one, two, float64(after.Mallocs-before.Mallocs) / serialItems}, nil
}

const serialItems = 1_000_000

// produce has the producers share the items and returns ns for each item.
func produce(async func(func()), producers int) (float64, error) {
	rolls := make([]*roll, producers)
	for p := range rolls {
		rolls[p] = newRoll(rollSize, serialItems/producers)
	}
	began := time.Now()
	for _, r := range rolls {
		go func() {
			for i := range r.n {
				async(r.item(i))
			}
		}()
	}
	for _, r := range rolls {
		if err := r.ordered(); err != nil {
			return 0, err
		}
	}
	return since(began, serialItems), nil
}

var burst = workload{
	name:   "core: burst on a serial queue",
	models: "A million items wait in a suspended queue. From the resume until the last has run.",
	reach:  "at most 10 ns an item",
	run: func(*bench) ([]row, error) {
		const n = 1_000_000
		drained := func(async func(func()), resume func()) ([]float64, error) {
			r := newRoll(rollSize, n)
			for i := range n {
				async(r.item(i))
			}
			runtime.GC() // of what filling it left
			began := time.Now()
			resume()
			err := r.ordered()
			return []float64{since(began, n)}, err
		}
		return contest{
			figures: []figure{{name: "ns an item", reach: 10}},
			ways: []way{
				{name: "reactor", run: func() ([]float64, error) {
					q := reactor.New().NewQueue("burst")
					q.Suspend()
					return drained(q.Async, q.Resume)
				}},
				{name: "mutex and slices", run: func() ([]float64, error) {
					q := new(batchQueue)
					q.hold()
					return drained(q.async, q.release)
				}},
			},
		}.rows()
	},
}

var manyQueues = workload{
	name:   "core: async to a thousand serial queues",
	models: "One goroutine submits a million items to a thousand serial queues in turn; until all have run. Each queue's must run in its order.",
	reach:  "at most 1.5 times a mutex and two slices each",
	run: func(*bench) ([]row, error) {
		const queues, each = 1000, 1000
		scattered := func(newAsync func() func(func())) ([]float64, error) {
			asyncs, rolls := make([]func(func()), queues), make([]*roll, queues)
			for i := range queues {
				asyncs[i], rolls[i] = newAsync(), newRoll(8, each)
			}
			began := time.Now()
			for i := range each {
				for j, async := range asyncs {
					async(rolls[j].item(i))
				}
			}
			for _, r := range rolls {
				if err := r.ordered(); err != nil {
					return nil, err
				}
			}
			return []float64{since(began, queues*each)}, nil
		}
		return contest{
			figures: []figure{{name: "ns an item", of: "mutex and slices", reach: 1.5}},
			ways: []way{
				{name: "reactor", run: func() ([]float64, error) {
					r := reactor.New()
					return scattered(func() func(func()) { return r.NewQueue("one of many").Async })
				}},
				{name: "mutex and slices", run: func() ([]float64, error) {
					return scattered(func() func(func()) { return new(batchQueue).async })
				}},
			},
		}.rows()
	},
}
