package reactor

// A queue starts operations through slots. A slot is taken when an operation is
// ready and may start, becomes an item of the queue where it will run, and
// chooses its operation only when that item runs: so the order of priority holds
// among all that are ready then, however long the underlying queue was busy. A
// slot goes with the operation it started when that is finished, or at once
// when it finds nothing to start.

// enter puts operations into the queue, which has an effect only after schedule.
// All of them are locked.
func (q *OperationQueue) enter(operations []*Operation, barrier bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, o := range operations {
		s := q.last
		if s == nil || s.barrier || barrier {
			s = q.appendSectionLocked(barrier)
		}
		q.added++
		o.queue, o.place.number = q, q.added
		s.append(o)
		q.counts[o.state]++
		if o.state == OperationReady {
			s.ready.push(o)
		}
	}
}

// moved keeps the books for a transition of o, which is locked. Operations that
// are ready are in their section's heap, but for those a slot has in hand.
func (q *OperationQueue) moved(o *Operation, from, to OperationState) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.counts[from]--
	q.counts[to]++
	s := o.place.current()
	if from == OperationReady {
		s.ready.remove(o)
	}
	switch {
	case to == OperationReady:
		s.ready.push(o)
	case to == OperationFinished:
		if from.begun() {
			q.slots--
		}
		q.leaveLocked(o, s)
	}
}

// leaveLocked takes a finished operation out of its section.
func (q *OperationQueue) leaveLocked(o *Operation, s *operationSection) {
	s.remove(o)
	o.place.section = nil
	if s.unfinished > 0 {
		return
	}
	q.removeSectionLocked(s)
	if q.first == nil && q.empty != nil {
		close(q.empty)
		q.empty = nil
	}
}

// reorderLocked is called when the priority of o, which is locked, was changed.
func (q *OperationQueue) reorderLocked(o *Operation) {
	if o.place.at != notQueued {
		o.place.current().ready.settle(o.place.at, o)
	}
}

// schedule takes the slots that can be taken. No lock is held.
func (q *OperationQueue) schedule() {
	for {
		q.mu.Lock()
		on := q.claimLocked()
		q.mu.Unlock()
		if on == nil {
			return
		}
		on.Async(func() { q.use(on) })
	}
}

// claimLocked takes a slot if an operation may start for which none is on its
// way, and says where to; nil without.
func (q *OperationQueue) claimLocked() *Queue {
	if q.suspends > 0 || q.slots >= q.maximum || q.first == nil || len(q.first.ready) <= q.starting {
		return nil
	}
	q.slots++
	q.starting++
	return q.whereLocked(q.first.ready[0])
}

// whereLocked is the queue an operation runs on.
func (q *OperationQueue) whereLocked(o *Operation) *Queue {
	if q.underlying != nil {
		return q.underlying
	}
	return q.reactor.Global(o.qosLocked())
}

// use is a slot's item. The operation it starts may have another quality of
// service than the one the slot was taken for: then it has begun, and moves on.
func (q *OperationQueue) use(on *Queue) {
	q.mu.Lock()
	q.starting--
	q.mu.Unlock()
	for {
		o, where := q.choose()
		switch {
		case o == nil:
			return
		case !o.begin(true): // it was cancelled just now, or has a new dependency
		case where == on:
			o.run(on)
			return
		default:
			where.Async(func() { o.run(where) })
			return
		}
	}
}

// choose takes the operation that is to start next; nil if there is none, and
// then the slot is given up.
func (q *OperationQueue) choose() (*Operation, *Queue) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.suspends > 0 || q.slots > q.maximum || q.first == nil || len(q.first.ready) == 0 {
		q.slots--
		return nil, nil
	}
	o := q.first.ready.pop()
	return o, q.whereLocked(o)
}
