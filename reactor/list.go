package reactor

import (
	"slices"
	"sync"
)

// task is what a queue runs: a function, a source, another queue's slot, a
// goroutine that waits in Sync. It runs as an item of on, on the goroutine g.
type task interface{ run(on *Queue, g *goroutine) }

// fn is a function as a task. A func is one word, so this allocates nothing.
type fn func()

func (f fn) run(*Queue, *goroutine) { f() }

// barrierFn is a function that runs alone on its concurrent queue (clause B1).
type barrierFn func()

func (f barrierFn) run(*Queue, *goroutine) { f() }

// isBarrier reports whether t runs alone on its concurrent queue.
func isBarrier(t task) bool {
	switch t := t.(type) {
	case barrierFn:
		return true
	case *waiter:
		return t.barrier
	case *move:
		return true
	}
	return false
}

// list is a first-in first-out list of tasks. What comes in is appended to one
// slice while the other one is taken from; when that is used up they change
// places. A slice that has come to segmentSize is put behind those that are full
// already, and a new one is begun. Full ones that are used up serve other lists,
// so a long list needs no more memory than what waits in it at a time, and an
// empty one keeps little.
type list struct {
	in   []task
	out  []task
	at   int32 // out[at:] have not been taken
	n    int32
	full *fullSegments
}

// fullSegments are the slices between out and in.
type fullSegments struct {
	list [][]task
	at   int
}

// segmentSize is how many tasks a slice holds; as an array they are 4 KiB.
const segmentSize = 256

// segments are arrays that are free.
var segments = sync.Pool{New: func() any { return new([segmentSize]task) }}

func (l *list) len() int { return int(l.n) }

func (l *list) push(t task) {
	if len(l.in) == segmentSize {
		l.extend()
	}
	l.in = append(l.in, t)
	l.n++
}

func (l *list) extend() {
	if l.full == nil {
		l.full = new(fullSegments)
	}
	if f := l.full; f.at > len(f.list)/2 { // the front is used up
		f.list, f.at = slices.Delete(f.list, 0, f.at), 0
	}
	l.full.list = append(l.full.list, l.in)
	l.in = segments.Get().(*[segmentSize]task)[:0]
}

// next are the tasks that can be taken at once, in order; none if the list is
// empty.
func (l *list) next() []task {
	if int(l.at) == len(l.out) {
		l.turnOver()
	}
	return l.out[l.at:]
}

// turnOver replaces an out that is used up.
func (l *list) turnOver() {
	l.at = 0
	f := l.full
	if f == nil || f.at == len(f.list) {
		l.in, l.out = l.out[:0], l.in
		return
	}
	if cap(l.out) == segmentSize {
		segments.Put((*[segmentSize]task)(l.out[:segmentSize]))
	}
	l.out, f.list[f.at] = f.list[f.at], nil
	if f.at++; f.at == len(f.list) {
		f.list, f.at = f.list[:0], 0
	}
}

// taken says that the first k of next, which are nil by now, have been taken.
func (l *list) taken(k int) {
	l.at += int32(k)
	l.n -= int32(k)
}

func (l *list) pop() task {
	next := l.next()
	t := next[0]
	next[0] = nil
	l.taken(1)
	return t
}

// remove takes out the first task for which is says so, and reports whether
// there was one. It looks at all.
func (l *list) remove(is func(task) bool) (task, bool) {
	segments := []*[]task{&l.out}
	if l.full != nil {
		for i := range l.full.list[l.full.at:] {
			segments = append(segments, &l.full.list[l.full.at+i])
		}
	}
	from := int(l.at)
	for _, s := range append(segments, &l.in) {
		if i := slices.IndexFunc((*s)[from:], is); i >= 0 {
			t := (*s)[from+i]
			*s = slices.Delete(*s, from+i, from+i+1)
			l.n--
			return t, true
		}
		from = 0
	}
	return nil, false
}
