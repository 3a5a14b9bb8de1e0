package clauses_test

import (
	"math"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

func TestD2_NothingIsLostOrCountedTwice(t *testing.T) {
	r := start(t)
	for _, q := range []*reactor.Queue{r.NewQueue("serial"), r.NewQueue("concurrent", reactor.Concurrent()), r.Global(reactor.DefaultQoS)} {
		s := sources.NewData("data", q, coalesce.Add)
		var sum, merged atomic.Uint64
		s.OnEvent(func(v uint64) { sum.Add(v) })
		must(t, s.Activate())
		var wg sync.WaitGroup
		for g := range 4 {
			wg.Go(func() {
				for i := range uint64(share(2000, 200_000)) {
					s.Merge(i % 7)
					merged.Add(i % 7)
					if g == 0 && i%64 == 0 {
						s.Suspend()
						s.Resume()
					}
				}
			})
		}
		wg.Wait()
		eventually(t, "all delivered on "+q.Label(), func() bool { return sum.Load() >= merged.Load() })
		end(t, s)
		if sum.Load() != merged.Load() {
			t.Errorf("%s: delivered %d of %d", q.Label(), sum.Load(), merged.Load())
		}
	}
}

// TestD2_Model compares a source with a word that is latched by hand.
func TestD2_Model(t *testing.T) {
	r := start(t)
	rapid.Check(t, func(rt *rapid.T) {
		q := r.NewQueue("q")
		mode := rapid.SampledFrom([]coalesce.Mode{coalesce.Add, coalesce.Or, coalesce.Replace}).Draw(rt, "mode")
		s, calls := counting(q, mode)
		var pending uint64
		active, suspended, queueSuspended := false, 0, 0
		value := rapid.OneOf(rapid.Uint64Range(0, 3), rapid.Just(uint64(math.MaxUint64)))
		deliver := func() {
			if !active || suspended > 0 || queueSuspended > 0 {
				return
			}
			settle(t, q)
			var want []uint64
			if pending != 0 { // D3
				want = append(want, pending)
			}
			pending = 0
			var got []uint64
			for len(calls) > 0 {
				got = append(got, <-calls)
			}
			if len(got) != len(want) || len(got) == 1 && got[0] != want[0] {
				rt.Fatalf("calls with %v, want %v", got, want)
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"merge": func(rt *rapid.T) {
				v := value.Draw(rt, "value")
				s.Merge(v)
				switch mode {
				case coalesce.Add:
					pending += v
				case coalesce.Or:
					pending |= v
				case coalesce.Replace:
					pending = v
				}
				deliver() // before the next merge
			},
			"activate":      func(*rapid.T) { must(t, s.Activate()); active = true; deliver() },
			"suspend":       func(*rapid.T) { s.Suspend(); suspended++ },
			"suspend queue": func(*rapid.T) { q.Suspend(); queueSuspended++ },
			"resume": func(rt *rapid.T) {
				if suspended == 0 {
					rt.Skip("not suspended")
				}
				s.Resume()
				suspended--
				deliver()
			},
			"resume queue": func(rt *rapid.T) {
				if queueSuspended == 0 {
					rt.Skip("not suspended")
				}
				q.Resume()
				queueSuspended--
				deliver()
			},
		})
		for ; queueSuspended > 0; queueSuspended-- {
			q.Resume()
		}
		for ; suspended > 0; suspended-- {
			s.Resume()
		}
		must(t, s.Activate())
		active = true
		deliver()
	})
}
