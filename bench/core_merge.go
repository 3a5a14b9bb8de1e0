package main

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

var merging = workload{
	name:   "core: merge into an add source",
	models: "One goroutine, then two, merge a one, two million times in all; until the handler has got them all.",
	reach:  "at most 1.3 times an atomic addition that wakes a goroutine",
	run: func(*bench) ([]row, error) {
		return contest{
			figures: []figure{
				{name: "1 goroutine, ns", of: "atomic and wake", reach: 1.3},
				{name: "2 goroutines, ns", of: "atomic and wake", reach: 1.3},
			},
			ways: []way{
				{name: "reactor", run: func() ([]float64, error) { return mergings(openData) }},
				{name: "atomic and wake", run: func() ([]float64, error) { return mergings(openAdder) }},
			},
		}.rows()
	},
}

// opener makes a way to hand numbers to a handler that runs elsewhere.
type opener func(handle func(uint64)) (send func(uint64), stop func() error, err error)

func openData(handle func(uint64)) (func(uint64), func() error, error) {
	d := sources.NewData("sum", reactor.New().NewQueue("sums"), coalesce.Add)
	d.OnEvent(handle)
	cancelled := make(chan struct{})
	d.OnCancel(func() { close(cancelled) })
	stop := func() error {
		d.Cancel()
		return await(cancelled)
	}
	return d.Merge, stop, d.Activate()
}

// adder is the floor: a number, and a goroutine that is woken when it is no
// longer zero.
type adder struct {
	pending atomic.Uint64
	wake    chan struct{}
}

func (a *adder) merge(v uint64) {
	if a.pending.Add(v) == v { // it was zero: nobody has woken the goroutine since
		select {
		case a.wake <- struct{}{}:
		default:
		}
	}
}

func (a *adder) run(handle func(uint64)) {
	for range a.wake {
		if v := a.pending.Swap(0); v > 0 {
			handle(v)
		}
	}
}

func openAdder(handle func(uint64)) (func(uint64), func() error, error) {
	a := &adder{wake: make(chan struct{}, 1)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.run(handle)
	}()
	stop := func() error {
		close(a.wake)
		return await(ended)
	}
	return a.merge, stop, nil
}

func mergings(open opener) ([]float64, error) {
	var took []float64
	for _, goroutines := range []int{1, 2} {
		ns, err := merged(open, goroutines)
		if err != nil {
			return nil, err
		}
		took = append(took, ns)
	}
	return took, nil
}

func merged(open opener, goroutines int) (float64, error) {
	const n = 2_000_000
	var sum uint64
	done := make(chan struct{})
	merge, stop, err := open(func(v uint64) {
		if sum += v; sum == n {
			close(done)
		}
	})
	if err != nil {
		return 0, err
	}
	began := time.Now()
	for range goroutines {
		go func() {
			for range n / goroutines {
				merge(1)
			}
		}()
	}
	err = await(done)
	took := since(began, n)
	if err = errors.Join(err, stop()); err != nil {
		return 0, err
	}
	if sum != n {
		return 0, fmt.Errorf("the sum is %d, merged was %d", sum, n)
	}
	return took, nil
}
