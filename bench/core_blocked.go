package main

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/reactord/reactord/reactor"
)

var blockedItems = workload{
	name:   "core: an item behind eight that block",
	models: "Eight items on a global queue wait for something; a ninth is submitted. From then until it runs, 200 times.",
	reach:  "at once, as a go statement; libdispatch takes 7 s",
	run: func(*bench) ([]row, error) {
		return contest{
			figures: []figure{{name: "p50 µs", of: "go statement"}, {name: "worst of 200, µs"}},
			ways: []way{
				{name: "reactor: global queue", run: func() ([]float64, error) {
					return ninth(reactor.New().Global(reactor.DefaultQoS).Async)
				}},
				{name: "reactor: concurrent queue", run: func() ([]float64, error) {
					return ninth(reactor.New().NewQueue("concurrent", reactor.Concurrent()).Async)
				}},
				{name: "go statement", run: func() ([]float64, error) {
					return ninth(func(f func()) { go f() })
				}},
			},
		}.rows()
	},
}

func ninth(async func(func())) ([]float64, error) {
	const blocked, times = 8, 200
	var late []float64
	for range times {
		var entered, left sync.WaitGroup
		entered.Add(blocked)
		left.Add(blocked)
		leave := make(chan struct{})
		for range blocked {
			async(func() {
				entered.Done()
				<-leave
				left.Done()
			})
		}
		entered.Wait()
		var began, ran time.Time
		done := make(chan struct{})
		item := func() {
			ran = time.Now()
			close(done)
		}
		began = time.Now()
		async(item)
		err := await(done)
		close(leave)
		if err != nil {
			return nil, fmt.Errorf("the ninth item: %w", err)
		}
		left.Wait()
		late = append(late, microseconds(ran.Sub(began)))
	}
	slices.Sort(late)
	return []float64{quantile(late, 0.5), late[times-1]}, nil
}

func microseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
