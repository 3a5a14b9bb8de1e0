package reactor

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Apply calls body for 0 to n-1 as items of the queue and returns when all
// calls have returned (dispatch_apply, clause AP1). The caller takes part, on
// its own goroutine, so Apply ends also while everybody else is busy.
//
// Indices are claimed in increasing order, in chunks: of one index while the
// calls are slow, longer while they are quick. On a serial queue they run in
// order (clause AP2). Inside another Apply the processors are shared, so that
// nesting doesn't multiply the work done at once (clause AP3).
//
// A panic in body keeps indices that were not claimed from being claimed, and
// goes on in the caller when all calls have ended. So does the end of a helper's
// goroutine by runtime.Goexit, as a panic with an error.
func (q *Queue) Apply(n int, body func(i int)) {
	if body == nil {
		q.noFunction("Apply")
	}
	if n <= 0 {
		return
	}
	q.Sync(func() {
		g := known()
		share := max(g.share, 1)
		threads := min(runtime.GOMAXPROCS(0)/share, n, q.chainWidth())
		if threads <= 1 {
			for i := range n {
				body(i)
			}
			return
		}
		a := &application{n: int64(n), body: body, share: share * threads, frames: g.snapshot()}
		a.idle.L = &a.mu
		help := fn(a.help)
		for range threads - 1 {
			q.push(help)
		}
		a.take(g)
	})
}

// Apply is Queue.Apply on the default global queue.
func Apply(n int, body func(i int)) { Global(DefaultQoS).Apply(n, body) }

// chainWidth is how many items of q can run at once, by its width and those of
// its targets (clause H3).
func (q *Queue) chainWidth() int {
	width := q.width
	for ; q != nil; q = q.target.Load() {
		width = min(width, q.width)
	}
	return int(width)
}

// application is one call of Apply that is shared.
type application struct {
	n      int64
	body   func(int)
	share  int     // among how many the processors are divided
	frames []frame // of the caller
	next   atomic.Int64

	mu       sync.Mutex
	idle     sync.Cond // active came to 0
	active   int       // helpers that call bodies
	over     bool      // the caller has nothing left: no helper begins
	panicked *any      // the first one
}

// help is a helper, as an item of the queue.
func (a *application) help() {
	a.mu.Lock()
	if a.over {
		a.mu.Unlock()
		return
	}
	a.active++
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		a.active--
		if a.active == 0 {
			a.idle.Broadcast()
		}
		a.mu.Unlock()
	}()
	g := known()
	g.borrow(a.frames, func() { a.work(g) })
}

// take is the caller's part.
func (a *application) take(g *goroutine) {
	alive := false
	defer func() { // also when a body ends the goroutine
		a.next.Store(a.n)
		a.mu.Lock()
		a.over = true
		for a.active > 0 {
			a.idle.Wait()
		}
		panicked := a.panicked
		a.mu.Unlock()
		if alive && panicked != nil {
			panic(*panicked)
		}
	}()
	a.work(g)
	alive = true
}

// A chunk grows while it takes less than short, and shrinks when it takes more
// than long: so that the last ones end together, and claiming costs nothing.
const (
	shortChunk = 10 * time.Microsecond
	longChunk  = 80 * time.Microsecond
)

// work claims chunks and calls their bodies until none is left.
func (a *application) work(g *goroutine) {
	before, returned := g.share, false
	g.share = a.share
	defer func() {
		g.share = before
		if returned {
			return
		}
		v := recover()
		if v == nil {
			v = errGoexit
		}
		a.next.Store(a.n)
		a.mu.Lock()
		if a.panicked == nil {
			a.panicked = &v
		}
		a.mu.Unlock()
	}()
	size := int64(1)
	began := time.Now()
	for {
		from := a.next.Add(size) - size
		if from >= a.n {
			returned = true
			return
		}
		to := min(from+size, a.n)
		for i := from; i < to; i++ {
			a.body(int(i))
		}
		now := time.Now()
		switch took := now.Sub(began); {
		case took < shortChunk:
			size = max(min(2*size, (a.n-to)/int64(4*a.share)), 1)
		case took > longChunk:
			size = max(size/2, 1)
		}
		began = now
	}
}
