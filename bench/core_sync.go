package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/reactord/reactord/reactor"
)

// tally is a function that counts its calls, which must not be beside each
// other. It is called through the field, so that no way has it inlined.
type tally struct {
	add func()
	got int
}

func newTally() *tally {
	t := new(tally)
	t.add = func() { t.got++ }
	return t
}

func (t *tally) is(n int) error {
	if t.got != n {
		return fmt.Errorf("%d calls, wanted %d", t.got, n)
	}
	return nil
}

const uncontended = 2_000_000

var uncontendedSync = workload{
	name:   "core: sync, uncontended",
	models: "One goroutine calls a function under an idle serial queue's exclusion, two million times.",
	reach:  "at most 1.5 times a mutex",
	run: func(*bench) ([]row, error) {
		return contest{
			figures: []figure{{name: "ns a call", of: "mutex", reach: 1.5}},
			ways: []way{
				{name: "reactor", run: func() ([]float64, error) {
					t, q := newTally(), reactor.New().NewQueue("sync")
					began := time.Now()
					for range uncontended {
						q.Sync(t.add)
					}
					return []float64{since(began, uncontended)}, t.is(uncontended)
				}},
				{name: "mutex", run: func() ([]float64, error) {
					t, mu := newTally(), new(sync.Mutex)
					began := time.Now()
					for range uncontended {
						mu.Lock()
						t.add()
						mu.Unlock()
					}
					return []float64{since(began, uncontended)}, t.is(uncontended)
				}},
			},
		}.rows()
	},
}

var pingPong = workload{
	name:   "core: ping-pong of two serial queues",
	models: "An item of one serial queue submits one to another, which submits one back, 50,000 times there and back.",
	reach:  "at most 1.2 times two channels",
	run: func(*bench) ([]row, error) {
		return contest{
			figures: []figure{{name: "ns there and back", of: "channels", reach: 1.2}},
			ways: []way{
				{name: "reactor", run: pingPongOfQueues},
				{name: "channels", run: pingPongOfChannels},
			},
		}.rows()
	},
}

const roundTrips = 50_000

func pingPongOfQueues() ([]float64, error) {
	r := reactor.New()
	ping, pong := r.NewQueue("ping"), r.NewQueue("pong")
	pings, pongs := 0, 0
	done := make(chan struct{})
	var toPing, toPong func()
	toPing = func() {
		if pings++; pings == roundTrips {
			close(done)
			return
		}
		pong.Async(toPong)
	}
	toPong = func() {
		pongs++
		ping.Async(toPing)
	}
	began := time.Now()
	pong.Async(toPong)
	if err := await(done); err != nil {
		return nil, err
	}
	return []float64{since(began, roundTrips)}, rallied(pings, pongs)
}

func pingPongOfChannels() ([]float64, error) {
	ping, pong := make(chan struct{}), make(chan struct{})
	pings, pongs := 0, 0
	done := make(chan struct{})
	go func() {
		for range pong {
			pongs++
			ping <- struct{}{}
		}
	}()
	go func() {
		for range ping {
			if pings++; pings == roundTrips {
				close(pong)
				close(done)
				return
			}
			pong <- struct{}{}
		}
	}()
	began := time.Now()
	pong <- struct{}{}
	if err := await(done); err != nil {
		return nil, err
	}
	return []float64{since(began, roundTrips)}, rallied(pings, pongs)
}

func rallied(pings, pongs int) error {
	if pings != roundTrips || pongs != roundTrips {
		return fmt.Errorf("%d pings and %d pongs, wanted %d of each", pings, pongs, roundTrips)
	}
	return nil
}
