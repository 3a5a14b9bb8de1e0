package reactor

import (
	"cmp"
	"maps"
	"slices"
	"sync/atomic"
)

// Operations have an order: each has a higher number than all it depends on. So
// an edge to one with a lower number closes no cycle, and needs no search; that
// is so when operations are made after those they depend on. Another edge needs
// one. It walks from both ends in turn until one side is exhausted, which then
// is all that waits for one end, or all the other end waits for, and can be
// moved to the end of the order, or to its front. Numbers are guarded by
// operationGraph.
//
// The order knows nothing of barriers: while there are any, in whichever queue,
// each new edge is searched for.
var (
	operationHighest  atomic.Int64 // also of new operations
	operationLowest   int64
	operationBarriers atomic.Int64 // unfinished, in all queues
)

// wouldWait is how on waits for o already, one after the other, from on to o; nil
// if it doesn't, and then o may depend on on.
func wouldWait(on, o *Operation) []*Operation {
	inOrder := on.order < o.order
	if inOrder && operationBarriers.Load() == 0 {
		return nil
	}
	path, ahead, behind := waitPath(on, o)
	switch {
	case path != nil || inOrder:
	case len(ahead.todo) == 0:
		operationLowest -= int64(len(ahead.from))
		ahead.renumber(operationLowest)
	default:
		highest := operationHighest.Add(int64(len(behind.from)))
		behind.renumber(highest - int64(len(behind.from)) + 1)
	}
	return path
}

// waitSearch walks from an operation to all that it waits for, or to all that
// wait for it.
type waitSearch struct {
	neighbours func(*Operation) []*Operation
	from       map[*Operation]*Operation // every one met, and from where
	todo       []*Operation
}

func newWaitSearch(start *Operation, neighbours func(*Operation) []*Operation) *waitSearch {
	return &waitSearch{neighbours, map[*Operation]*Operation{start: nil}, []*Operation{start}}
}

// renumber moves all that were met, in their order, to where numbers are free.
func (s *waitSearch) renumber(first int64) {
	met := slices.SortedFunc(maps.Keys(s.from), func(a, b *Operation) int { return cmp.Compare(a.order, b.order) })
	for i, o := range met {
		o.order = first + int64(i)
	}
}

// step walks on from one operation, and returns one that the other search has
// met too.
func (s *waitSearch) step(other *waitSearch) *Operation {
	o := s.todo[len(s.todo)-1]
	s.todo = s.todo[:len(s.todo)-1]
	for _, n := range s.neighbours(o) {
		if _, seen := s.from[n]; seen {
			continue
		}
		s.from[n] = o
		if _, both := other.from[n]; both {
			return n
		}
		s.todo = append(s.todo, n)
	}
	return nil
}

// trail is the way the search went to o, from o back to the start.
func (s *waitSearch) trail(o *Operation) []*Operation {
	var way []*Operation
	for ; o != nil; o = s.from[o] {
		way = append(way, o)
	}
	return way
}

// waitPath is what from waits for, one after the other, until to; nil when it
// doesn't wait for it, and then one of the searches has nothing left to do.
// operationGraph is held.
//
// Meanwhile operations finish. That edges vanish does no harm: a way that is there
// at the end was there all the time. But when a section of a queue goes, those on
// both its sides become neighbours, and a search that had already passed one of
// them would miss the other. Then it is made again. Once it has been made without
// that, its answer stays true: who becomes a neighbour was waited for before.
func waitPath(from, to *Operation) (path []*Operation, ahead, behind *waitSearch) {
	for {
		removals := sectionRemovals.Load()
		path, ahead, behind = walk(from, to)
		if path != nil || sectionRemovals.Load() == removals {
			return path, ahead, behind
		}
	}
}

// sectionRemovals counts the sections that went and had neighbours, in all
// queues.
var sectionRemovals atomic.Uint64

// walk is one try of waitPath.
func walk(from, to *Operation) (path []*Operation, ahead, behind *waitSearch) {
	ahead = newWaitSearch(from, (*Operation).blockers)
	behind = newWaitSearch(to, (*Operation).followers)
	if from == to {
		return []*Operation{to}, ahead, behind
	}
	for len(ahead.todo) > 0 && len(behind.todo) > 0 {
		middle := behind.step(ahead)
		if middle == nil && len(behind.todo) > 0 {
			middle = ahead.step(behind)
		}
		if middle != nil {
			path = ahead.trail(middle)
			slices.Reverse(path)
			return append(path, behind.trail(middle)[1:]...), ahead, behind
		}
	}
	return nil, ahead, behind
}

// blockers are the operations this one waits for: unfinished dependencies, and
// what its queue has before it because of barriers.
func (o *Operation) blockers() []*Operation {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []*Operation
	for _, e := range o.edges {
		if !e.gone {
			all = append(all, e.dependency)
		}
	}
	if o.queue != nil {
		all = o.queue.appendBlockers(all, o)
	}
	return all
}

// followers are the operations that wait for this one.
func (o *Operation) followers() []*Operation {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []*Operation
	for _, e := range o.dependents {
		all = append(all, e.waiter)
	}
	if o.queue != nil {
		all = o.queue.appendFollowers(all, o)
	}
	return all
}
