package main

import (
	"fmt"
	"time"
)

// core are the workloads of queues and sources inside one process. The ways
// beside ours are the least Go that does the job, for that job alone: they are
// the floor.
var core = []workload{
	serialAsync, burst, concurrentAsync, barrierAsync, manyQueues, pingPong,
	uncontendedSync, enterLeave, signalWait, applied, blockedItems,
	merging, mergeToHandler, eventfdToHandler,
	memoryOfData, memoryOfTimers, memoryOfReads, memoryOfQueues,
}

// roll is items made beforehand, so that no way pays for making them. Each
// knows its place: they find out when they run out of order, not all, or
// beside each other. They run again and again, in turn, until n have run.
type roll struct {
	items []func()
	n     int
	next  int
	wrong int // ran out of their order
	done  chan struct{}
}

// newRoll returns a roll of size different items for n runs.
func newRoll(size, n int) *roll {
	r := &roll{items: make([]func(), size), n: n, done: make(chan struct{})}
	for place := range r.items {
		r.items[place] = func() {
			if r.next%size != place {
				r.wrong++
			}
			if r.next++; r.next == n {
				close(r.done)
			}
		}
	}
	return r
}

// rollSize is how many items are told from each other; they stay in the cache.
const rollSize = 64

func (r *roll) item(i int) func() { return r.items[i%len(r.items)] }

// all waits until n have run.
func (r *roll) all() error {
	if err := await(r.done); err != nil {
		return fmt.Errorf("%w: %d of %d items ran", err, r.next, r.n)
	}
	return nil
}

// ordered is all, and that they ran in their order.
func (r *roll) ordered() error {
	if err := r.all(); err != nil {
		return err
	}
	if r.wrong > 0 {
		return fmt.Errorf("%d of %d items ran out of order", r.wrong, r.n)
	}
	return nil
}

// await waits for an end that is certain to come soon, if nothing is lost.
func await(done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	default:
	}
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case <-done:
		return nil
	case <-timeout.C:
		return fmt.Errorf("no end after %v", patience)
	}
}

// since is the time that has passed for each of n, in ns.
func since(began time.Time, n int) float64 {
	return float64(time.Since(began).Nanoseconds()) / float64(n)
}
