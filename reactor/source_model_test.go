package reactor_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
)

// life is what can be seen of a source: how often each handler ran, and what
// was delivered.
type life struct {
	Registered, Calls, Cancelled int
	Delivered                    uint64
}

// lifeModel is a source as sections S and C of the contract describe it, after
// everything has settled.
type lifeModel struct {
	life
	opening, cancelled bool
	suspends           int
	pending            uint64
}

// settle does what a source does as soon as it may.
func (m *lifeModel) settle() {
	switch {
	case !m.opening || m.suspends > 0:
	case m.cancelled:
		m.Cancelled = 1
	default:
		m.Registered = 1
		if m.pending > 0 {
			m.Delivered += m.pending
			m.Calls++
			m.pending = 0
		}
	}
}

// Ensure that a source does what the contract says after every one of its
// operations, in whatever order they come. The queues are drained after each,
// so there is one right answer.
func TestS10_ModelOfALife(t *testing.T) {
	r := start(t, reactor.WithTracer(quiet{}))
	rapid.Check(t, func(t *rapid.T) {
		targets := []*reactor.Queue{
			r.NewQueue("serial"),
			r.NewQueue("narrow", reactor.Width(2)),
			reactor.NewQueue("child", reactor.Target(r.NewQueue("base"))),
		}
		var got life // touched by handlers of one source only, which exclude each other
		var m lifeModel
		word := coalesce.NewWord(coalesce.Add)
		src := reactor.NewSource("model", targets[0], word, nil)
		src.OnEvent(func(v uint64) { got.Calls++; got.Delivered += v })
		src.OnRegister(func() { got.Registered++ })
		src.OnCancel(func() { got.Cancelled++ })
		settle := func() {
			for range 3 { // announced, delivered, moved to another queue
				for _, q := range targets {
					q.BarrierSync(func() {})
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"merge": func(t *rapid.T) {
				v := rapid.Uint64Range(0, 3).Draw(t, "value")
				if !src.Cancelled() {
					_ = word.Merge(v)
					m.pending += v
				}
				src.Wake()
			},
			"activate": func(t *rapid.T) {
				if err := src.Activate(); err != nil {
					t.Fatal(err)
				}
				m.opening = true
			},
			"suspend": func(*rapid.T) {
				src.Suspend()
				m.suspends++
			},
			"resume": func(t *rapid.T) {
				switch {
				case m.suspends > 0:
					m.suspends--
				case !m.opening:
					m.opening = true // clause S8
				default:
					panicWith(t, src.Resume, "model", "resumed more often")
					return
				}
				src.Resume()
			},
			"cancel": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "seldom") == 0 {
					src.Cancel()
					m.cancelled = true
				}
			},
			"retarget": func(t *rapid.T) {
				src.SetTarget(rapid.SampledFrom(targets).Draw(t, "target"))
			},
			"": func(t *rapid.T) {
				m.settle()
				settle()
				if diff := cmp.Diff(m.life, got); diff != "" {
					t.Fatalf("%+v, state %s:\n%s", m, src.State(), diff)
				}
			},
		})
		src.Cancel()
	})
}
