package files

import (
	"sync/atomic"

	"github.com/reactord/reactord/reactor"
)

// errand is a function on a queue that is there once at most, however often it
// is submitted. What submits it after it started has it run again.
type errand struct {
	queue *reactor.Queue
	waits atomic.Bool
	run   func()
}

func newErrand(q *reactor.Queue, f func()) *errand {
	e := &errand{queue: q}
	e.run = func() {
		e.waits.Store(false)
		f()
	}
	return e
}

func (e *errand) submit() {
	if !e.waits.Swap(true) {
		e.queue.Async(e.run)
	}
}
