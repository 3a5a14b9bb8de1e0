package reactor_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/reactor"
)

// opModel says by the clauses what state every operation has to be in, once
// nothing moves any more.
type opModel struct {
	t      *rapid.T
	queues []*modelQueue
	all    []*modelOp
}

type modelQueue struct {
	*reactor.OperationQueue
	under    *reactor.Queue // can be held back, nil: there is none
	held     bool
	maximum  int
	suspends int
	added    []*modelOp // in order
	running  atomic.Int32
	limit    atomic.Int32 // maximum, for the bodies
}

type modelOp struct {
	*reactor.Operation
	model     *opModel
	state     reactor.OperationState
	cancelled bool
	priority  reactor.Priority
	queue     *modelQueue
	barrier   bool
	async     bool
	deps      []*modelOp

	told func() // ends the body
	end  <-chan struct{}
	runs atomic.Int32

	mu          sync.Mutex
	report      func(error) // of an asynchronous one
	transitions []reactor.Transition
	completions int
}

func (m *opModel) newModelOp() *modelOp {
	end := make(chan struct{})
	return &modelOp{model: m, state: reactor.OperationReady, end: end, told: sync.OnceFunc(func() { close(end) })}
}

func (m *opModel) newOp(label string) *modelOp {
	o := m.newModelOp()
	m.all = append(m.all, o)
	if o.async = rapid.Bool().Draw(m.t, "async"); o.async {
		o.Operation = reactor.NewAsyncOperation(label, func(_ context.Context, finish func(error)) {
			o.enter()
			o.mu.Lock()
			o.report = finish
			o.mu.Unlock()
		})
		return o
	}
	o.Operation = reactor.NewOperation(label, o.body)
	return o
}

func (o *modelOp) body(context.Context) error {
	o.enter()
	<-o.end
	o.queue.running.Add(-1)
	return nil
}

// enter is the start of the work. What it checks holds at every moment, not
// only when nothing moves.
func (o *modelOp) enter() {
	o.runs.Add(1)
	if n := o.queue.running.Add(1); n > o.queue.limit.Load() {
		panic(fmt.Sprintf("%s is number %d at once", o.Label(), n))
	}
	for _, d := range o.Dependencies() {
		if d.State() != reactor.OperationFinished {
			panic(fmt.Sprintf("%s started before %s was finished", o.Label(), d.Label()))
		}
	}
}

// finish ends the work from outside.
func (o *modelOp) finish() {
	o.state = reactor.OperationFinished
	if o.async {
		o.queue.running.Add(-1)
		o.mu.Lock()
		defer o.mu.Unlock()
		o.report(nil)
		return
	}
	o.told()
}

// watch has the operation tell what happens to it; once it is in a queue, for
// otherwise the default reactor would, which isn't in the bubble.
func (o *modelOp) watch() {
	o.Observe(func(t reactor.Transition) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.transitions = append(o.transitions, t)
	})
	o.OnCompletion(func(*reactor.Operation) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.completions++
	})
}

// earlier are the unfinished operations that o has to wait for because of
// barriers.
func (o *modelOp) earlier() (all []*modelOp) {
	if o.queue == nil || o.state == reactor.OperationFinished {
		return nil
	}
	for _, e := range o.queue.added {
		if e == o {
			return all
		}
		if e.state != reactor.OperationFinished && (o.barrier || e.barrier) {
			all = append(all, e)
		}
	}
	return all
}

// waitsFor reports whether o can't end before other has.
func (o *modelOp) waitsFor(other *modelOp, seen map[*modelOp]bool) bool {
	if o == other {
		return true
	}
	if seen[o] || o.state == reactor.OperationFinished {
		return false
	}
	seen[o] = true
	for _, next := range append(o.earlier(), o.deps...) {
		if next.state != reactor.OperationFinished && next.waitsFor(other, seen) {
			return true
		}
	}
	return false
}

// settle brings the model where the operations go by themselves.
func (m *opModel) settle() {
	for _, o := range m.all {
		if o.state > reactor.OperationReady {
			continue
		}
		o.state = reactor.OperationReady
		for _, d := range o.deps {
			if d.state != reactor.OperationFinished {
				o.state = reactor.OperationPending
			}
		}
	}
	for _, q := range m.queues {
		running := 0
		var ready []*modelOp
		for _, o := range q.added {
			switch {
			case o.state == reactor.OperationReady && len(o.earlier()) == 0:
				ready = append(ready, o)
			case o.state == reactor.OperationExecuting, o.state == reactor.OperationPaused:
				running++
			}
		}
		slices.SortStableFunc(ready, func(a, b *modelOp) int { return int(b.priority) - int(a.priority) })
		for _, o := range ready {
			if q.suspends == 0 && !q.held && running < q.maximum {
				o.state = reactor.OperationExecuting
				running++
			}
		}
	}
}

