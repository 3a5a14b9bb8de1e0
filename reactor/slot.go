package reactor

// slot is a queue in its role as an item of its target.
type slot Queue

const (
	// budget is how many items a slot runs before it looks whether others wait
	// for its place.
	budget = 128
	// told is how many items of a batch may have run before State is told.
	told = 16
)

// claimLocked takes a slot if an item may run, a slot is free, and none is on
// its way: the one that is claims the next when it takes an item, so that as
// many come as can be used, and no more.
func (q *Queue) claimLocked() bool {
	switch {
	case q.slots == q.width, q.starting, q.items.len() == 0, q.gate.halted(), q.alone:
		return false
	case q.slots > 0 && q.width > 1 && isBarrier(q.items.next()[0]):
		return false // the last slot to end will run it
	}
	q.slots++
	q.starting = true
	return true
}

// releaseLocked gives a slot up, and unlocks. Another may be claimed for it.
func (q *Queue) releaseLocked() {
	q.slots--
	if q.slots == 0 {
		q.moving = false
	}
	q.settleLocked()
	q.goOnLocked()
}

// goOnLocked claims a slot if it can be, unlocks, and sends it on its way.
func (q *Queue) goOnLocked() {
	claimed := q.claimLocked()
	target, lift := q.target.Load(), q.lift
	q.mu.Unlock()
	if claimed {
		(*slot)(q).send(target, lift)
	}
}

// send makes the slot an item of target. At a global queue it is as urgent as
// the one who waits for the queue in Sync (clause Q11).
func (s *slot) send(target *Queue, lift lift) {
	if class, ok := lift.class(); ok && target.kind == globalRoot && class < target.class {
		target.crew().push(class, raised{s, target})
		return
	}
	target.push(s)
}

// run is one turn of a slot.
func (s *slot) run(on *Queue, g *goroutine) {
	q := (*Queue)(s)
	q.mu.Lock()
	if q.stale > 0 && (q.target.Load() != on || !q.starting) {
		q.stale-- // it was on its way when the queue was retargeted
		q.mu.Unlock()
		return
	}
	q.starting = false
	t := turn{queue: q, left: budget}
	defer t.end(g, g.swap(frame{queue: q}))
	for t.fetchLocked() {
		beside, lift := t.beside, q.lift
		q.mu.Unlock()
		if beside {
			s.send(on, lift)
		}
		for !t.runBatch(g) {
		}
		q.mu.Lock()
		t.countLocked()
		if t.left == 0 && !on.contended() {
			t.left = budget
		}
	}
	t.over = true
	q.releaseLocked()
}

// contended reports whether a slot that runs on q should go to its tail: others
// wait there or further down, or it is suspended. It may be told late.
func (q *Queue) contended() bool {
	for ; q.kind == private; q = q.target.Load() {
		q.mu.Lock()
		waiting := q.items.len()
		if q.fetched {
			waiting-- // the slot that asks
		}
		q.mu.Unlock()
		if waiting > 0 || q.gate.halted() {
			return true
		}
	}
	return q.kind == mainRoot || q.crew().waits()
}

// turn is what a slot does between two waits.
type turn struct {
	queue  *Queue
	left   int    // of the budget
	beside bool   // a slot was claimed for the items after the fetched one
	tasks  []task // what was fetched; those that were begun are nil
	ran    int    // how many were
	alone  bool   // what was fetched is a barrier on a concurrent queue
	clean  bool   // no item is being run
	over   bool
	one    [1]task
}

// fetchLocked gets the next items and reports whether there were any. Those of a serial queue stay in its list until they have run: nobody
// else takes any, and what is held back meanwhile is still there.
func (t *turn) fetchLocked() bool {
	q := t.queue
	if q.items.len() == 0 || t.left == 0 || q.gate.halted() {
		return false
	}
	if q.width == 1 {
		next := q.items.next()
		t.tasks, q.fetched = next[:min(t.left, len(next))], true
		return true
	}
	if q.alone {
		return false
	}
	if isBarrier(q.items.next()[0]) {
		if running := q.slots; running > 2 || running == 2 && !q.starting {
			return false // the last of those that run will get it
		}
		q.alone, t.alone = true, true
	}
	t.one[0] = q.items.pop()
	t.tasks = t.one[:]
	t.beside = q.claimLocked()
	return true
}

// runBatch runs what was fetched. It reports false when an item panicked: then
// it is to be called again for the rest.
func (t *turn) runBatch(g *goroutine) bool {
	q := t.queue
	t.clean = false
	g.top().barrier = t.alone
	defer q.caught(&t.clean, g)
	for t.ran < len(t.tasks) && (t.ran == 0 || !q.gate.halted()) {
		next := t.tasks[t.ran]
		t.tasks[t.ran] = nil
		t.ran++
		if t.ran%told == 0 {
			q.ran.Store(int32(t.ran))
		}
		if f, ok := next.(fn); ok { // most are
			f()
		} else {
			next.run(q, g)
		}
	}
	t.clean = true
	return true
}

// countLocked accounts for what has run.
func (t *turn) countLocked() {
	q := t.queue
	t.left -= t.ran
	if q.width == 1 {
		q.items.taken(t.ran)
		q.fetched = false
		if t.ran >= told {
			q.ran.Store(0)
		}
	} else if t.alone {
		t.alone, q.alone = false, false
	}
	t.tasks, t.ran = nil, 0
}

// end is the end of a turn, also of one whose goroutine was ended by an item.
func (t *turn) end(g *goroutine, was frame) {
	g.swap(was)
	if !t.over {
		t.queue.mu.Lock()
		t.countLocked()
		t.queue.releaseLocked()
	}
}
