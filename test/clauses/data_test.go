package clauses_test

import (
	"math"
	"reflect"
	"sync"
	"testing"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

func TestD1_RulesOfMerging(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	for _, c := range []struct {
		mode   coalesce.Mode
		merged []uint64
		want   uint64
	}{
		{coalesce.Add, []uint64{1, 2, 4}, 7},
		{coalesce.Add, []uint64{math.MaxUint64, 3}, 2}, // wraps around
		{coalesce.Add, []uint64{1 << 63, 1 << 63, 1}, 1},
		{coalesce.Or, []uint64{1, 4, 5}, 5},
		{coalesce.Or, []uint64{1 << 63, 1}, 1<<63 | 1},
		{coalesce.Replace, []uint64{9, 1, 5}, 5},
	} {
		s, calls := counting(q, c.mode)
		for _, v := range c.merged {
			s.Merge(v)
		}
		must(t, s.Activate())
		if got := receive(t, calls, "call"); got != c.want {
			t.Errorf("%v of %v is %d, want %d", c.mode, c.merged, got, c.want)
		}
	}
}

func TestD1_MergeIsAtomicAndDoesNotWait(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	add, sums := counting(q, coalesce.Add)
	or, bits := counting(q, coalesce.Or)
	replace, last := counting(q, coalesce.Replace)
	for _, s := range []*sources.Data{add, or, replace} {
		must(t, s.Activate())
	}
	settle(t, q)
	g := closed(t, q) // nothing is delivered meanwhile
	finishes(t, "merging while the queue is blocked", func() {
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				for range 100 {
					add.Merge(1)
				}
				or.Merge(1 << i)
				replace.Merge(uint64(i) + 1)
			})
		}
		wg.Wait()
	})
	g.open()
	if v := receive(t, sums, "sum"); v != 6400 {
		t.Errorf("sum %d, want 6400", v)
	}
	if v := receive(t, bits, "bits"); v != math.MaxUint64 {
		t.Errorf("bits %#x, want all", v)
	}
	if v := receive(t, last, "last value"); v < 1 || v > 64 {
		t.Errorf("last value %d was never merged", v)
	}
}

func TestD3_ZeroIsNoCall(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	for _, c := range []struct {
		mode   coalesce.Mode
		merged []uint64
	}{
		{coalesce.Add, []uint64{0}},
		{coalesce.Add, []uint64{1, math.MaxUint64}},
		{coalesce.Or, []uint64{0}},
		{coalesce.Replace, []uint64{0}},
	} {
		s, calls := counting(q, c.mode)
		must(t, s.Activate())
		settle(t, q)
		q.Suspend()
		for _, v := range c.merged {
			s.Merge(v)
		}
		q.Resume()
		settle(t, q)
		none(t, calls, "call with 0 pending")
		s.Merge(6) // it is none the worse for it
		if v := receive(t, calls, "call"); v != 6 {
			t.Errorf("%v: data %d, want 6", c.mode, v)
		}
	}
}

func TestD4_ReplaceKeepsTheLast(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	s, calls := counting(q, coalesce.Replace)
	must(t, s.Activate())
	settle(t, q)
	q.Suspend()
	s.Merge(5)
	s.Merge(9)
	q.Resume()
	if v := receive(t, calls, "call"); v != 9 {
		t.Fatalf("data %d, want 9", v)
	}
	settle(t, q)
	q.Suspend()
	s.Merge(5)
	s.Merge(0)
	q.Resume()
	settle(t, q)
	none(t, calls, "0 erases; call")
}

// TestD5_WrongKind: that a value can't be merged into a source of another kind,
// nor the time of one set, is proved by the compiler, since no other kind has
// the method. It has to stay so.
func TestD5_WrongKind(t *testing.T) {
	for _, kind := range []reflect.Type{
		reflect.TypeFor[*sources.Data](),
		reflect.TypeFor[*sources.Items[int]](),
		reflect.TypeFor[*sources.Timer](),
		reflect.TypeFor[*sources.Signal](),
		reflect.TypeFor[*sources.Process](),
		reflect.TypeFor[*reactor.Source[uint64]](), // what a Data embeds
		reflect.TypeFor[*reactor.Source[sources.Ticks]](),
		reflect.TypeFor[*reactor.Source[sources.Ready]](),
		reflect.TypeFor[*reactor.Source[sources.VnodeEvent]](),
	} {
		custom := kind == reflect.TypeFor[*sources.Data]()
		for _, name := range []string{"Merge", "MergeData"} {
			if _, has := kind.MethodByName(name); has && !custom {
				t.Errorf("%v has a method %s: merging into it must panic, and this test prove it", kind, name)
			}
		}
		timer := kind == reflect.TypeFor[*sources.Timer]()
		for _, name := range []string{"SetSchedule", "SetTimer"} {
			if _, has := kind.MethodByName(name); has && !timer {
				t.Errorf("%v has a method %s: setting its time must panic, and this test prove it", kind, name)
			}
		}
	}
	for _, has := range []bool{hasMethod[*sources.Data]("Merge"), hasMethod[*sources.Timer]("SetSchedule")} {
		if !has {
			t.Error("the methods are called something else: this test proves nothing")
		}
	}
}

func hasMethod[T any](name string) bool {
	_, has := reflect.TypeFor[T]().MethodByName(name)
	return has
}

func TestD6_MergedDuringACallComesLater(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	s := sources.NewData("data", q, coalesce.Add)
	calls := make(chan uint64, 100)
	g := newGate()
	s.OnEvent(func(v uint64) {
		if v == 1 {
			g.pass()
		}
		calls <- v
	})
	must(t, s.Activate())
	s.Merge(1)
	receive(t, g.inside, "call")
	for range 10 {
		s.Merge(2)
	}
	g.open()
	if v := receive(t, calls, "first call"); v != 1 {
		t.Fatalf("the call in progress got %d, want 1", v)
	}
	var sum uint64
	for n := 1; sum < 20; n++ {
		sum += receive(t, calls, "later call")
		if n > 10 {
			t.Fatal("more calls than merges")
		}
	}
	settle(t, q)
	none(t, calls, "call too many")
	if sum != 20 {
		t.Fatalf("delivered %d, want 20", sum)
	}
}
