package clauses_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/reactord/reactord/reactor"
)

// order keeps what happened in the order it happened.
type order struct {
	mu    sync.Mutex
	words []string
}

func (o *order) add(word string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.words = append(o.words, word)
}

// step returns a function that adds word.
func (o *order) step(word string) func() { return func() { o.add(word) } }

func (o *order) all() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.words)
}

// forget begins anew.
func (o *order) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.words = nil
}

// is fails the test unless this happened and nothing else, in this order.
func (o *order) is(t testing.TB, want ...string) {
	t.Helper()
	if got := o.all(); !slices.Equal(got, want) {
		t.Fatalf("happened: %v\nwant:     %v", got, want)
	}
}

// gate is an item that waits until it is let go.
type gate struct{ inside, leave chan struct{} }

func newGate() gate { return gate{make(chan struct{}), make(chan struct{})} }

// pass is the item.
func (g gate) pass() { close(g.inside); <-g.leave }

// closed submits the gate to q and returns when it has been entered.
func closed(t testing.TB, q *reactor.Queue) gate {
	t.Helper()
	g := newGate()
	q.Async(g.pass)
	receive(t, g.inside, "turn of the gate")
	return g
}

// open lets the item end.
func (g gate) open() { close(g.leave) }

// crowd counts how many are inside at a time and keeps the largest number.
type crowd struct {
	mu           sync.Mutex
	inside, most int
}

func (c *crowd) enter() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inside++
	c.most = max(c.most, c.inside)
}

func (c *crowd) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inside--
}

func (c *crowd) largest() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.most
}

// now is how many are inside.
func (c *crowd) now() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.inside
}

// tracer keeps what a reactor reports.
type tracer struct {
	mu       sync.Mutex
	panicked []string // labels
	failed   []string // labels
}

func (tr *tracer) Panicked(p reactor.Panic) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.panicked = append(tr.panicked, p.Queue)
}

func (tr *tracer) Failed(label string, _ error) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.failed = append(tr.failed, label)
}

// told is how often something was reported of label.
func (tr *tracer) told(label string) int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	n := 0
	for _, l := range tr.failed {
		if l == label {
			n++
		}
	}
	return n
}

// threw is how often a panic of label's was reported.
func (tr *tracer) threw(label string) int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	n := 0
	for _, l := range tr.panicked {
		if l == label {
			n++
		}
	}
	return n
}
