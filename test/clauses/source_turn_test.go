package clauses_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

func TestS14_OneSlotInTheTarget(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	s, calls := counting(q, coalesce.Add)
	must(t, s.Activate())
	settle(t, q)
	q.Suspend()
	for i := range 100 {
		s.Merge(1)
		if n := q.State().Waiting; n != 1 {
			t.Fatalf("after merge %d the source holds %d slots", i, n)
		}
	}
	q.Resume()
	if v := receive(t, calls, "call"); v != 100 {
		t.Fatalf("data %d, want 100", v)
	}
}

// lateWord tells where and when it was latched.
type lateWord struct {
	*coalesce.Word
	latched func()
}

func (l lateWord) Latch() (uint64, bool) {
	l.latched()
	return l.Word.Latch()
}

func TestS14_LatchedWhenTheHandlerIsAboutToRun(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	var happened order
	word := lateWord{coalesce.NewWord(coalesce.Add), func() { happened.add("latch on " + reactor.CurrentLabel()) }}
	s := reactor.NewSource("late", q, word, nil)
	calls := make(chan uint64, 10)
	s.OnEvent(func(v uint64) { happened.add("call"); calls <- v })
	merge := func(v uint64) { must(t, word.Merge(v)); s.Wake() }
	must(t, s.Activate())
	settle(t, q)
	happened.forget() // a look at an idle source does no harm
	q.Suspend()
	q.Async(func() { merge(8); happened.add("item") })
	merge(1) // the source is queued here, behind the item
	merge(2)
	q.Resume()
	if v := receive(t, calls, "call"); v != 11 {
		t.Fatalf("data %d, want 11: all that was merged until the call", v)
	}
	settle(t, q)
	got := happened.all()
	if len(got) < 3 || got[0] != "item" || got[1] != "latch on q" || got[2] != "call" {
		t.Fatalf("happened: %v, want item, latch on q, call", got)
	}
	none(t, calls, "second call")
}

func TestS15_CallsNeverOverlap(t *testing.T) {
	r := start(t)
	targets := map[string]*reactor.Queue{
		"global":     r.Global(reactor.DefaultQoS),
		"concurrent": r.NewQueue("concurrent", reactor.Concurrent()),
		"four wide":  r.NewQueue("four", reactor.Width(4)),
		"serial":     r.NewQueue("serial"),
	}
	const mergers, each = 20, 100 // 2000 merges
	for name, q := range targets {
		s := sources.NewData("data", q, coalesce.Add)
		var inside crowd
		var sum atomic.Uint64
		all := make(chan struct{})
		s.OnEvent(func(v uint64) {
			inside.enter()
			defer inside.leave()
			if sum.Add(v) == mergers*each {
				close(all)
			}
		})
		must(t, s.Activate())
		var wg sync.WaitGroup
		for range mergers {
			wg.Go(func() {
				for range each {
					s.Merge(1)
				}
			})
		}
		wg.Wait()
		receive(t, all, "sum of 2000 on "+name)
		end(t, s)
		if n := inside.largest(); n != 1 {
			t.Errorf("%s: %d calls at once", name, n)
		}
		if n := sum.Load(); n != mergers*each {
			t.Errorf("%s: sum %d, want 2000", name, n)
		}
	}
}

func TestS16_GoesToTheTail(t *testing.T) {
	r := start(t)
	t.Run("S16_OthersRunInBetween", func(t *testing.T) {
		q := r.NewQueue("q")
		var happened order
		s := sources.NewData("data", q, coalesce.Add)
		last := make(chan struct{})
		n := 0
		s.OnEvent(func(uint64) {
			happened.add("source")
			switch n++; n {
			case 1:
				q.Async(happened.step("c"))
				s.Merge(1)
			case 2:
				close(last)
			}
		})
		must(t, s.Activate())
		settle(t, q)
		q.Suspend()
		s.Merge(1)
		q.Async(happened.step("a"))
		q.Async(happened.step("b"))
		q.Resume()
		receive(t, last, "second call")
		settle(t, q)
		happened.is(t, "source", "a", "b", "c", "source")
	})
	t.Run("S16_TwoSourcesTakeTurns", func(t *testing.T) {
		q := r.NewQueue("q")
		var happened order
		done := make(chan struct{})
		make1 := func(name string) *sources.Data {
			s := sources.NewData(name, q, coalesce.Add)
			n := 0
			s.OnEvent(func(uint64) {
				happened.add(name)
				if n++; n < 3 {
					s.Merge(1)
				} else if name == "b" {
					close(done)
				}
			})
			must(t, s.Activate())
			return s
		}
		a, b := make1("a"), make1("b")
		settle(t, q)
		q.Suspend()
		a.Merge(1)
		b.Merge(1)
		q.Resume()
		receive(t, done, "last call")
		happened.is(t, "a", "b", "a", "b", "a", "b")
	})
}