// check compares when nothing moves.
func (m *opModel) check() {
	synctest.Wait()
	m.settle()
	for _, o := range m.all {
		if got := o.State(); got != o.state || o.Cancelled() != o.cancelled {
			m.t.Fatalf("%s is %v, cancelled: %v; want %v, %v", o.Label(), got, o.Cancelled(), o.state, o.cancelled)
		}
		if n := o.runs.Load(); n > 1 {
			m.t.Fatalf("%s ran %d times", o.Label(), n)
		}
	}
	for _, q := range m.queues {
		var want []*reactor.Operation
		var counts [5]int
		for _, o := range q.added {
			counts[o.state]++
			if o.state != reactor.OperationFinished {
				want = append(want, o.Operation)
			}
		}
		if !slices.Equal(q.Operations(), want) {
			m.t.Fatalf("%s has %d operations, want %d", q.Label(), len(q.Operations()), len(want))
		}
		if s := q.State(); [5]int{s.Pending, s.Ready, s.Executing, s.Paused, s.Finished} != counts {
			m.t.Fatalf("%+v, want %v", s, counts)
		}
	}
}

// evenly is a number below n. Rapid's own prefer the small ones, with which
// graphs and queues stay small too.
func evenly(t *rapid.T, n int, what string) int {
	k := 0
	for bit := 1; bit < 8*n; bit *= 2 {
		if rapid.Bool().Draw(t, what) {
			k += bit
		}
	}
	return k % n
}

// oneOf is one of some, each as likely as the others.
func oneOf[T any](t *rapid.T, some []T, what string) T { return some[evenly(t, len(some), what)] }

func (m *opModel) pick(what string) *modelOp { return oneOf(m.t, m.all, what) }

// some are one to three, mostly such as can be added.
func (m *opModel) some() []*modelOp {
	var fresh, some []*modelOp
	for _, o := range m.all {
		if o.queue == nil && o.state <= reactor.OperationReady {
			fresh = append(fresh, o)
		}
	}
	for range 1 + evenly(m.t, 3, "how many") {
		if len(fresh) == 0 || evenly(m.t, 16, "any") == 0 {
			some = append(some, m.pick("operation"))
			continue
		}
		i := evenly(m.t, len(fresh), "fresh")
		some = append(some, fresh[i])
		fresh = slices.Delete(fresh, i, i+1)
	}
	return some
}

// finishable is one of those that run, nil without.
func (m *opModel) finishable() *modelOp {
	var some []*modelOp
	for _, o := range m.all {
		if o.state == reactor.OperationExecuting || o.state == reactor.OperationPaused {
			some = append(some, o)
		}
	}
	if len(some) == 0 {
		return nil
	}
	return oneOf(m.t, some, "finish")
}

func (o *modelOp) cancel() {
	if o.state == reactor.OperationFinished {
		return
	}
	o.cancelled = true
	if o.state <= reactor.OperationReady {
		o.state = reactor.OperationFinished
	}
}

func (m *opModel) depend(o, on *modelOp) {
	err := o.AddDependency(on.Operation)
	var cycle *reactor.OperationCycleError
	switch {
	case o.state == reactor.OperationFinished:
		wantModelError(m.t, err, reactor.ErrOperationFinished)
	case o.state >= reactor.OperationExecuting:
		wantModelError(m.t, err, reactor.ErrOperationStarted)
	case on.waitsFor(o, map[*modelOp]bool{}):
		if !errors.As(err, &cycle) {
			m.t.Fatalf("%s on %s: %v, want a cycle", o.Label(), on.Label(), err)
		}
	case err != nil:
		m.t.Fatalf("%s on %s: %v", o.Label(), on.Label(), err)
	default:
		o.deps = append(o.deps, on)
	}
}

func (m *opModel) undepend(o, on *modelOp) {
	err := o.RemoveDependency(on.Operation)
	if (err == nil) != (o.state <= reactor.OperationReady) {
		m.t.Fatalf("remove: %v while %v", err, o.state)
	}
	if err == nil {
		o.deps = slices.DeleteFunc(o.deps, func(d *modelOp) bool { return d == on })
	}
}

