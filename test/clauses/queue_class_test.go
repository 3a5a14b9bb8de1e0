package clauses_test

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reactord/reactord/reactor"
)

var classes = []reactor.QoS{reactor.UserInteractive, reactor.UserInitiated, reactor.DefaultQoS, reactor.Utility, reactor.Background}

func TestQ11_ClassesAreInherited(t *testing.T) {
	r := start(t)
	if !slices.IsSorted(classes) || len(slices.Compact(slices.Clone(classes))) != 5 {
		t.Fatalf("classes %v are not five in falling order", classes)
	}
	if c := r.NewQueue("q").QoS(); c != reactor.DefaultQoS {
		t.Errorf("a queue without a class has %v", c)
	}
	for _, c := range classes {
		if got := r.Global(c).QoS(); got != c {
			t.Errorf("global queue of %v has %v", c, got)
		}
		base := r.NewQueue("base", reactor.WithQoS(c))
		child := r.NewQueue("child", reactor.Target(base))
		grandchild := r.NewQueue("grandchild", reactor.Target(child))
		for _, q := range []*reactor.Queue{base, child, grandchild, r.NewQueue("global's", reactor.Target(r.Global(c)))} {
			if got := q.QoS(); got != c {
				t.Errorf("%s of %v has %v", q.Label(), c, got)
			}
		}
		moved := r.NewQueue("moved")
		must(t, moved.SetTarget(base))
		drain(t, moved)
		if got := moved.QoS(); got != c {
			t.Errorf("after SetTarget the class is %v, want %v", got, c)
		}
	}
}

// uninterrupted leaves one processor to the program while submit runs, so that
// everything is submitted before any of it begins.
func uninterrupted(submit func()) {
	n := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(n)
	submit()
}

// TestQ11_HigherClassesAreDequeuedFirst looks at many rounds: what was dequeued
// first may still be held up by the scheduler, which the race detector has
// choose at random.
func TestQ11_HigherClassesAreDequeuedFirst(t *testing.T) {
	r := start(t)
	const each = 64
	rounds := share(20, 1000)
	places := map[string]int{}
	for range rounds {
		var happened order
		var all sync.WaitGroup
		all.Add(each * len(classes))
		uninterrupted(func() {
			for range each {
				for _, c := range slices.Backward(classes) { // the lowest first
					r.Global(c).Async(func() { happened.add(c.String()); all.Done() })
				}
			}
		})
		finishes(t, "all items", all.Wait)
		for place, class := range happened.all() {
			places[class] += place
		}
	}
	for i, c := range classes[1:] {
		above, below := places[classes[i].String()]/each/rounds, places[c.String()]/each/rounds
		if above >= below {
			t.Errorf("items of %v ran at place %d on average, those of %v at %d", classes[i], above, c, below)
		}
	}
}

// TestQ11_RaisedWhileSomebodyWaits: a queue of the lowest class is drained
// before thousands of items of a higher one, because an item of a still higher
// one waits for it.
func TestQ11_RaisedWhileSomebodyWaits(t *testing.T) {
	r := start(t)
	const items, rounds = 3000, 10
	raised := 0
	for range rounds {
		low := r.NewQueue("low", reactor.WithQoS(reactor.Background))
		var happened order
		var all sync.WaitGroup
		all.Add(items + 1)
		uninterrupted(func() {
			for range items {
				r.Global(reactor.DefaultQoS).Async(func() { happened.add("default"); all.Done() })
			}
			for range 3 {
				low.Async(happened.step("low"))
			}
			r.Global(reactor.UserInteractive).Async(func() {
				happened.add("high")
				low.Sync(func() {})
				all.Done()
			})
			finishes(t, "all items", all.Wait) // on one processor still: they run as they are dequeued
		})
		words := happened.all()
		high, last := slices.Index(words, "high"), len(words)-1
		for words[last] != "low" {
			last--
		}
		if between := last - high; between < 60 { // fewer than it takes until the lowest has its turn anyway
			raised++
		}
		if c := low.QoS(); c != reactor.Background {
			t.Errorf("afterwards the class is %v, want %v", c, reactor.Background)
		}
	}
	if raised < rounds/2 {
		t.Errorf("the class was raised in %d of %d rounds", raised, rounds)
	}
}

func TestQ11_NoneIsStarved(t *testing.T) {
	r := start(t)
	high := r.Global(reactor.UserInteractive)
	var leave atomic.Bool
	var chains sync.WaitGroup
	for range 4 * runtime.GOMAXPROCS(0) { // there is always something more urgent
		chains.Add(1)
		var again func()
		again = func() {
			if leave.Load() {
				chains.Done()
				return
			}
			high.Async(again)
		}
		high.Async(again)
	}
	for _, c := range classes[1:] {
		ran := make(chan struct{})
		r.Global(c).Async(func() { close(ran) })
		receive(t, ran, "item of class "+c.String())
	}
	leave.Store(true)
	finishes(t, "the flood", chains.Wait)
}
