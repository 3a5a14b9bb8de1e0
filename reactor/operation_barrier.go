package reactor

// What barriers add to the graph of who waits for whom. An operation waits for
// the barrier before its section; a barrier waits for all of the section before
// its own. Neighbours are enough: the rest follows step by step.

// lastBarrier is the last barrier that is not finished, nil without.
func (q *OperationQueue) lastBarrier() *Operation {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.last
	if s != nil && !s.barrier {
		s = s.previous
	}
	if s == nil {
		return nil
	}
	return s.first
}

// waitPath is how the queue's last barrier waits for o, which is about to be
// added and would wait for it; nil if it doesn't. operationGraph is held. When
// the barrier goes meanwhile, o would wait for the one before.
func (q *OperationQueue) waitPath(o *Operation) []*Operation {
	for {
		removals := sectionRemovals.Load()
		barrier := q.lastBarrier()
		if barrier == nil {
			return nil
		}
		path, _, _ := waitPath(barrier, o)
		if path != nil || sectionRemovals.Load() == removals {
			return path
		}
	}
}

// appendBlockers appends what o, which is locked, waits for.
func (q *OperationQueue) appendBlockers(all []*Operation, o *Operation) []*Operation {
	q.mu.Lock()
	defer q.mu.Unlock()
	if o.place.section == nil || o.place.current().previous == nil {
		return all
	}
	return o.place.current().previous.appendAll(all)
}

// appendFollowers appends what waits for o, which is locked.
func (q *OperationQueue) appendFollowers(all []*Operation, o *Operation) []*Operation {
	q.mu.Lock()
	defer q.mu.Unlock()
	if o.place.section == nil || o.place.current().next == nil {
		return all
	}
	return o.place.current().next.appendAll(all)
}