// add adds some at once. Whether one has to be refused can be asked of the
// model only with that one in the queue.
func (m *opModel) add(q *modelQueue, some []*modelOp) {
	fine := true
	var operations []*reactor.Operation
	for i, o := range some {
		fine = fine && o.queue == nil && o.state <= reactor.OperationReady && !slices.Contains(some[:i], o)
		operations = append(operations, o.Operation)
	}
	for _, o := range some {
		if !fine {
			break
		}
		o.queue = q
		q.added = append(q.added, o)
		for _, e := range o.earlier() {
			fine = fine && !e.waitsFor(o, map[*modelOp]bool{})
		}
		q.added, o.queue = q.added[:len(q.added)-1], nil
	}
	if fine { // set before the bodies look
		for _, o := range some {
			o.queue = q
			q.added = append(q.added, o)
		}
	}
	if err := q.Add(operations...); (err == nil) != fine {
		m.t.Fatalf("add: %v, want none: %v", err, fine)
	}
	if fine {
		for _, o := range some {
			o.watch()
		}
	}
}

func (m *opModel) barrier(q *modelQueue, label string) {
	o := m.newModelOp()
	o.barrier, o.queue = true, q
	go1 := make(chan struct{})
	o.Operation = q.AddBarrier(label, func(ctx context.Context) error { <-go1; return o.body(ctx) })
	close(go1)
	m.all = append(m.all, o)
	q.added = append(q.added, o)
	o.watch()
}

