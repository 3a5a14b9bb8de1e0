package reactor

// Sync runs f as an item of the queue, on the caller's goroutine, and returns
// when f has returned (dispatch_sync). It has its place among the items
// submitted with Async (clause Q3), and waits while the queue is suspended. On
// the main queue, and on queues that target it, f runs where RunMain does.
//
// A Sync that would wait for the caller itself panics with a *DeadlockError
// (clause Q4). A panic in f goes on in the caller; the queue lives on.
//
// On an idle queue it costs two compare-and-swaps a queue of the target chain,
// on a busy one two goroutine switches.
func (q *Queue) Sync(f func()) { q.sync(f, false) }

// BarrierSync is Sync with f as a barrier (dispatch_barrier_sync): see
// BarrierAsync.
func (q *Queue) BarrierSync(f func()) { q.sync(f, true) }

func (q *Queue) sync(f func(), barrier bool) {
	if f == nil {
		q.noFunction("Sync")
	}
	barrier = q.kind == private && barrier // a nil queue panics, before here
	g := here()
	var until *Queue
	if !q.enter(barrier) {
		if until = q.enterBeside(barrier, g); until == nil {
			q.await(f, barrier, g)
			return
		}
	}
	g.push(frame{queue: q, barrier: barrier, until: until})
	defer q.leave(barrier, g)
	f()
}

// enter takes a slot here and at all targets if they are to be had at once.
func (q *Queue) enter(barrier bool) bool {
	switch {
	case q.kind == globalRoot:
		return true
	case q.kind == mainRoot || !q.tryEnter(barrier):
		return false
	case q.target.Load().enter(false):
		return true
	}
	q.exit(barrier)
	return false
}

// enterBeside takes slots up to the first queue of the chain where the caller
// already has one, which serves for what it does in between: it waits for it
// anyway. So a Sync inside an item of the same concurrent queue never waits,
// neither for a barrier that waits for the item nor for want of width (clause
// Q5). A slot that was lent serves if the queue is without a bound. It returns
// that queue, nil when the caller has to wait, or would for ever.
func (q *Queue) enterBeside(barrier bool, g *goroutine) (until *Queue) {
	for x := q; x != nil && x.kind == private; x = x.target.Load() {
		h := g.holds(x)
		if h.slots > 0 && x.width > 1 && !h.alone && (x != q || !barrier) && (h.own || x.width == unbounded) {
			return x
		}
		if h.slots > 0 || !x.tryEnter(barrier && x == q) {
			q.exitUntil(x, barrier)
			return nil
		}
		if next := x.target.Load(); next.kind != private {
			q.exitUntil(next, barrier)
			return nil
		}
	}
	return nil
}

// tryEnter takes a slot for the calling goroutine.
func (q *Queue) tryEnter(barrier bool) bool {
	if q.gate.try(q.heldAs(barrier)) {
		return true
	}
	if q.width == 1 || barrier {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.engageLocked()
	free := q.items.len() == 0 && q.slots < q.width && !q.alone && !q.gate.halted()
	if free {
		q.slots++
	}
	return free
}

// heldAs is the gate's word while a Sync is all there is.
func (q *Queue) heldAs(barrier bool) uint32 {
	if barrier && q.width > 1 {
		return heldAlone
	}
	return held
}

// exit gives back what tryEnter took.
func (q *Queue) exit(barrier bool) {
	as := q.heldAs(barrier)
	if q.gate.leave(as) {
		return
	}
	q.mu.Lock()
	if as == heldAlone {
		q.alone = false
	}
	q.releaseLocked()
}

// exitUntil gives back what was taken of the chain before the queue until; nil
// or a root is its end.
func (q *Queue) exitUntil(until *Queue, barrier bool) {
	for q != until && q.kind == private {
		target := q.target.Load()
		q.exit(barrier)
		q, barrier = target, false
	}
}

// leave is the end of a Sync that entered.
func (q *Queue) leave(barrier bool, g *goroutine) {
	until := g.top().until
	g.pop()
	q.exitUntil(until, barrier)
}

// waiter is a Sync that waits for its turn, as an item of its queue. A slot
// that comes to it hands itself over, and goes on when the Sync is done. On the
// goroutine of RunMain it runs the function itself.
type waiter struct {
	f       func()
	barrier bool
	frames  []frame // of the caller
	turn    chan struct{}
	done    chan struct{}

	// Set before turn, when f was run.
	ran      bool
	returned bool
	panicked any
}

// await is the slow way of Sync: in line with the other items. What it waits
// with isn't pooled: a channel that was made in a bubble of testing/synctest
// must not be used outside of it.
func (q *Queue) await(f func(), barrier bool, g *goroutine) {
	if err := g.deadlock(q, barrier); err != nil {
		g.dropIfEmpty()
		panic(err)
	}
	w := &waiter{f: f, barrier: barrier, frames: g.snapshot(), turn: make(chan struct{}, 1), done: make(chan struct{}, 1)}
	q.push(w)
	lift := g.raise(q)
	<-w.turn
	q.lower(lift)
	if w.ran {
		g.dropIfEmpty()
		if !w.returned {
			panic(w.panicked)
		}
		return
	}
	g.push(frame{queue: q, barrier: barrier})
	defer func() {
		g.pop()
		w.done <- struct{}{}
	}()
	f()
}

func (w *waiter) run(q *Queue, g *goroutine) {
	if q.root().kind != mainRoot {
		w.turn <- struct{}{}
		<-w.done
		return
	}
	w.ran, w.panicked = true, errGoexit
	defer func() {
		if !w.returned {
			if v := recover(); v != nil {
				w.panicked = v
			}
		}
		w.turn <- struct{}{}
	}()
	g.borrow(w.frames, w.f)
	w.returned = true
}
