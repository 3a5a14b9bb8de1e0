package daemon

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/handlers"
)

// Ensure by a model that units that touch the same path start in their order
// and never overlap, that no more than width are out, that none is forgotten,
// and that what may start does.
func TestDV3_BacklogModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := backlog{width: rapid.IntRange(2, 4).Draw(t, "width")}
		paths := []string{"/a", "/b", "/c", "/d"}
		var out []*unit
		seq, started, added := 0, 0, 0
		lastStarted := map[string]int{} // by path, the number of the unit
		number := map[*unit]int{}
		startAll := func() {
			for _, u := range b.startable() {
				started++
				for _, other := range out {
					for _, p := range u.paths {
						if slices.Contains(other.paths, p) {
							t.Fatalf("two units on %s are out", p)
						}
					}
				}
				for _, p := range u.paths {
					if lastStarted[p] > number[u] {
						t.Fatalf("unit %d on %s started after %d", number[u], p, lastStarted[p])
					}
					lastStarted[p] = number[u]
				}
				out = append(out, u)
			}
			if len(out) > b.width {
				t.Fatalf("%d units out of %d", len(out), b.width)
			}
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			if len(out) > 0 && rapid.Bool().Draw(t, "finish") {
				i := rapid.IntRange(0, len(out)-1).Draw(t, "which")
				b.done(out[i])
				out = slices.Delete(out, i, i+1)
			} else {
				change := coalesce.Change{Op: coalesce.Close, Path: rapid.SampledFrom(paths).Draw(t, "path")}
				if rapid.Bool().Draw(t, "rename") {
					change.Op, change.From = coalesce.Rename, rapid.SampledFrom(paths).Draw(t, "from")
				}
				e := handlers.Event{Changes: []coalesce.Change{change}}
				before := len(b.waiting)
				b.add(&e, []handlers.Event{e})
				seq++
				added++
				number[b.waiting[before]] = seq
			}
			startAll()
		}
		for len(out) > 0 {
			b.done(out[0])
			out = out[1:]
			startAll()
		}
		if started != added || len(b.busy) != 0 || b.out != 0 {
			t.Fatalf("started %d of %d, busy %v, out %d", started, added, b.busy, b.out)
		}
	})
}

// Ensure by a model that pending delivers what it took: sums per signal, in
// the order of their first, and pauses when it is full.
func TestDV1_PendingModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var paused []bool
		p := pending{mode: coalesce.Add, limit: 10, changed: func(full bool) { paused = append(paused, full) }}
		taken, told := map[string]uint64{}, map[string]uint64{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if rapid.IntRange(0, 3).Draw(t, "op") == 0 {
				if e, ok := p.Latch(); ok {
					told[e.Signal] += e.SignalCount
				}
				continue
			}
			name := rapid.SampledFrom([]string{"HUP", "USR1"}).Draw(t, "signal")
			n := uint64(rapid.IntRange(1, 4).Draw(t, "n"))
			if p.Merge(&handlers.Event{Kind: "signal", Signal: name, SignalCount: n, Data: &n}) == nil {
				taken[name] += n
			} else if p.Len() < p.limit {
				t.Fatal("refused while there was room")
			}
		}
		for e, ok := p.Latch(); ok; e, ok = p.Latch() {
			told[e.Signal] += e.SignalCount
		}
		if fmt.Sprint(taken) != fmt.Sprint(told) || p.Len() != 0 {
			t.Fatalf("took %v, told %v, %d left", taken, told, p.Len())
		}
		for i, full := range paused {
			if full != (i%2 == 0) {
				t.Fatalf("paused and resumed out of turn: %v", paused)
			}
		}
		if len(paused)%2 != 0 {
			t.Fatal("left paused")
		}
	})
}

func TestD3_ASumOfZeroIsNotDelivered(t *testing.T) {
	p := pending{mode: coalesce.Add, limit: 10, changed: func(bool) {}}
	zero := uint64(0)
	_ = p.Merge(&handlers.Event{Kind: kindCustom, Data: &zero})
	if e, ok := p.Latch(); ok {
		t.Fatalf("delivered %+v", e)
	}
}
