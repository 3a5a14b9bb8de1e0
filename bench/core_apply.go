package main

import (
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/reactord/reactord/reactor"
)

var applied = workload{
	name:   "core: apply",
	models: "A million calls of a body that takes about 2 ns, ten times over.",
	reach:  "at most 1.5 times a loop cut in as many pieces as there are processors",
	run: func(*bench) ([]row, error) {
		return contest{
			figures: []figure{{name: "ns a call", of: "chunked loop", reach: 1.5}},
			ways: []way{
				{name: "reactor", run: func() ([]float64, error) {
					return spread(reactor.New().Global(reactor.DefaultQoS).Apply)
				}},
				{name: "chunked loop", run: func() ([]float64, error) { return spread(chunked) }},
			},
		}.rows()
	},
}

// spread has apply call a body for many indices, and checks that each had as
// many calls as there were times.
func spread(apply func(n int, body func(int))) ([]float64, error) {
	const n, times = 1_000_000, 10
	const factor = 2654435761 // for something to compute
	cells := make([]uint32, n)
	body := func(i int) { cells[i] += uint32(i)*factor | 1 }
	began := time.Now()
	for range times {
		apply(n, body)
	}
	took := since(began, n*times)
	for i, got := range cells {
		if got != times*(uint32(i)*factor|1) {
			return nil, fmt.Errorf("index %d had not %d calls", i, times)
		}
	}
	return []float64{took}, nil
}

// chunked is the floor: it takes for granted that all calls take equally long
// and that every processor is free.
func chunked(n int, body func(int)) {
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := n * w / workers; i < n*(w+1)/workers; i++ {
				body(i)
			}
		})
	}
	wg.Wait()
}
