package reactor_test

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/reactord/reactord/reactor"
)

// field is a random hierarchy of queues in which every item checks, while it
// runs, that what the contract excludes doesn't run beside it.
type field struct {
	r     *reactor.Reactor
	nodes []*node
	items sync.WaitGroup

	mu     sync.Mutex
	broken string
}

// node is a queue of a field.
type node struct {
	field  *field
	queue  *reactor.Queue
	width  int
	free   bool         // it may be retargeted
	parent atomic.Int32 // index of its target, -1 for a global queue

	running  atomic.Int32 // its own items and those of queues that target it
	barriers atomic.Int32

	held int

	mu    sync.Mutex
	sent  int
	begun int // serial: how many have begun; the next must be this one
}

func (f *field) fail(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken == "" {
		f.broken = fmt.Sprintf(format, args...)
	}
}

// chain is the queue and its targets, as they are now.
func (n *node) chain() []*node {
	chain := []*node{n}
	for p := n.parent.Load(); p >= 0; p = n.parent.Load() {
		n = n.field.nodes[p]
		chain = append(chain, n)
	}
	return chain
}

// item is what every item does: it enters the chain, lets others run, and
// leaves it.
func (n *node) item(number int, barrier bool) {
	f := n.field
	chain := n.chain()
	for i, at := range chain {
		if running := int(at.running.Add(1)); running > at.width {
			f.fail("%d items at once on queue %s of width %d", running, at.queue.Label(), at.width)
		}
		if barrier && i == 0 {
			at.barriers.Add(1)
			if at.running.Load() != 1 {
				f.fail("a barrier of %s began beside %d others", at.queue.Label(), at.running.Load()-1)
			}
		} else if at.width > 1 && at.barriers.Load() != 0 {
			f.fail("an item runs on %s beside a barrier", at.queue.Label())
		}
	}
	if n.width == 1 {
		n.mu.Lock()
		if number != n.begun {
			f.fail("%s: item %d began when it was the turn of %d", n.queue.Label(), number, n.begun)
		}
		n.begun++
		n.mu.Unlock()
	}
	runtime.Gosched()
	if barrier {
		n.barriers.Add(-1)
	}
	for _, at := range chain {
		at.running.Add(-1)
	}
}

// submit submits an item: async, barrier async, sync or barrier sync.
func (n *node) submit(how int) {
	n.field.items.Add(1)
	run := func(number int, barrier bool) func() {
		return func() { defer n.field.items.Done(); n.item(number, barrier) }
	}
	n.mu.Lock()
	number := n.sent
	n.sent++
	switch how {
	case 0:
		n.queue.Async(run(number, false))
		n.mu.Unlock()
	case 1:
		n.queue.BarrierAsync(run(number, n.width > 1))
		n.mu.Unlock()
	default: // on concurrent queues only: where a Sync stands is not known outside
		n.mu.Unlock()
		barrier := how == 3
		go func() {
			if barrier {
				n.queue.BarrierSync(run(number, true))
			} else {
				n.queue.Sync(run(number, false))
			}
		}()
	}
}

func TestH1_ModelOfHierarchies(t *testing.T) {
	r := start(t)
	rapid.Check(t, func(t *rapid.T) {
		f := &field{r: r}
		for i := range rapid.IntRange(1, 7).Draw(t, "queues") {
			n := &node{field: f, width: rapid.SampledFrom([]int{1, 1, 2, 3, 100}).Draw(t, "width")}
			n.parent.Store(-1)
			options := []reactor.QueueOption{reactor.Width(n.width)}
			if i > 0 && rapid.Bool().Draw(t, "targeted") {
				p := rapid.IntRange(0, i-1).Draw(t, "target")
				n.parent.Store(int32(p))
				options = append(options, reactor.Target(f.nodes[p].queue))
			} else {
				n.free = rapid.Bool().Draw(t, "movable")
			}
			n.queue = r.NewQueue(fmt.Sprintf("n%d", i), options...)
			f.nodes = append(f.nodes, n)
		}
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			n := f.nodes[rapid.IntRange(0, len(f.nodes)-1).Draw(t, "queue")]
			switch step := rapid.IntRange(0, 9).Draw(t, "step"); step {
			case 0, 1, 2, 3:
				n.submit(0)
			case 4:
				n.submit(1)
			case 5, 6:
				if n.width > 1 && !n.free { // a Sync may stand between a move and its echo
					n.submit(step - 3)
				}
			case 7:
				n.queue.Suspend()
				n.held++
			case 8:
				if n.held > 0 {
					n.held--
					n.queue.Resume()
				}
			case 9:
				n.retarget(t)
			}
		}
		for _, n := range f.nodes {
			for range n.held {
				n.queue.Resume()
			}
		}
		f.items.Wait()
		if f.broken != "" {
			t.Fatal(f.broken)
		}
		for _, n := range f.nodes {
			// The first may be run in one batch with items before it, of which State
			// is told late; the second has a batch of its own.
			drainQuietly(n.queue)
			drainQuietly(n.queue)
			if s := n.queue.State(); s.Waiting != 0 {
				t.Fatalf("%s: %d items left", n.queue.Label(), s.Waiting)
			}
		}
	})
}

func drainQuietly(q *reactor.Queue) {
	done := make(chan struct{})
	q.BarrierAsync(func() { close(done) })
	<-done
}

// retarget moves a queue whose target may be changed to another one or to a
// global queue. The model learns of it in an item right behind the barrier that
// the change is: a barrier too, so that nothing of the queue runs meanwhile.
func (n *node) retarget(t *rapid.T) {
	if !n.free {
		return
	}
	f := n.field
	p := rapid.IntRange(-1, len(f.nodes)-1).Draw(t, "new target")
	n.mu.Lock()
	defer n.mu.Unlock()
	target := f.r.Global(reactor.DefaultQoS)
	if p >= 0 {
		target = f.nodes[p].queue
	}
	if n.queue.SetTarget(target) != nil {
		return // a cycle, or others target it
	}
	n.sent++
	f.items.Add(1)
	number := n.sent - 1
	n.queue.BarrierAsync(func() {
		defer f.items.Done()
		n.parent.Store(int32(p))
		n.item(number, n.width > 1)
	})
}
