package main

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
)

var memoryOfData = memory("an add source", 304,
	"Add sources, activated, with one handler for all",
	kind{"reactor", newDataHerd}, kind{"goroutine each", newAdderHerd})

var memoryOfTimers = memory("a timer", 200,
	"Timers, activated and set to an hour from now, with one handler for all",
	kind{"reactor", newTimerHerd}, kind{"goroutine each", newTickerHerd})

var memoryOfReads = memory("a read source", 390,
	"Read sources, activated, each on an eventfd of its own, with one handler for all; as many as the limit on descriptors allows",
	kind{"reactor", newReadHerd}, kind{"goroutine each", newReaderHerd})

var memoryOfQueues = memory("a queue", 160,
	"Serial queues, idle",
	kind{"reactor: new", newQueueHerd}, kind{"reactor: has run an item", newUsedQueueHerd},
	kind{"goroutine each", newWorkerHerd}, kind{"mutex and slices", newBatchQueueHerd})

// kind is a way of a memory workload.
type kind struct {
	name string
	herd func(n int) (*herd, error)
}

// herd is many objects of a kind. It is measured after fill; before that it
// has only what there is one of, and the list of the objects.
type herd struct {
	n    int
	fill func() error
	// poke has each object call a handler that counts into poked.
	poke  func()
	poked atomic.Int64
	stop  func() error
}

const herdSize = 100_000

func memory(of string, bytes float64, models string, kinds ...kind) workload {
	return workload{
		name:   "core: memory of " + of,
		models: models + ": what each of 100,000 takes on the heap and in stacks after two collections, what was allocated on the way there, and goroutines. Afterwards each must work once.",
		reach:  fmt.Sprintf("at most %.0f bytes, no goroutine", bytes),
		run: func(*bench) ([]row, error) {
			c := contest{figures: []figure{{name: "bytes", reach: bytes}, {name: "allocated, bytes"}, {name: "goroutines"}, {name: "objects"}}}
			for _, k := range kinds {
				c.ways = append(c.ways, way{name: k.name, run: func() ([]float64, error) { return weigh(k.herd) }})
			}
			return c.rows()
		},
	}
}

// weigh measures one herd. The runtime keeps its record of a goroutine, 440
// bytes, for the next one, so a herd of goroutines comes off too well.
func weigh(newHerd func(int) (*herd, error)) ([]float64, error) {
	h, err := newHerd(herdSize)
	if err != nil {
		return nil, err
	}
	before, goroutines := settled(), runtime.NumGoroutine()
	if err := h.fill(); err != nil {
		return nil, errors.Join(err, h.stop())
	}
	more := runtime.NumGoroutine() - goroutines
	after := settled()
	each := func(before, after uint64) float64 { return float64(int64(after)-int64(before)) / float64(h.n) }
	figures := []float64{
		each(before.HeapAlloc+before.StackInuse, after.HeapAlloc+after.StackInuse),
		each(before.TotalAlloc, after.TotalAlloc),
		float64(more) / float64(h.n),
		float64(h.n),
	}
	h.poke()
	works := soon(func() bool { return h.poked.Load() >= int64(h.n) })
	if err := h.stop(); err != nil {
		return nil, err
	}
	if got := h.poked.Load(); !works || got != int64(h.n) {
		return nil, fmt.Errorf("%d calls of %d objects", got, h.n)
	}
	if !soon(func() bool { return runtime.NumGoroutine() <= goroutines }) {
		return nil, fmt.Errorf("%d goroutines were left behind", runtime.NumGoroutine()-goroutines)
	}
	return figures, nil
}

// soon waits for something that comes to be.
func soon(it func() bool) bool {
	for began := time.Now(); !it(); time.Sleep(time.Millisecond) {
		if time.Since(began) > patience {
			return false
		}
	}
	return true
}

// settled is the memory in use when everything that can be was collected.
func settled() (m runtime.MemStats) {
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m
}
