package clauses_test

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/reactord/reactord/reactor"
)

func TestQ9_Labels(t *testing.T) {
	r := start(t)
	if l := reactor.CurrentLabel(); l != "" {
		t.Fatalf("label %q outside of any queue", l)
	}
	a := r.NewQueue("alpha")
	child := r.NewQueue("child", reactor.Target(a))
	if a.Label() != "alpha" || child.Label() != "child" {
		t.Fatalf("labels %q and %q", a.Label(), child.Label())
	}
	labels := make(chan string, 10)
	tell := func() { labels <- reactor.CurrentLabel() }
	child.Async(func() { tell(); r.NewQueue("inner").Sync(tell); tell() })
	for _, want := range []string{"child", "inner", "child"} { // its own, not its target's
		if got := receive(t, labels, "label"); got != want {
			t.Errorf("label %q, want %q", got, want)
		}
	}
	finishes(t, "sync", func() {
		a.Sync(tell)
		tell()
	})
	for _, want := range []string{"alpha", ""} {
		if got := receive(t, labels, "label"); got != want {
			t.Errorf("label %q, want %q", got, want)
		}
	}
	seen := map[string]bool{"": true} // each global queue has one of its own
	for _, c := range classes {
		r.Global(c).Async(tell)
		l := receive(t, labels, "label")
		if seen[l] || l != r.Global(c).Label() {
			t.Errorf("label of %v is %q", c, l)
		}
		seen[l] = true
	}
}

type key string

func TestQ9_SpecificWalksDownTheTargets(t *testing.T) {
	r := start(t)
	base := r.NewQueue("base")
	middle := r.NewQueue("middle", reactor.Target(base))
	top := r.NewQueue("top", reactor.Target(middle))
	other := r.NewQueue("other")
	base.SetSpecific(key("a"), "base's a", nil)
	base.SetSpecific(key("b"), "base's b", nil)
	middle.SetSpecific(key("b"), "middle's b", nil)
	top.SetSpecific(key("c"), 3, nil)
	other.SetSpecific(key("a"), "other's a", nil)
	look := func() []any {
		return []any{reactor.Specific(key("a")), reactor.Specific(key("b")), reactor.Specific(key("c")), reactor.Specific("a")}
	}
	got := make(chan []any, 1)
	for _, c := range []struct {
		q    *reactor.Queue
		want []any
	}{
		{top, []any{"base's a", "middle's b", 3, nil}},
		{middle, []any{"base's a", "middle's b", nil, nil}},
		{base, []any{"base's a", "base's b", nil, nil}},
		{other, []any{"other's a", nil, nil, nil}},
	} {
		c.q.Async(func() { got <- look() })
		if g := receive(t, got, "item"); !slices.Equal(g, c.want) {
			t.Errorf("on %s: %v, want %v", c.q.Label(), g, c.want)
		}
		c.q.Sync(func() { got <- look() })
		if g := receive(t, got, "item"); !slices.Equal(g, c.want) {
			t.Errorf("under sync on %s: %v, want %v", c.q.Label(), g, c.want)
		}
	}
	if g := look(); !slices.Equal(g, []any{nil, nil, nil, nil}) {
		t.Errorf("outside: %v", g)
	}
	for _, c := range []struct {
		q    *reactor.Queue
		key  any
		want any
	}{{top, key("a"), nil}, {top, key("c"), 3}, {middle, key("b"), "middle's b"}, {base, key("b"), "base's b"}, {base, key("c"), nil}} {
		if g := c.q.Specific(c.key); g != c.want { // that queue alone
			t.Errorf("%s.Specific(%v) = %v, want %v", c.q.Label(), c.key, g, c.want)
		}
	}
}

func TestQ9_FiveDestructions(t *testing.T) {
	r := start(t)
	destroyed := make(chan any, 10)
	destructor := func(v any) {
		if l := reactor.CurrentLabel(); l != r.Global(reactor.DefaultQoS).Label() {
			t.Errorf("destructor of %v on %q", v, l)
		}
		destroyed <- v
	}
	func() {
		q := r.NewQueue("q")
		q.SetSpecific(key("a"), 1, destructor)
		q.SetSpecific(key("a"), 2, destructor)
		if v := receive(t, destroyed, "destruction on replacement"); v != 1 {
			t.Errorf("%v was destroyed, want 1", v)
		}
		q.SetSpecific(key("a"), nil, nil)
		if v := receive(t, destroyed, "destruction on nil"); v != 2 {
			t.Errorf("%v was destroyed, want 2", v)
		}
		if v := q.Specific(key("a")); v != nil {
			t.Errorf("value %v after nil", v)
		}
		q.SetSpecific(key("a"), 3, destructor)
		q.SetSpecific(key("b"), 4, destructor)
		q.SetSpecific(key("c"), 5, destructor)
		q.SetSpecific(key("d"), 6, nil) // nobody wants to know
		drain(t, q)
		none(t, destroyed, "destruction of a value in use")
		runtime.KeepAlive(q)
	}()
	collected(t, "the queue", func() bool { return len(destroyed) >= 3 })
	var got []any
	for range 3 {
		got = append(got, receive(t, destroyed, "destruction at disposal"))
	}
	for _, want := range []any{3, 4, 5} {
		if !slices.Contains(got, want) {
			t.Errorf("%v were destroyed, want 3, 4 and 5", got)
		}
	}
	runtime.GC()
	none(t, destroyed, "another destruction")
}

