package reactor_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reactord/reactord/reactor"
)

// stressed is an operation that many goroutines do things to at once.
type stressed struct {
	*reactor.Operation
	runs, completions atomic.Int32

	mu          sync.Mutex
	transitions []reactor.Transition
}

// stress is some queues and the operations in them.
type stress struct {
	t       *testing.T
	queues  []*reactor.OperationQueue
	running []atomic.Int32
	maximum int32
	ended   sync.WaitGroup // completions and last transitions to come
}

func (s *stress) enter(o *stressed) (leave func()) {
	if n := o.runs.Add(1); n > 1 {
		s.t.Errorf("%s: run %d", o.Label(), n)
	}
	for _, d := range o.Dependencies() {
		if d.State() != reactor.OperationFinished {
			s.t.Errorf("%s started before %s was finished", o.Label(), d.Label())
		}
	}
	for i, q := range s.queues {
		if o.Queue() == q {
			if n := s.running[i].Add(1); n > s.maximum {
				s.t.Errorf("%d at once in queue %d", n, i)
			}
			return func() { s.running[i].Add(-1) }
		}
	}
	return func() {}
}

func (s *stress) new(label string, async bool) *stressed {
	o := &stressed{}
	if async {
		o.Operation = reactor.NewAsyncOperation(label, func(ctx context.Context, finish func(error)) {
			leave := s.enter(o)
			self, _ := reactor.CurrentOperation(ctx)
			self.Queue().Reactor().Global(reactor.Utility).Async(func() {
				leave() // before the slot is free
				finish(nil)
				finish(nil)
			})
		})
	} else {
		o.Operation = reactor.NewOperation(label, func(context.Context) error { s.enter(o)(); return nil })
	}
	s.ended.Add(2)
	o.OnCompletion(func(*reactor.Operation) { o.completions.Add(1); s.ended.Done() })
	o.Observe(func(t reactor.Transition) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.transitions = append(o.transitions, t)
		if t.To == reactor.OperationFinished {
			s.ended.Done()
		}
	})
	return o
}

// meddle does random things to random operations.
func (s *stress) meddle(all []*stressed, seed uint64, times int) {
	random := rand.New(rand.NewPCG(seed, 0))
	for range times {
		o, other := all[random.IntN(len(all))], all[random.IntN(len(all))]
		switch random.IntN(12) {
		case 0, 1, 2:
			_ = o.AddDependency(other.Operation)
		case 3:
			_ = o.RemoveDependency(other.Operation)
		case 4, 5:
			_ = s.queues[random.IntN(len(s.queues))].Add(o.Operation)
		case 6:
			if random.IntN(4) == 0 {
				o.Cancel()
			}
		case 7:
			o.SetPriority(reactor.Priority(random.IntN(5) - 2))
		case 8:
			if o.Pause() == nil {
				_ = o.Resume()
			}
		case 9:
			_ = o.Status()
			_ = s.queues[random.IntN(len(s.queues))].State()
		case 10:
			q := s.queues[random.IntN(len(s.queues))]
			q.Suspend()
			q.Resume()
		case 11:
			if random.IntN(8) == 0 {
				b := s.queues[random.IntN(len(s.queues))].AddBarrier("barrier", noWork)
				if random.IntN(2) == 0 {
					b.Cancel()
				}
			}
		}
	}
}

// wait waits for the queue, and tells what hangs.
func (s *stress) wait(q *reactor.OperationQueue) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if q.WaitContext(ctx) == nil {
		return
	}
	for _, o := range q.Operations() {
		s.t.Logf("%+v", o.Status())
		for _, d := range o.Dependencies() {
			s.t.Logf("	waits for %+v", d.Status())
		}
	}
	s.t.Fatalf("%+v; the global queue: %+v", q.State(), q.Reactor().Global(reactor.DefaultQoS).State())
}

// verify checks what an operation that is finished was seen to do.
func (s *stress) verify(o *stressed) {
	if o.State() != reactor.OperationFinished || o.completions.Load() != 1 {
		s.t.Errorf("%s is %v after %d completions", o.Label(), o.State(), o.completions.Load())
	}
	ran := false
	for i, tr := range o.transitions {
		if i > 0 && tr.From != o.transitions[i-1].To {
			s.t.Errorf("%s: out of order: %v", o.Label(), o.transitions)
		}
		if tr.To == reactor.OperationExecuting && tr.From == reactor.OperationReady {
			if ran = true; tr.Cancelled {
				s.t.Errorf("%s: started though it was cancelled", o.Label())
			}
		}
	}
	if ran != (o.runs.Load() == 1) {
		s.t.Errorf("%s: %d runs: %v", o.Label(), o.runs.Load(), o.transitions)
	}
}

