package reactor

import (
	"sync"
	"sync/atomic"

	"github.com/petermattis/goid"
)

// goroutine is what is known of a goroutine that runs items: on which queues,
// the innermost last. It answers "which queue am I on?" and "would I wait for
// myself?", which GCD asks of a thread's own storage. Go has none, so the
// goroutine's id is looked up in a table (ADR 0006).
//
// All but id belongs to the goroutine whose id it is.
type goroutine struct {
	id     atomic.Uint64 // 0: nobody's
	depth  int
	share  int // in Apply: among how many goroutines the processors are divided
	frames [inlineFrames]frame
	deeper []frame
	// lent are the frames of a goroutine that waits for this one: in Sync on the
	// main queue, or in Apply.
	lent   []frame
	exited bool // an item has ended it, and that was told
}

// frame says that a goroutine runs an item of a queue, or is in its Sync. It
// stands for the slots at all targets of the queue as well.
type frame struct {
	queue   *Queue
	source  *base // whose handler it is, if it is one
	barrier bool
	// until is the queue of the target chain from which on the slots are those
	// of an outer frame; nil when all are this one's.
	until *Queue
}

const (
	inlineFrames = 4
	tableSize    = 512
)

// goroutines is the table, by the low bits of the id. Ids are given out in
// turn, so entries seldom clash; those that do are in others.
var (
	goroutines [tableSize]goroutine
	others     sync.Map // id to *goroutine
	otherCount atomic.Int64
)

// known is the calling goroutine's entry, nil when it runs no item.
func known() *goroutine { return find(uint64(goid.Get())) }

func find(id uint64) *goroutine {
	if g := &goroutines[id%tableSize]; g.id.Load() == id {
		return g
	}
	if otherCount.Load() > 0 {
		if g, ok := others.Load(id); ok {
			return g.(*goroutine)
		}
	}
	return nil
}

// here is the calling goroutine's entry, a new one when it has none. The new
// one is given back when its last frame is popped.
func here() *goroutine {
	id := uint64(goid.Get())
	if g := find(id); g != nil {
		return g
	}
	if g := &goroutines[id%tableSize]; g.id.CompareAndSwap(0, id) {
		return g
	}
	g := new(goroutine)
	g.id.Store(id)
	others.Store(id, g)
	otherCount.Add(1)
	return g
}

// dropIfEmpty ends an entry that here made and nobody used.
func (g *goroutine) dropIfEmpty() {
	if g.depth == 0 {
		g.giveBack()
	}
}

// giveBack ends an entry without frames.
func (g *goroutine) giveBack() {
	g.exited = false
	id := g.id.Load()
	if g != &goroutines[id%tableSize] {
		others.Delete(id)
		otherCount.Add(-1)
		return
	}
	g.id.Store(0)
}

func (g *goroutine) push(f frame) {
	if g.depth >= inlineFrames {
		g.deeper = append(g.deeper, frame{})
	}
	g.depth++
	*g.top() = f
}

func (g *goroutine) pop() {
	*g.top() = frame{}
	if g.depth--; g.depth >= inlineFrames {
		g.deeper = g.deeper[:g.depth-inlineFrames]
	}
	g.dropIfEmpty()
}

func (g *goroutine) frame(i int) *frame {
	if i < inlineFrames {
		return &g.frames[i]
	}
	return &g.deeper[i-inlineFrames]
}

// all are the frames of the goroutine, behind those that were lent to it.
func (g *goroutine) all(yield func(f *frame, lent bool) bool) {
	for i := range g.lent {
		if !yield(&g.lent[i], true) {
			return
		}
	}
	for i := range g.depth {
		if !yield(g.frame(i), false) {
			return
		}
	}
}

// snapshot is a copy of all, to be lent.
func (g *goroutine) snapshot() []frame {
	var frames []frame
	for f := range g.all {
		frames = append(frames, *f)
	}
	return frames
}

// borrow has the goroutine run f with the frames of one that waits for it.
func (g *goroutine) borrow(frames []frame, f func()) {
	before := g.lent
	g.lent = append(before[:len(before):len(before)], frames...)
	defer func() { g.lent = before }()
	f()
}

func (g *goroutine) top() *frame { return g.frame(g.depth - 1) }

// swap replaces the innermost frame: an item that is another queue's slot runs
// the items of that queue in its place.
func (g *goroutine) swap(f frame) (was frame) {
	top := g.top()
	was, *top = *top, f
	return was
}
