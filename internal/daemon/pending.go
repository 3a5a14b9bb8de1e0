package daemon

import (
	"encoding/json"
	"maps"
	"sync"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/handlers"
)

// pending is what a source took in and has not delivered, in memory: events in
// the order of their first, merged while they are about the same thing. With the
// end of a connection nothing merges that came after it: that is of another.
//
// It is bounded by pausing the intake instead of refusing: once it is full the
// source stops taking, which stops the reading of a descriptor and has a
// watched tree keep a mark (clause DV1). What is put in at that moment still
// fits. Only emit, which has somebody to tell, is refused.
type pending struct {
	mode  coalesce.Mode
	limit int // things, as Event.Count counts them
	// changed is called, outside the lock, when full turns.
	changed func(full bool)

	mu     sync.Mutex
	events []*handlers.Event
	size   int
	bytes  int
	full   bool
	merged uint64 // events that went into another one
	taken  uint64
	tally  tally
}

var _ coalesce.Pending[*handlers.Event] = (*pending)(nil)

// Merge implements coalesce.Pending; ErrFull only when it was full before.
func (p *pending) Merge(e *handlers.Event) error {
	p.mu.Lock()
	if p.full {
		p.mu.Unlock()
		return coalesce.ErrFull
	}
	p.taken++
	p.tally.add(e)
	before, weight := 0, weigh(e)
	if last := p.last(); last != nil && !last.EOF && last.SameSubject(e) {
		before = last.Count()
		last.Merge(*e, p.mode)
		p.merged++
	} else {
		p.events = append(p.events, e)
	}
	p.size += p.last().Count() - before
	p.bytes += weight
	full := p.size >= p.limit || p.bytes >= mostBytes
	p.full = full
	p.mu.Unlock()
	if full {
		p.changed(true)
	}
	return nil
}

func (p *pending) last() *handlers.Event {
	if len(p.events) == 0 {
		return nil
	}
	return p.events[len(p.events)-1]
}

// Latch takes out the first event that says something: a sum of zero doesn't
// (clause D3), nor do changes that undid each other (clause FS1).
func (p *pending) Latch() (*handlers.Event, bool) {
	p.mu.Lock()
	var e *handlers.Event
	for e == nil && len(p.events) > 0 {
		e = p.events[0]
		p.events[0] = nil
		p.events = p.events[1:]
		p.size -= e.Count()
		p.bytes -= weigh(e)
		e = telling(e)
	}
	if len(p.events) == 0 {
		p.events, p.size, p.bytes = nil, 0, 0
	}
	drained := p.full && p.size < p.limit && p.bytes < mostBytes
	p.full = p.full && !drained
	p.mu.Unlock()
	if drained {
		p.changed(false)
	}
	return e, e != nil
}

// mostBytes bounds what may be pending of one source, however few things that
// is: lines and payloads come from outside.
const mostBytes = 16 << 20

// weigh is about how many bytes an event's lists hold.
func weigh(e *handlers.Event) int {
	n := 0
	for i := range e.Changes {
		n += len(e.Changes[i].Path) + len(e.Changes[i].From) + len(e.Changes[i].To)
	}
	for _, l := range e.Lines {
		n += len(l)
	}
	for i := range e.Messages {
		n += len(e.Messages[i].Data)
	}
	for _, item := range e.Items {
		n += weighItem(item)
	}
	return n
}

// weighItem weighs a payload.
func weighItem(item any) int {
	const word = 16
	n := word
	switch v := item.(type) {
	case string:
		n += len(v)
	case json.Number:
		n += len(v)
	case []any:
		for _, element := range v {
			n += weighItem(element)
		}
	case map[string]any:
		for name, element := range v {
			n += len(name) + weighItem(element)
		}
	}
	return n
}

// telling is e with its changes folded, or nil when nothing is left of it.
func telling(e *handlers.Event) *handlers.Event {
	switch {
	case len(e.Changes) > 0:
		if e.Changes = coalesce.Fold(e.Changes); len(e.Changes) == 0 {
			return nil
		}
	case e.Kind == kindCustom && e.Data != nil && *e.Data == 0:
		return nil
	}
	return e
}

// Ack implements coalesce.Pending: in memory there is nothing to forget.
func (p *pending) Ack(*handlers.Event) error { return nil }

// Len implements coalesce.Pending: how many things wait.
func (p *pending) Len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.size
}

// some reports whether an event waits.
func (p *pending) some() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.events) > 0
}

// counts is what there is to know of a pending.
type counts struct {
	taken, merged uint64            // events taken in, and of these merged into another
	took          map[string]uint64 // what they were
	things, bytes int               // that wait
	full          bool              // nothing more is taken in
}

func (p *pending) counts() counts {
	p.mu.Lock()
	defer p.mu.Unlock()
	return counts{taken: p.taken, merged: p.merged, took: maps.Clone(p.tally), things: p.size, bytes: p.bytes, full: p.full}
}
