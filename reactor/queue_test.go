package reactor_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/reactor"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// start returns a reactor that is closed, and checked for leaks, at the end.
func start(t testing.TB, options ...reactor.Option) *reactor.Reactor {
	t.Helper()
	leak.Check(t)
	r := reactor.New(options...)
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return r
}

// receive waits for a value.
func receive[T any](t testing.TB, from <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("no %s within %v", what, patience)
		panic("unreachable")
	}
}

// drain waits until everything submitted to q before has run.
func drain(t testing.TB, q *reactor.Queue) {
	t.Helper()
	done := make(chan struct{})
	q.Async(func() { close(done) })
	receive(t, done, "end of queue "+q.Label())
}

func TestQ1_SerialIsFIFO(t *testing.T) {
	r := start(t)
	q := r.NewQueue("serial")
	var got []int // no lock: the queue orders the items
	var want []int
	for i := range 10_000 {
		q.Async(func() { got = append(got, i) })
		want = append(want, i)
	}
	drain(t, q)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestQ2_WidthBoundsConcurrency(t *testing.T) {
	r := start(t)
	q := r.NewQueue("three", reactor.Width(3))
	full := make(chan struct{})
	var running atomic.Int32
	var wg sync.WaitGroup
	for range 12 {
		wg.Add(1)
		q.Async(func() {
			defer wg.Done()
			switch n := running.Add(1); {
			case n == 3:
				select {
				case <-full:
				default:
					close(full)
				}
			case n > 3:
				t.Errorf("%d items at once on a queue of width 3", n)
			}
			<-full // until three run at once
			running.Add(-1)
		})
	}
	wg.Wait()
}

func TestQ6_SuspendKeepsItems(t *testing.T) {
	r := start(t)
	q := r.NewQueue("suspended")
	q.Suspend()
	q.Suspend()
	ran := make(chan int, 2)
	q.Async(func() { ran <- 1; q.Suspend() })
	q.Async(func() { ran <- 2 })
	q.Resume()
	select {
	case <-ran:
		t.Fatal("ran while suspended")
	default:
	}
	q.Resume()
	receive(t, ran, "first item")
	for q.State().Running > 0 {
		time.Sleep(time.Millisecond) // the item that suspended its queue ends
	}
	if s := q.State(); s.Waiting != 1 {
		t.Fatalf("%d items wait, want the second", s.Waiting)
	}
	q.Resume()
	receive(t, ran, "second item")
}

func TestS9_OverResumePanics(t *testing.T) {
	r := start(t)
	defer func() {
		if recover() == nil {
			t.Fatal("no panic")
		}
	}()
	r.NewQueue("q").Resume()
}

// Ensure that a sub-queue is one item of its target and is drained as a batch.
func TestH2_OrderAcrossSiblings(t *testing.T) {
	r := start(t)
	base := r.NewQueue("base")
	a := reactor.NewQueue("a", reactor.Target(base))
	b := reactor.NewQueue("b", reactor.Target(base))
	base.Suspend()
	var got []string
	add := func(q *reactor.Queue, name string) { q.Async(func() { got = append(got, name) }) }
	for _, n := range []string{"0", "1", "2"} {
		add(a, "A"+n)
		add(b, "B"+n)
		add(base, "BASE"+n)
	}
	base.Resume()
	drain(t, base)
	drain(t, a)
	drain(t, b)
	want := []string{"A0", "A1", "A2", "B0", "B1", "B2", "BASE0", "BASE1", "BASE2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

// Ensure order and exclusion over random hierarchies: every queue that has a
// serial queue at or below it in its chain runs one item at a time there.
func TestH1_RandomHierarchies(t *testing.T) {
	r := start(t)
	rapid.Check(t, func(t *rapid.T) {
		type node struct {
			q      *reactor.Queue
			width  int
			chain  []*atomic.Int32 // running counts of this queue and its targets
			widths []int
			got    []int
			mu     sync.Mutex
		}
		var nodes []*node
		for i := range rapid.IntRange(1, 6).Draw(t, "queues") {
			n := &node{width: rapid.SampledFrom([]int{1, 1, 2, 4}).Draw(t, "width")}
			options := []reactor.QueueOption{reactor.Width(n.width)}
			if i > 0 && rapid.Bool().Draw(t, "targeted") {
				parent := nodes[rapid.IntRange(0, i-1).Draw(t, "target")]
				options = append(options, reactor.Target(parent.q))
				n.chain = append(n.chain, parent.chain...)
				n.widths = append(n.widths, parent.widths...)
				n.q = reactor.NewQueue("n", options...)
			} else {
				n.q = r.NewQueue("n", options...)
			}
			n.chain = append(n.chain, new(atomic.Int32))
			n.widths = append(n.widths, n.width)
			nodes = append(nodes, n)
		}
		var wg sync.WaitGroup
		sent := make([]int, len(nodes))
		var broken atomic.Pointer[string]
		for range rapid.IntRange(0, 300).Draw(t, "items") {
			i := rapid.IntRange(0, len(nodes)-1).Draw(t, "to")
			n, k := nodes[i], sent[i]
			sent[i]++
			wg.Add(1)
			n.q.Async(func() {
				defer wg.Done()
				for j, c := range n.chain {
					if int(c.Add(1)) > n.widths[j] {
						s := "wider than its width"
						broken.Store(&s)
					}
				}
				n.mu.Lock()
				n.got = append(n.got, k)
				n.mu.Unlock()
				for _, c := range n.chain {
					c.Add(-1)
				}
			})
		}
		wg.Wait()
		if s := broken.Load(); s != nil {
			t.Fatal(*s)
		}
		for i, n := range nodes {
			if len(n.got) != sent[i] {
				t.Fatalf("queue %d ran %d of %d", i, len(n.got), sent[i])
			}
			if n.width == 1 {
				for k, v := range n.got {
					if k != v {
						t.Fatalf("queue %d out of order: %v", i, n.got)
					}
				}
			}
		}
	})
}

type recorder struct {
	mu     sync.Mutex
	panics []reactor.Panic
	failed []error
}

func (r *recorder) Panicked(p reactor.Panic) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.panics = append(r.panics, p)
}

func (r *recorder) Failed(_ string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = append(r.failed, err)
}

// Ensure that a panic ends at its queue, and is told with stack, queue and
// source.
func TestPanicStaysAtTheQueue(t *testing.T) {
	var rec recorder
	r := start(t, reactor.WithTracer(&rec))
	q := r.NewQueue("q")
	word := coalesce.NewWord(coalesce.Add)
	src := reactor.NewSource("src", q, word, nil)
	src.OnEvent(func(uint64) { panic("in a handler") })
	ended := make(chan struct{})
	src.OnCancel(func() { close(ended) })
	if err := src.Activate(); err != nil {
		t.Fatal(err)
	}
	q.Async(func() { panic("in an item") })
	_ = word.Merge(1)
	src.Wake()
	drain(t, q)
	src.Cancel()
	receive(t, ended, "cancel handler")
	type told struct{ Queue, Source, Value string }
	var got []told
	for _, p := range rec.panics {
		got = append(got, told{p.Queue, p.Source, fmt.Sprint(p.Value)})
		if !strings.Contains(string(p.Stack), "TestPanicStaysAtTheQueue") {
			t.Errorf("not the stack of the panic: %s", p.Stack)
		}
	}
	slices.SortFunc(got, func(a, b told) int { return strings.Compare(a.Value, b.Value) })
	want := []told{{"q", "src", "in a handler"}, {"q", "", "in an item"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

// Ensure that a panic in Sync goes on in the caller, and the queue lives.
func TestPanicInSyncIsTheCallers(t *testing.T) {
	r := start(t)
	for _, q := range []*reactor.Queue{r.NewQueue("serial"), r.NewQueue("concurrent", reactor.Concurrent()), r.Global(reactor.Utility)} {
		for _, sync := range []func(func()){q.Sync, q.BarrierSync, func(f func()) { q.Apply(9, func(int) { f() }) }} {
			panicWith(t, func() { sync(func() { panic("mine") }) }, "mine")
			sync(func() {})
			drain(t, q)
		}
	}
}
