package reactor

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

// ring is a first-in first-out list of tasks. Its memory is used again and
// again, and given up when it was much and the list runs empty.
type ring struct {
	slots []task // a power of two of them, or none
	head  uint32
	count uint32
}

const (
	firstSlots = 4
	keptSlots  = 4096
)

func (r *ring) push(t task) {
	if int(r.count) == len(r.slots) {
		r.grow()
	}
	r.slots[(r.head+r.count)&uint32(len(r.slots)-1)] = t
	r.count++
}

func (r *ring) grow() {
	bigger := make([]task, max(2*len(r.slots), firstSlots))
	n := copy(bigger, r.slots[r.head:])
	copy(bigger[n:], r.slots[:r.head])
	r.slots, r.head = bigger, 0
}

// peek copies the first tasks, as many as there are and fit.
func (r *ring) peek(to []task) int {
	n := min(len(to), int(r.count))
	for i := range to[:n] {
		to[i] = r.slots[(r.head+uint32(i))&uint32(len(r.slots)-1)]
	}
	return n
}

func (r *ring) first() task { return r.slots[r.head] }

// drop takes the first n tasks out.
func (r *ring) drop(n int) {
	mask := uint32(len(r.slots) - 1)
	for range n {
		r.slots[r.head] = nil
		r.head = (r.head + 1) & mask
	}
	r.count -= uint32(n)
	if r.count == 0 && len(r.slots) > keptSlots {
		*r = ring{}
	}
}

func (r *ring) pop() task {
	t := r.first()
	r.drop(1)
	return t
}
