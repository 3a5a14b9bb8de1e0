package reactor_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
)

// data is a custom source as package sources makes it.
type data struct {
	*reactor.Source[uint64]
	word *coalesce.Word
}

func newData(q *reactor.Queue, m coalesce.Mode) data {
	w := coalesce.NewWord(m)
	return data{reactor.NewSource("data", q, w, nil), w}
}

func (d data) merge(v uint64) {
	if !d.Cancelled() {
		_ = d.word.Merge(v)
		d.Wake()
	}
}

func TestSourceLifeCycle(t *testing.T) {
	r := start(t)
	t.Run("S4_MergedBeforeActivation", func(t *testing.T) {
		q := r.NewQueue("q")
		s := newData(q, coalesce.Add)
		got := make(chan uint64, 4)
		s.OnEvent(func(v uint64) { got <- v })
		s.merge(1)
		s.merge(2)
		s.merge(4)
		if err := s.Activate(); err != nil {
			t.Fatal(err)
		}
		if v := receive(t, got, "event"); v != 7 {
			t.Fatalf("data %d, want 7", v)
		}
		if err := s.Activate(); err != nil { // S7
			t.Fatal(err)
		}
		drain(t, q)
		if len(got) != 0 {
			t.Fatal("more than one call")
		}
	})
	t.Run("S10_SuspendBeforeActivation", func(t *testing.T) {
		q := r.NewQueue("q")
		s := newData(q, coalesce.Add)
		got := make(chan uint64, 4)
		s.OnEvent(func(v uint64) { got <- v })
		s.Suspend()
		_ = s.Activate()
		for range 5 {
			s.merge(10)
		}
		drain(t, q)
		if len(got) != 0 {
			t.Fatal("delivered while suspended")
		}
		s.Resume()
		if v := receive(t, got, "event"); v != 50 { // S12
			t.Fatalf("data %d, want 50", v)
		}
	})
	t.Run("S13_TargetSuspended", func(t *testing.T) {
		q := r.NewQueue("q")
		q.Suspend()
		s := newData(q, coalesce.Add)
		got := make(chan uint64, 4)
		s.OnEvent(func(v uint64) { got <- v })
		_ = s.Activate()
		for range 4 {
			s.merge(1)
		}
		if n := q.State().Waiting; n != 1 { // S14
			t.Fatalf("the source occupies %d slots", n)
		}
		q.Resume()
		if v := receive(t, got, "event"); v != 4 {
			t.Fatalf("data %d, want 4", v)
		}
	})
	t.Run("S16_GoesToTheTail", func(t *testing.T) {
		q := r.NewQueue("q")
		s := newData(q, coalesce.Add)
		order := make(chan string, 4)
		n := 0
		s.OnEvent(func(uint64) {
			order <- "source"
			if n++; n == 1 {
				q.Async(func() { order <- "item" })
				s.merge(1)
			}
		})
		_ = s.Activate()
		s.merge(1)
		for i, want := range []string{"source", "item", "source"} {
			if got := receive(t, order, "call"); got != want {
				t.Fatalf("call %d is %s, want %s", i, got, want)
			}
		}
	})
	t.Run("S19_RegistrationComesFirst", func(t *testing.T) {
		q := r.NewQueue("q")
		s := newData(q, coalesce.Add)
		order := make(chan string, 4)
		s.OnRegister(func() { order <- "registered" })
		s.OnEvent(func(uint64) { order <- "event" })
		s.merge(1)
		_ = s.Activate()
		if first := receive(t, order, "call"); first != "registered" {
			t.Fatalf("%s came first", first)
		}
		receive(t, order, "event")
	})
	t.Run("C5_CancelWhileSuspended", func(t *testing.T) {
		q := r.NewQueue("q")
		s := newData(q, coalesce.Add)
		order := make(chan string, 4)
		s.OnEvent(func(uint64) { order <- "event" })
		s.OnCancel(func() { order <- "cancel" })
		s.Suspend()
		_ = s.Activate()
		s.merge(1)
		s.Cancel()
		s.Cancel()
		drain(t, q)
		if len(order) != 0 {
			t.Fatal("something ran while suspended")
		}
		s.Resume()
		if got := receive(t, order, "call"); got != "cancel" {
			t.Fatalf("%s, want the cancel handler alone", got)
		}
		drain(t, q)
		if len(order) != 0 {
			t.Fatal("something ran after the cancel handler")
		}
	})
	t.Run("C6_CancelBeforeActivation", func(t *testing.T) {
		q := r.NewQueue("q")
		s := newData(q, coalesce.Add)
		order := make(chan string, 4)
		s.OnRegister(func() { order <- "registered" })
		s.OnCancel(func() { order <- "cancel" })
		s.Cancel()
		drain(t, q)
		if len(order) != 0 {
			t.Fatal("something ran before activation")
		}
		_ = s.Activate()
		if got := receive(t, order, "call"); got != "cancel" {
			t.Fatalf("%s ran", got)
		}
	})
	t.Run("C8_CancelHandlerAfterCancel", func(t *testing.T) {
		q := r.NewQueue("q")
		s := newData(q, coalesce.Add)
		_ = s.Activate()
		s.Cancel()
		drain(t, q)
		drain(t, q)
		ran := make(chan struct{})
		s.OnCancel(func() { close(ran) })
		receive(t, ran, "cancel handler")
	})
	t.Run("S21_Retarget", func(t *testing.T) {
		a, b := r.NewQueue("a"), r.NewQueue("b")
		a.Suspend()
		s := newData(a, coalesce.Add)
		got := make(chan uint64, 1)
		s.OnEvent(func(v uint64) { got <- v })
		_ = s.Activate()
		s.merge(3)
		s.SetTarget(b)
		a.Resume()
		if v := receive(t, got, "event"); v != 3 {
			t.Fatalf("data %d, want 3", v)
		}
	})
	t.Run("DV5_ArrivalHook", func(t *testing.T) {
		q, hooks := r.NewQueue("q"), r.NewQueue("hooks")
		s := newData(q, coalesce.Add)
		inside, leave := make(chan struct{}), make(chan struct{})
		s.OnEvent(func(uint64) { inside <- struct{}{}; <-leave })
		arrived := make(chan struct{}, 10)
		_ = s.Activate()
		s.merge(1)
		receive(t, inside, "call")
		s.OnArrival(hooks, func() { arrived <- struct{}{} })
		s.merge(1)
		receive(t, arrived, "arrival while the handler runs")
		leave <- struct{}{}
		receive(t, inside, "second call")
		leave <- struct{}{}
	})
}

