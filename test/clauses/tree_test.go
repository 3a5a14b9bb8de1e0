package clauses_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/reactord/reactord/reactor"
)

// node is a queue of a random tree, with what runs on it and above it.
type node struct {
	*reactor.Queue
	above   *node // its target, if that is one of the tree
	width   int   // 0: without bound
	mu      *sync.Mutex
	inside  int
	barrier bool
}

// run is an item of n: it checks the widths and the barriers of the whole
// chain (clauses H1, H3, B1 and B3).
func (n *node) run(t *testing.T, isBarrier bool) {
	alone := isBarrier && n.width != 1
	n.mu.Lock()
	for q := n; q != nil; q = q.above {
		q.inside++
		if q.width > 0 && q.inside > q.width {
			t.Errorf("%d items at once on %s of width %d", q.inside, q.Label(), q.width)
		}
		if q.barrier {
			t.Errorf("an item beside a barrier of %s", q.Label())
		}
	}
	if alone {
		if n.inside > 1 {
			t.Errorf("a barrier of %s beside %d items", n.Label(), n.inside-1)
		}
		n.barrier = true
	}
	n.mu.Unlock()
	if rand.IntN(4) == 0 {
		yield()
	}
	n.mu.Lock()
	for q := n; q != nil; q = q.above {
		q.inside--
	}
	if alone {
		n.barrier = false
	}
	n.mu.Unlock()
}

// forest draws up to six queues, some of which target others.
func forest(rt *rapid.T, r *reactor.Reactor, name string) []*node {
	mu := new(sync.Mutex)
	var nodes []*node
	for i := range rapid.IntRange(1, 6).Draw(rt, "queues") {
		n := &node{mu: mu, width: rapid.SampledFrom([]int{1, 1, 2, 3, 0}).Draw(rt, "width")}
		options := []reactor.QueueOption{reactor.Concurrent()}
		if n.width > 0 {
			options[0] = reactor.Width(n.width)
		}
		if k := rapid.IntRange(-1, i-1).Draw(rt, "target"); k >= 0 {
			n.above = nodes[k]
			options = append(options, reactor.Target(nodes[k].Queue))
		}
		n.Queue = r.NewQueue(fmt.Sprint(name, " ", i), options...)
		nodes = append(nodes, n)
	}
	return nodes
}

// TestH1_TreesUnderLoad has several goroutines submit everything there is to
// every queue of a random tree, and suspend and resume them meanwhile. Items of
// the one tree sync onto queues of the other, which is never a deadlock (Q4).
func TestH1_TreesUnderLoad(t *testing.T) {
	r := start(t)
	rapid.Check(t, func(rt *rapid.T) {
		first, second := forest(rt, r, "first"), forest(rt, r, "second")
		var submitters, items sync.WaitGroup
		for range 4 {
			seed := rapid.Uint64().Draw(rt, "seed")
			submitters.Go(func() {
				random := rand.New(rand.NewPCG(seed, 0))
				for range 50 {
					n, other := first[random.IntN(len(first))], second[random.IntN(len(second))]
					isBarrier, syncs := random.IntN(4) == 0, random.IntN(4) == 0
					items.Add(1)
					item := func() {
						defer items.Done()
						n.run(t, isBarrier)
						if syncs {
							other.Sync(func() { other.run(t, false) })
						}
					}
					switch what := random.IntN(9); {
					case what == 0:
						n.Suspend()
						yield()
						n.Resume()
						items.Done()
					case what == 1:
						other.BarrierAsync(func() { defer items.Done(); other.run(t, true) })
					case what < 4 && isBarrier:
						n.BarrierSync(item)
					case what < 4:
						n.Sync(item)
					case isBarrier:
						n.BarrierAsync(item)
					default:
						n.Async(item)
					}
				}
			})
		}
		finishes(t, "the submitters", submitters.Wait)
		finishes(t, "the items", items.Wait)
		for _, n := range append(first, second...) {
			eventually(t, "an idle "+n.Label(), func() bool {
				s := n.State()
				return s.Waiting == 0 && s.Running == 0 && s.Suspended == 0
			})
		}
	})
}
