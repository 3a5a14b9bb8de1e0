package reactor_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reactord/reactord/reactor"
)

// groupWait is a wait the model knows of.
type groupWait struct {
	until time.Time // zero: for ever
	over  bool      // says the model
	want  bool      // and with what result
	got   atomic.Int32
}

func (w *groupWait) end(result bool) {
	if !w.over {
		w.over, w.want = true, result
	}
}

// TestGR2_Model compares a group with a count, a list of waits and a list of
// notifications, whatever is done to it.
func TestGR2_Model(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := reactor.New()
		defer func() {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}()
		rapid.Check(inBubble{t}, func(t *rapid.T) { checkGroup(t, r.NewQueue("model")) })
	})
}

func checkGroup(t *rapid.T, q *reactor.Queue) {
	g := reactor.NewGroup("modelled")
	var (
		count         int
		waits         []*groupWait
		pending, want []int // notifications, by number
		got           []int // written on q
		numbered      int
	)
	leave := func() {
		g.Leave()
		if count--; count == 0 {
			want, pending = append(want, pending...), nil
			for _, w := range waits {
				w.end(true)
			}
		}
	}
	wait := func(d time.Duration) {
		w := new(groupWait)
		waits = append(waits, w)
		if d != 0 {
			w.until = time.Now().Add(d)
		}
		if count == 0 {
			w.end(true)
		}
		go func() {
			ok := true
			if d == 0 {
				g.Wait()
			} else {
				ok = g.WaitFor(d)
			}
			if ok {
				w.got.Store(1)
			} else {
				w.got.Store(-1)
			}
		}()
		synctest.Wait()
	}
	defer func() {
		for count > 0 {
			leave()
		}
		synctest.Wait()
	}()
	delays := rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.IntRange(1, 5).Draw(t, "ms")) * time.Millisecond
	})
	t.Repeat(map[string]func(*rapid.T){
		"enter": func(*rapid.T) { g.Enter(); count++ },
		"leave": func(t *rapid.T) {
			if count == 0 {
				panicWith(t, g.Leave, "modelled")
				return
			}
			leave()
		},
		"notify": func(*rapid.T) {
			n := numbered
			numbered++
			if count == 0 {
				want = append(want, n)
			} else {
				pending = append(pending, n)
			}
			g.Notify(q, func() { got = append(got, n) })
		},
		"wait":    func(*rapid.T) { wait(0) },
		"waitFor": func(t *rapid.T) { wait(delays.Draw(t, "wait")) },
		"poll": func(t *rapid.T) {
			if g.WaitFor(0) != (count == 0) {
				t.Errorf("poll with %d out", count)
			}
		},
		"sleep": func(t *rapid.T) {
			time.Sleep(delays.Draw(t, "sleep"))
			for _, w := range waits {
				if !w.until.IsZero() && !w.until.After(time.Now()) {
					w.end(false)
				}
			}
		},
		"": func(t *rapid.T) {
			synctest.Wait()
			state := reactor.GroupState{Label: "modelled", Entered: count, Notifies: len(pending)}
			for i, w := range waits {
				result := map[bool]int32{true: 1, false: -1}[w.want]
				if !w.over {
					result = 0
					state.Waiting++
				}
				if w.got.Load() != result {
					t.Errorf("wait %d: result %d, want %d (1 success, -1 time-out, 0 blocked)", i, w.got.Load(), result)
				}
			}
			if diff := cmp.Diff(state, g.State()); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		},
	})
}
