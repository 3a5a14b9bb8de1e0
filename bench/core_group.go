package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/reactord/reactord/reactor"
)

var enterLeave = workload{
	name:   "core: group, enter and leave",
	models: "One goroutine enters and leaves a group nobody waits for, two million times. Afterwards it must be empty, and not one leave before that.",
	reach:  "at most what a WaitGroup takes",
	run: func(*bench) ([]row, error) {
		return contest{
			figures: []figure{{name: "ns for both", of: "WaitGroup", reach: 1}},
			ways: []way{
				{name: "reactor", run: func() ([]float64, error) {
					g := reactor.NewGroup("work")
					g.Enter()
					began := time.Now()
					for range uncontended {
						g.Enter()
						g.Leave()
					}
					took := since(began, uncontended)
					if g.WaitFor(0) {
						return nil, fmt.Errorf("the group is empty before the last leave")
					}
					g.Leave()
					return []float64{took}, ended(g.Wait)
				}},
				{name: "WaitGroup", run: func() ([]float64, error) {
					var g sync.WaitGroup
					g.Add(1)
					began := time.Now()
					for range uncontended {
						g.Add(1)
						g.Done()
					}
					took := since(began, uncontended)
					g.Done()
					return []float64{took}, ended(g.Wait)
				}},
			},
		}.rows()
	},
}

var signalWait = workload{
	name:   "core: semaphore, signal and wait",
	models: "One goroutine signals a semaphore and waits for it, which never blocks, two million times. Afterwards its value must be what it was.",
	reach:  "at most 30 ns",
	run: func(*bench) ([]row, error) {
		return contest{
			figures: []figure{{name: "ns for both", reach: 30}},
			ways: []way{
				{name: "reactor", run: func() ([]float64, error) {
					s := reactor.NewSemaphore(0)
					began := time.Now()
					for range uncontended {
						s.Signal()
						s.Wait()
					}
					took := since(began, uncontended)
					if s.WaitFor(0) {
						return nil, fmt.Errorf("a signal is left over")
					}
					return []float64{took}, nil
				}},
				{name: "channel", run: func() ([]float64, error) {
					s := make(chan struct{}, 1)
					began := time.Now()
					for range uncontended {
						s <- struct{}{}
						<-s
					}
					took := since(began, uncontended)
					if len(s) > 0 {
						return nil, fmt.Errorf("a signal is left over")
					}
					return []float64{took}, nil
				}},
			},
		}.rows()
	},
}

// ended waits for what should not have to wait any more.
func ended(wait func()) error {
	done := make(chan struct{})
	go func() {
		wait()
		close(done)
	}()
	return await(done)
}