func wantModelError(t *rapid.T, err, want error) {
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

// verify checks what was told of an operation that was watched.
func (o *modelOp) verify() {
	t := o.model.t
	if o.queue == nil {
		return
	}
	if o.completions != 1 {
		t.Fatalf("%s: %d completions", o.Label(), o.completions)
	}
	allowed := map[[2]reactor.OperationState]bool{
		{reactor.OperationPending, reactor.OperationReady}:      true,
		{reactor.OperationPending, reactor.OperationFinished}:   true,
		{reactor.OperationReady, reactor.OperationPending}:      true,
		{reactor.OperationReady, reactor.OperationExecuting}:    true,
		{reactor.OperationReady, reactor.OperationFinished}:     true,
		{reactor.OperationExecuting, reactor.OperationPaused}:   true,
		{reactor.OperationExecuting, reactor.OperationFinished}: true,
		{reactor.OperationPaused, reactor.OperationExecuting}:   true,
		{reactor.OperationPaused, reactor.OperationFinished}:    true,
	}
	flags := 0
	for i, tr := range o.transitions {
		if i > 0 && (tr.From != o.transitions[i-1].To || o.transitions[i-1].Cancelled && !tr.Cancelled) {
			t.Fatalf("%s: out of order: %+v", o.Label(), o.transitions)
		}
		if tr.From == tr.To {
			flags++
		} else if !allowed[[2]reactor.OperationState{tr.From, tr.To}] {
			t.Fatalf("%s: %v to %v", o.Label(), tr.From, tr.To)
		}
		skipped := (tr.From == reactor.OperationPending || tr.From == reactor.OperationReady) && tr.To == reactor.OperationFinished
		if skipped && (!tr.Cancelled || o.runs.Load() != 0) {
			t.Fatalf("%s: finished without having run: %+v, %d runs", o.Label(), tr, o.runs.Load())
		}
	}
	if flags > 1 || flags == 1 && !o.cancelled {
		t.Fatalf("%s: cancelled %d times", o.Label(), flags)
	}
	if n := len(o.transitions); n > 0 && o.transitions[n-1].To != reactor.OperationFinished {
		t.Fatalf("%s: the end was not told", o.Label())
	}
}

// step does one thing at random.
func (m *opModel) step(i int) {
	q := oneOf(m.t, m.queues, "queue")
	what := oneOf(m.t, []string{"new", "new", "new", "depend", "depend", "depend", "undepend", "add", "add", "add",
		"barrier", "hold", "finish", "finish", "finish", "cancel", "cancel all", "suspend", "resume", "maximum", "priority", "pause"}, "what")
	switch {
	case what == "new" || len(m.all) == 0:
		m.newOp(fmt.Sprint(i))
	case what == "depend":
		m.depend(m.pick("operation"), m.pick("on"))
	case what == "undepend":
		m.undepend(m.pick("operation"), m.pick("on"))
	case what == "add":
		m.add(q, m.some())
	case what == "barrier":
		m.barrier(q, fmt.Sprint("barrier ", i))
	case what == "finish":
		if o := m.finishable(); o != nil {
			o.finish()
		}
	case what == "cancel":
		o := m.pick("operation")
		o.Cancel()
		o.cancel()
	case what == "cancel all":
		if evenly(m.t, 8, "really") == 0 {
			q.CancelAll()
			for _, o := range q.added {
				o.cancel()
			}
		}
	case what == "suspend":
		q.Suspend()
		q.suspends++
	case what == "resume":
		if q.suspends > 0 {
			q.suspends--
			q.Resume()
		}
	case what == "hold":
		q.hold(!q.held)
	case what == "maximum":
		m.setMaximum(q, 1+evenly(m.t, 4, "maximum"))
	case what == "priority":
		o := m.pick("operation")
		o.priority = reactor.Priority(evenly(m.t, 5, "priority") - 2)
		o.SetPriority(o.priority)
	case what == "pause":
		m.pause(m.pick("operation"))
	}
}

// hold keeps the underlying queue from running anything, or no longer.
func (q *modelQueue) hold(held bool) {
	if q.under == nil || held == q.held {
		return
	}
	if q.held = held; held {
		q.under.Suspend()
	} else {
		q.under.Resume()
	}
}

func (m *opModel) setMaximum(q *modelQueue, n int) {
	q.maximum = n
	q.limit.Store(int32(n))
	q.SetMaxConcurrent(n)
}

func (m *opModel) pause(o *modelOp) {
	switch {
	case o.state == reactor.OperationPaused:
		if err := o.Resume(); err != nil {
			m.t.Fatal(err)
		}
		o.state = reactor.OperationExecuting
	case o.async && o.state == reactor.OperationExecuting:
		if err := o.Pause(); err != nil {
			m.t.Fatal(err)
		}
		o.state = reactor.OperationPaused
	case o.Pause() == nil:
		m.t.Fatalf("%s was paused while %v", o.Label(), o.state)
	}
}

// conclude lets everything end, and checks that it does.
func (m *opModel) conclude() {
	for _, q := range m.queues {
		q.hold(false)
		for ; q.suspends > 0; q.suspends-- {
			q.Resume()
		}
	}
	m.check()
	for _, o := range m.all {
		if o.queue == nil {
			o.Cancel()
			o.cancel()
			m.check() // what it released starts before another one can be preferred
		}
	}
	for o := m.finishable(); o != nil; o = m.finishable() {
		o.finish()
		m.check()
	}
	for _, q := range m.queues {
		q.Wait()
	}
	synctest.Wait()
	for _, o := range m.all {
		if o.state != reactor.OperationFinished {
			m.t.Fatalf("%s stays %v", o.Label(), o.state)
		}
		o.verify()
	}
}

// tick is how far the bubble's clock goes with each step. Rapid reads it to know
// how long it has been looking for the shortest failure.
const tick = 10 * time.Millisecond

// Ensure that random operations in random graphs and queues do, after every
// random thing done to them, what the clauses say: N1, N2, N3, N4, N5, N6, N7,
// N9, N11 and N13.
func TestN1_OperationModel(t *testing.T) {
	leak.Check(t)
	reactor.Default()
	synctest.Test(t, func(t *testing.T) {
		defer time.Sleep(idle)
		rapid.Check(inBubble{t}, func(t *rapid.T) {
			r := reactor.New()
			m := &opModel{t: t}
			defer m.release()
			wide := r.NewQueue("wide", reactor.Width(100))
			for i, options := range [][]reactor.OperationQueueOption{
				nil,
				{reactor.Underlying(wide)},
				{reactor.OperationQoS(reactor.Background)},
			} {
				q := &modelQueue{OperationQueue: r.NewOperationQueue(fmt.Sprint("q", i), options...)}
				m.setMaximum(q, i+1)
				m.queues = append(m.queues, q)
			}
			m.queues[1].under = wide
			for i := range 1 + evenly(t, 250, "steps") {
				time.Sleep(tick)
				m.step(i)
				m.check()
			}
			m.conclude()
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
		})
	})
}

// release lets go of what a check that failed has left, for otherwise the
// bubble would not end.
func (m *opModel) release() {
	for _, q := range m.queues {
		q.hold(false)
	}
	for _, o := range m.all {
		o.Cancel()
		o.told()
	}
}