// Ensure that whatever is done to operations at once, each runs once or not at
// all, with its dependencies finished, and completes once; and that nothing
// hangs.
func TestN1_OperationStress(t *testing.T) {
	r := start(t)
	for round := range longOrShare(2000, 40) {
		s := &stress{t: t, maximum: 2, running: make([]atomic.Int32, 3)}
		for i := range s.running {
			s.queues = append(s.queues, r.NewOperationQueue(fmt.Sprint("q", i), reactor.MaxConcurrent(int(s.maximum))))
		}
		var all []*stressed
		for i := range 200 {
			all = append(all, s.new(fmt.Sprint(i), i%3 == 0))
		}
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() { s.meddle(all, uint64(4*round+i), 500) })
		}
		wg.Wait()
		for i, o := range all { // those nobody added, and that can be
			if s.queues[i%3].Add(o.Operation) != nil && o.Queue() == nil {
				o.Cancel()
			}
		}
		for _, q := range s.queues {
			s.wait(q)
		}
		s.ended.Wait()
		for _, o := range all {
			s.verify(o)
		}
		if t.Failed() {
			return
		}
	}
}

// Ensure that cancelling, the end of the work and the end of a dependency may
// come together.
func TestN2_CancelFinishRace(t *testing.T) {
	r := start(t)
	q := r.NewOperationQueue("q")
	for range longOrShare(50_000, 2000) {
		var finish func(error)
		begun := make(chan struct{})
		a := reactor.NewAsyncOperation("a", func(_ context.Context, f func(error)) { finish = f; close(begun) })
		var runs atomic.Int32
		b := reactor.NewOperation("b", func(context.Context) error { runs.Add(1); return nil })
		depend(t, b, a)
		addAll(t, q, a, b)
		receive(t, begun, "start")
		var wg sync.WaitGroup
		wg.Go(a.Cancel)
		wg.Go(b.Cancel)
		wg.Go(func() { finish(nil) })
		wg.Wait()
		q.Wait()
		neverRan := b.Err() != nil
		if runs.Load() > 1 || neverRan != (runs.Load() == 0) || neverRan && !b.Cancelled() {
			t.Fatalf("%d runs, cancelled: %v, error %v", runs.Load(), b.Cancelled(), b.Err())
		}
	}
}

// tenThousand adds that many operations, each of which depends on up to four
// of those before it, and waits for them. Forward, an operation gets its
// dependencies when it is made, and else the last one made gets them first.
func tenThousand(t testing.TB, q *reactor.OperationQueue, forward bool) {
	const n = 10_000
	random := rand.New(rand.NewPCG(1, 2))
	var all []*reactor.Operation
	for i := range n {
		all = append(all, reactor.NewOperation("o", noWork))
		for range min(i, 4) {
			on := all[i-1-random.IntN(min(i, 100))]
			if forward {
				depend(t, all[i], on)
			}
		}
	}
	for i := n - 1; !forward && i >= 0; i-- {
		for range min(i, 4) {
			depend(t, all[i], all[i-1-random.IntN(min(i, 100))])
		}
	}
	addAll(t, q, all...)
	q.Wait()
}

// BenchmarkOperations tells what an operation costs, from making it to its end.
func BenchmarkOperations(b *testing.B) {
	r := start(b)
	b.Run("one by one", func(b *testing.B) {
		q := r.NewOperationQueue("q")
		b.ReportAllocs()
		for b.Loop() {
			q.AddFunc("o", noWork).Wait()
		}
	})
	b.Run("waiting for one", func(b *testing.B) {
		q := r.NewOperationQueue("q", reactor.MaxConcurrent(4))
		first := reactor.NewOperation("first", noWork)
		b.ReportAllocs()
		for b.Loop() {
			o := reactor.NewOperation("o", noWork)
			depend(b, o, first)
			addAll(b, q, o)
		}
		addAll(b, q, first)
		q.Wait()
	})
	for _, forward := range []bool{true, false} {
		b.Run(fmt.Sprintf("graph of 10000/forward=%v", forward), func(b *testing.B) {
			q := r.NewOperationQueue("q", reactor.MaxConcurrent(4))
			b.ReportAllocs()
			for b.Loop() {
				tenThousand(b, q, forward)
			}
		})
	}
	b.Run("chain of 10000", func(b *testing.B) {
		q := r.NewOperationQueue("q")
		b.ReportAllocs()
		for b.Loop() {
			last := reactor.NewOperation("first", noWork)
			first := last
			for range 10_000 {
				o := reactor.NewOperation("o", noWork)
				depend(b, o, last)
				addAll(b, q, o)
				last = o
			}
			addAll(b, q, first)
			q.Wait()
		}
	})
	b.Run("cancel all of 10000", func(b *testing.B) {
		q := r.NewOperationQueue("q")
		q.Suspend()
		for b.Loop() {
			last := q.AddFunc("first", noWork)
			for i := range 10_000 {
				o := reactor.NewOperation("o", noWork)
				depend(b, o, last)
				if addAll(b, q, o); i%10 == 0 {
					last = q.AddBarrier("barrier", noWork)
				}
			}
			q.CancelAll()
		}
	})
}