func TestS15_NeverReentered(t *testing.T) {
	r := start(t)
	q := r.NewQueue("wide", reactor.Width(16))
	s := newData(q, coalesce.Add)
	var inside, calls atomic.Int32
	var sum atomic.Uint64
	done := make(chan struct{})
	s.OnEvent(func(v uint64) {
		if inside.Add(1) > 1 {
			t.Error("re-entered")
		}
		calls.Add(1)
		if sum.Add(v) == 2000 {
			close(done)
		}
		inside.Add(-1)
	})
	_ = s.Activate()
	for range 20 {
		go func() {
			for range 100 {
				s.merge(1)
			}
		}()
	}
	receive(t, done, "sum of 2000")
	if n := calls.Load(); n < 1 || n > 2000 {
		t.Fatalf("%d calls", n)
	}
}

func TestS9_OverResumeOfASource(t *testing.T) {
	r := start(t)
	s := newData(r.NewQueue("q"), coalesce.Add)
	s.Resume() // S8: activates
	defer func() {
		if recover() == nil {
			t.Fatal("no panic")
		}
	}()
	s.Resume()
}

// Ensure by a model that the sum delivered is the sum merged before cancel,
// that the cancel handler runs once and last, and that nothing runs while
// suspended, with every operation interleaved with the handler.
func TestSourceModel(t *testing.T) {
	r := start(t)
	rapid.Check(t, func(t *rapid.T) {
		q := r.NewQueue("model", reactor.Width(rapid.SampledFrom([]int{1, 4}).Draw(t, "width")))
		s := newData(q, coalesce.Add)
		var mu sync.Mutex
		var delivered uint64
		var registered, cancelled int
		ended := make(chan struct{})
		s.OnRegister(func() { mu.Lock(); registered++; mu.Unlock() })
		s.OnEvent(func(v uint64) {
			mu.Lock()
			defer mu.Unlock()
			if cancelled > 0 {
				t.Error("an event after the cancel handler")
			}
			delivered += v
		})
		s.OnCancel(func() {
			mu.Lock()
			defer mu.Unlock()
			if cancelled++; cancelled == 1 {
				close(ended)
			}
		})
		var merged uint64
		active, suspends := false, 0
		var wg sync.WaitGroup
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"merge", "merge", "concurrent", "suspend", "resume", "activate"}).Draw(t, "op") {
			case "merge":
				merged++
				s.merge(1)
			case "concurrent":
				merged += 2
				wg.Go(func() { s.merge(2) })
			case "suspend":
				suspends++
				s.Suspend()
			case "resume":
				if suspends > 0 {
					suspends--
					s.Resume()
				}
			case "activate":
				active = true
				_ = s.Activate()
			}
		}
		wg.Wait()
		if !active {
			_ = s.Activate()
		}
		for ; suspends > 0; suspends-- {
			s.Resume()
		}
		for i := 0; ; i++ {
			mu.Lock()
			sum := delivered
			mu.Unlock()
			if sum == merged {
				break
			}
			if i == 5000 {
				t.Fatalf("delivered %d of %d, state %s", sum, merged, s.State())
			}
			drainRapid(t, q)
		}
		s.Cancel()
		s.merge(100)
		<-ended
		mu.Lock()
		defer mu.Unlock()
		if delivered != merged || cancelled != 1 || registered > 1 || (merged > 0 && registered == 0) {
			t.Fatalf("delivered %d of %d, %d cancel and %d registration handlers", delivered, merged, cancelled, registered)
		}
	})
}

func drainRapid(_ *rapid.T, q *reactor.Queue) {
	done := make(chan struct{})
	q.Async(func() { close(done) })
	<-done
}