func TestQ10_Assertions(t *testing.T) {
	r := start(t)
	a := r.NewQueue("alpha")
	b := r.NewQueue("beta")
	child := r.NewQueue("child", reactor.Target(a))
	readers := r.NewQueue("readers", reactor.Concurrent())
	all := map[string]*reactor.Queue{"alpha": a, "beta": b, "child": child, "readers": readers}
	// holds checks which queues the caller is on, and on which as a barrier.
	holds := func(where string, on, barrier []string) {
		for name, q := range all {
			isOn, isBarrier := slices.Contains(on, name), slices.Contains(barrier, name)
			for _, c := range []struct {
				what   string
				assert func()
				holds  bool
			}{{"AssertOn", q.AssertOn, isOn}, {"AssertNotOn", q.AssertNotOn, !isOn}, {"AssertBarrier", q.AssertBarrier, isBarrier}} {
				switch v := recovered(c.assert); {
				case c.holds && v != nil:
					t.Errorf("%s: %s.%s: %v", where, name, c.what, v)
				case !c.holds && v == nil:
					t.Errorf("%s: %s.%s didn't panic", where, name, c.what)
				case !c.holds:
					refused(t, v, name)
				}
			}
		}
	}
	onlyA := []string{"alpha"}
	both := []string{"alpha", "child"}
	holds("outside", nil, nil)
	item := func(submit func(func()), where string, on, barrier []string) {
		t.Helper()
		done := make(chan struct{})
		go submit(func() { defer close(done); holds(where, on, barrier) })
		receive(t, done, where)
	}
	item(a.Async, "an item", onlyA, onlyA) // a serial queue's items run alone
	item(a.Sync, "a sync item", onlyA, onlyA)
	item(child.Async, "an item of a child", both, both) // the target chain
	item(child.Sync, "a sync item of a child", both, both)
	item(readers.Async, "a reader", []string{"readers"}, nil)
	item(readers.Sync, "a sync reader", []string{"readers"}, nil)
	item(readers.BarrierAsync, "a barrier", []string{"readers"}, []string{"readers"})
	item(readers.BarrierSync, "a sync barrier", []string{"readers"}, []string{"readers"})
	three := []string{"alpha", "beta", "child"}
	item(func(f func()) { b.Async(func() { child.Sync(f) }) }, "sync from another queue", three, three) // the submitter's too
	item(func(f func()) { a.Sync(func() { var wg sync.WaitGroup; wg.Go(f); wg.Wait() }) }, "a goroutine an item started", nil, nil)
	defaults := make(chan any, 1)
	a.Async(func() { defaults <- recovered(r.Global(reactor.DefaultQoS).AssertOn) })
	if v := receive(t, defaults, "item"); v != nil {
		t.Errorf("a queue's root is in its target chain: %v", v)
	}
}

// TestQ10_ManyGoroutines: each is on its own queues and on no other's.
func TestQ10_ManyGoroutines(t *testing.T) {
	r := start(t)
	stranger := r.NewQueue("stranger")
	const n = 2000
	var inside, all sync.WaitGroup
	inside.Add(n)
	for i := range n {
		outer := r.NewQueue(fmt.Sprint("outer ", i))
		inner := r.NewQueue(fmt.Sprint("inner ", i), reactor.Target(r.NewQueue("base")))
		inner.SetSpecific(key("a"), i, nil)
		all.Go(func() {
			outer.Sync(func() {
				inner.Sync(func() {
					inside.Done()
					inside.Wait() // all at once
					for _, assert := range []func(){outer.AssertOn, inner.AssertOn, stranger.AssertNotOn} {
						if v := recovered(assert); v != nil {
							t.Error(v)
						}
					}
					if l, v := reactor.CurrentLabel(), reactor.Specific(key("a")); l != inner.Label() || v != i {
						t.Errorf("label %q and value %v, want %q and %d", l, v, inner.Label(), i)
					}
					if recovered(func() { outer.Sync(func() {}) }) == nil {
						t.Errorf("a deadlock on %s went unnoticed", outer.Label())
					}
				})
				if l := reactor.CurrentLabel(); l != outer.Label() {
					t.Errorf("label %q, want %q", l, outer.Label())
				}
			})
			if l := reactor.CurrentLabel(); l != "" {
				t.Errorf("label %q outside of any queue", l)
			}
		})
	}
	finishes(t, "all of them", all.Wait)
}
