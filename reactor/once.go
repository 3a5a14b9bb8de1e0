package reactor

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/petermattis/goid"
)

// Once runs a function exactly once (GCD's dispatch_once; clause ON1). The zero
// value is ready for use. A Once must not be copied.
//
// It differs from sync.Once in one thing: where that blocks for ever because
// the function calls Do on the same Once again, this panics.
type Once struct {
	// word is the state:
	//
	//	0       no Do has been called, or the first is about to run its function
	//	n > 0   the goroutine with the id n runs the function
	//	onceDone  the function has returned, or panicked; nothing happens any more
	//
	// It changes with mu held, once from each row to the next.
	word atomic.Int64
	mu   sync.Mutex
}

const onceDone = -1

// Do runs f on the calling goroutine if this is the first Do of this Once, and
// else returns when the f of the first has returned. So whoever returns from Do
// sees what f has done.
//
// A panic in f goes on in the caller of the first Do and counts as having run,
// as with sync.Once: later calls return, and nothing is run again. A Do that f
// itself makes on the same Once, on the same goroutine, panics. One it makes on
// another goroutine and waits for can't be detected and blocks for ever.
//
// When f has run, Do costs one atomic load.
func (o *Once) Do(f func()) {
	if o.word.Load() != onceDone {
		o.first(f)
	}
}

// first runs f unless another goroutine was first, for which it waits.
func (o *Once) first(f func()) {
	if f == nil {
		panic("reactor: Once: Do of a nil function")
	}
	me := goid.Get()
	if o.word.Load() == me {
		panic(fmt.Sprintf("reactor: Once: Do of %s was called while the first Do, on the same goroutine, still runs", nameOf(f)))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.word.Load() == onceDone {
		return
	}
	o.word.Store(me)
	defer o.word.Store(onceDone)
	f()
}
