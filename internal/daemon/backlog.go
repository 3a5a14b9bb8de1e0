package daemon

import (
	"github.com/reactord/reactord/handlers"
)

// backlog is what was latched and not started, and what is out: the units of
// events, in order. It decides which units may run beside each other: at most
// width, and never two that touch the same path (clause DV3). Its owner locks.
type backlog struct {
	width   int
	waiting []*unit
	out     int
	busy    map[string]int // paths of units that are out
}

// unit is what one run is for.
type unit struct {
	event handlers.Event
	paths []string
	of    *latched
}

// latched is an event some of whose units have not ended.
type latched struct {
	event *handlers.Event
	left  int
}

func (b *backlog) add(e *handlers.Event, units []handlers.Event) {
	of := &latched{event: e, left: len(units)}
	for i := range units {
		b.waiting = append(b.waiting, &unit{event: units[i], paths: b.touched(&units[i]), of: of})
	}
}

// touched are the paths a unit is about. Of a source with one run at a time
// nobody asks.
func (b *backlog) touched(e *handlers.Event) []string {
	if b.width == 1 {
		return nil
	}
	var paths []string
	for _, c := range e.Changes {
		paths = append(paths, c.Path)
		if c.From != "" {
			paths = append(paths, c.From)
		}
		if c.To != "" {
			paths = append(paths, c.To)
		}
	}
	return paths
}

// next takes the first unit that may run now, or nil. A unit that touches a
// path of one that waits before it stays behind that one.
func (b *backlog) next() *unit {
	if b.out == b.width {
		return nil
	}
	var before map[string]bool
	for i, u := range b.waiting {
		if b.free(u, before) {
			b.waiting = append(b.waiting[:i], b.waiting[i+1:]...)
			b.out++
			b.mark(u, 1)
			return u
		}
		if before == nil {
			before = map[string]bool{}
		}
		for _, p := range u.paths {
			before[p] = true
		}
	}
	return nil
}

// startable takes all units that may run now.
func (b *backlog) startable() []*unit {
	var units []*unit
	for u := b.next(); u != nil; u = b.next() {
		units = append(units, u)
	}
	return units
}

func (b *backlog) free(u *unit, before map[string]bool) bool {
	for _, p := range u.paths {
		if b.busy[p] > 0 || before[p] {
			return false
		}
	}
	return true
}

func (b *backlog) mark(u *unit, by int) {
	for _, p := range u.paths {
		if b.busy == nil {
			b.busy = map[string]int{}
		}
		if b.busy[p] += by; b.busy[p] == 0 {
			delete(b.busy, p)
		}
	}
}

// done ends a unit that is out and reports whether it was its event's last.
func (b *backlog) done(u *unit) bool {
	b.out--
	b.mark(u, -1)
	u.of.left--
	return u.of.left == 0
}

// full reports whether another event would have to wait here: then it had
// better wait in pending, where it merges.
func (b *backlog) full() bool { return b.out == b.width || len(b.waiting) > 0 }

// drop forgets what waits and says how much that was.
func (b *backlog) drop() int {
	n := len(b.waiting)
	b.waiting = nil
	return n
}
