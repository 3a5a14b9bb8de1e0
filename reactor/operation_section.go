package reactor

// A queue's unfinished operations are divided into sections by barriers: a
// barrier is a section by itself, and what was added between two barriers is
// one. Only operations of the first section start, and a section goes when its
// last operation has finished: that is all there is to barriers (clause N4).
//
//	[a b c] [barrier] [d e] [barrier] [barrier] [f]
//	 may start          wait for all that is left of them
//
// A barrier that is cancelled goes while others are still before it. What it
// kept apart then becomes one section. Everything here is guarded by the
// queue's mu.
type operationSection struct {
	previous, next *operationSection
	into           *operationSection // it was merged into that one
	barrier        bool
	unfinished     int
	first, last    *Operation // all of them, in the order of addition
	ready          operationHeap
}

// operationPlace is what a queue keeps in its operations. The queue's mu guards
// it.
type operationPlace struct {
	section        *operationSection
	previous, next *Operation // in the section
	number         uint64     // of addition
	at             int        // in the section's heap, or notQueued
}

const notQueued = -1

// current is the section o is in, after mergers. It shortens the way for the
// next time.
func (p *operationPlace) current() *operationSection {
	s := p.section
	for s.into != nil {
		if s.into.into != nil {
			s.into = s.into.into
		}
		s = s.into
	}
	p.section = s
	return s
}

func (s *operationSection) append(o *Operation) {
	o.place.section, o.place.previous = s, s.last
	if s.last == nil {
		s.first = o
	} else {
		s.last.place.next = o
	}
	s.last = o
	s.unfinished++
}

// remove takes a finished operation out.
func (s *operationSection) remove(o *Operation) {
	before, after := o.place.previous, o.place.next
	if before == nil {
		s.first = after
	} else {
		before.place.next = after
	}
	if after == nil {
		s.last = before
	} else {
		after.place.previous = before
	}
	o.place.previous, o.place.next = nil, nil
	s.unfinished--
}

// absorb makes the next section, which like this one has no barrier, part of
// this one. The cost is in the smaller of both heaps.
func (s *operationSection) absorb(next *operationSection) {
	s.last.place.next, next.first.place.previous = next.first, s.last
	s.last = next.last
	s.unfinished += next.unfinished
	if len(s.ready) < len(next.ready) {
		s.ready, next.ready = next.ready, s.ready
	}
	for _, o := range next.ready {
		o.place.at = notQueued
		s.ready.push(o)
	}
	*next = operationSection{into: s}
}

// appendAll appends the section's operations to all.
func (s *operationSection) appendAll(all []*Operation) []*Operation {
	for o := s.first; o != nil; o = o.place.next {
		all = append(all, o)
	}
	return all
}

// appendSectionLocked opens a section at the end.
func (q *OperationQueue) appendSectionLocked(barrier bool) *operationSection {
	s := &operationSection{barrier: barrier, previous: q.last}
	if barrier {
		operationBarriers.Add(1)
	}
	if q.last == nil {
		q.first = s
	} else {
		q.last.next = s
	}
	q.last = s
	return s
}

// removeSectionLocked takes an empty section out, and merges what it kept apart.
func (q *OperationQueue) removeSectionLocked(s *operationSection) {
	if s.barrier {
		operationBarriers.Add(-1)
	}
	before, after := s.previous, s.next
	if before != nil || after != nil {
		sectionRemovals.Add(1)
	}
	q.joinSectionsLocked(before, after)
	if before == nil || after == nil || before.barrier || after.barrier {
		return
	}
	beyond := after.next
	before.absorb(after)
	q.joinSectionsLocked(before, beyond)
}

// joinSectionsLocked makes two sections neighbours; nil is an end.
func (q *OperationQueue) joinSectionsLocked(before, after *operationSection) {
	if before == nil {
		q.first = after
	} else {
		before.next = after
	}
	if after == nil {
		q.last = before
	} else {
		after.previous = before
	}
}
