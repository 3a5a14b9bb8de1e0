package reactor_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/reactor"
)

// wantCycle fails the test unless err names these labels.
func wantCycle(t testing.TB, err error, labels ...string) {
	t.Helper()
	var cycle *reactor.OperationCycleError
	if !errors.As(err, &cycle) {
		t.Fatalf("error %v, want a cycle", err)
	}
	if diff := cmp.Diff(labels, cycle.Labels); diff != "" {
		t.Fatalf("(-want +got)\n%s", diff)
	}
}

func TestN7_CyclesAreRefused(t *testing.T) {
	t.Run("N7_NamedInTheError", func(t *testing.T) {
		leak.Check(t)
		a, b, c := reactor.NewOperation("a", noWork), reactor.NewOperation("b", noWork), reactor.NewOperation("c", noWork)
		depend(t, a, b)
		depend(t, b, c)
		err := c.AddDependency(a)
		wantCycle(t, err, "c", "a", "b", "c")
		const text = `operations would wait for each other: "c" waits for "a" waits for "b" waits for "c"`
		if err.Error() != text {
			t.Fatal(err)
		}
		wantCycle(t, a.AddDependency(a), "a", "a")
		wantCycle(t, b.AddDependency(a), "b", "a", "b")
		wantState(t, c, reactor.OperationReady)
	})
	t.Run("N7_DependenciesCrossQueues", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			queues := []*reactor.OperationQueue{r.NewOperationQueue("one"), r.NewOperationQueue("two"),
				reactor.NewOperationQueue("three", reactor.Underlying(r.NewQueue("serial")))}
			var trace opTrace
			var want []string
			var all []*reactor.Operation
			for i := range 30 {
				name := fmt.Sprint(i)
				want = append(want, name)
				all = append(all, reactor.NewOperation(name, trace.body(name)))
				if i > 0 {
					depend(t, all[i], all[i-1])
				}
			}
			wantCycle(t, all[0].AddDependency(all[1]), "0", "1", "0")
			for i := range all { // the last first
				addAll(t, queues[i%len(queues)], all[len(all)-1-i])
			}
			for _, q := range queues {
				q.Wait()
			}
			trace.want(t, want...)
		})
	})
	t.Run("N7_ThroughABarrier", func(t *testing.T) {
		leak.Check(t)
		q := reactor.NewOperationQueue("q")
		q.Suspend()
		a := q.AddFunc("a", noWork)
		outside := reactor.NewOperation("outside", noWork)
		depend(t, a, outside)
		barrier := q.AddBarrier("barrier", noWork)
		after := q.AddFunc("after", noWork)
		wantCycle(t, a.AddDependency(after), "a", "after", "barrier", "a")
		wantCycle(t, barrier.AddDependency(after), "barrier", "after", "barrier")
		wantCycle(t, outside.AddDependency(barrier), "outside", "barrier", "a", "outside")
		wantCycle(t, q.Add(outside), "outside", "barrier", "a", "outside")
		depend(t, after, a)
		if outside.Queue() != nil {
			t.Fatal("it was added")
		}
		barrier.Cancel()
		addAll(t, q, outside)
		q.Resume()
		q.Wait()
	})
	t.Run("N7_FinishedOnesHoldNothingUp", func(t *testing.T) {
		leak.Check(t)
		done, o := reactor.NewOperation("done", noWork), reactor.NewOperation("o", noWork)
		if err := done.Start(); err != nil {
			t.Fatal(err)
		}
		depend(t, o, done)
		depend(t, o, done)
		wantState(t, o, reactor.OperationReady)
		if len(o.Dependencies()) != 1 {
			t.Fatalf("dependencies %v", o.Dependencies())
		}
		if err := o.Start(); err != nil {
			t.Fatal(err)
		}
	})
}

// Ensure that, whatever is added in whatever order, the edges that are refused
// are those that would close a cycle, and that the error names one that is real.
func TestN7_CycleModel(t *testing.T) {
	leak.Check(t)
	rapid.Check(t, func(t *rapid.T) {
		const n = 8
		var operations []*reactor.Operation
		var waits [n][n]bool // directly
		for i := range n {
			operations = append(operations, reactor.NewOperation(fmt.Sprint(i), noWork))
		}
		var reaches func(from, to int) bool
		reaches = func(from, to int) bool {
			for next := range n {
				if waits[from][next] && (next == to || reaches(next, to)) {
					return true
				}
			}
			return from == to
		}
		for range rapid.IntRange(1, 40).Draw(t, "edges") {
			from, to := rapid.IntRange(0, n-1).Draw(t, "from"), rapid.IntRange(0, n-1).Draw(t, "to")
			if rapid.IntRange(0, 4).Draw(t, "remove") == 0 {
				if err := operations[from].RemoveDependency(operations[to]); err != nil {
					t.Fatal(err)
				}
				waits[from][to] = false
				continue
			}
			err := operations[from].AddDependency(operations[to])
			if reaches(to, from) != (err != nil) {
				t.Fatalf("%d to %d: %v", from, to, err)
			}
			if err == nil {
				waits[from][to] = true
				continue
			}
			var cycle *reactor.OperationCycleError
			if !errors.As(err, &cycle) || cycle.Labels[0] != fmt.Sprint(from) || cycle.Labels[1] != fmt.Sprint(to) {
				t.Fatalf("%d to %d: %v", from, to, err)
			}
			for i := 1; i+1 < len(cycle.Labels); i++ {
				a, b := cycle.Labels[i][0]-'0', cycle.Labels[i+1][0]-'0'
				if !waits[a][b] {
					t.Fatalf("%v: %d doesn't wait for %d", err, a, b)
				}
			}
			if last := cycle.Labels[len(cycle.Labels)-1]; last != cycle.Labels[0] {
				t.Fatalf("%v ends with %s", err, last)
			}
		}
	})
}
