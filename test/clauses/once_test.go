package clauses_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reactord/reactord/reactor"
)

func TestON1_ExactlyOnce(t *testing.T) {
	start(t)
	for range share(200, 20_000) {
		var once reactor.Once // its zero value is ready
		var ran atomic.Int32
		value := 0 // the race detector watches: later callers see the effects
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				once.Do(func() { ran.Add(1); value = 7 })
				if value != 7 {
					t.Error("a caller came back before the function had ended")
				}
			})
		}
		wg.Wait()
		once.Do(func() { t.Error("it ran a second time") })
		if n := ran.Load(); n != 1 {
			t.Fatalf("it ran %d times", n)
		}
	}
}

func TestON1_LaterCallersWait(t *testing.T) {
	start(t)
	var once reactor.Once
	g := newGate()
	returned := make(chan struct{}, 2)
	go func() { once.Do(g.pass); returned <- struct{}{} }()
	receive(t, g.inside, "function")
	go func() { once.Do(func() { t.Error("it ran twice") }); returned <- struct{}{} }()
	none(t, returned, "caller who came back before the function had ended")
	g.open()
	receive(t, returned, "caller")
	receive(t, returned, "caller")
}

func TestON1_RecursionPanics(t *testing.T) {
	start(t)
	var once reactor.Once
	inner := make(chan any, 1)
	finishes(t, "recursion", func() {
		once.Do(func() { inner <- recovered(func() { once.Do(func() {}) }) })
	})
	refused(t, receive(t, inner, "inner call"), "")

	var other reactor.Once // another value is no recursion
	var outer reactor.Once
	ran := false
	finishes(t, "nesting", func() { outer.Do(func() { other.Do(func() { ran = true }) }) })
	if !ran {
		t.Error("it didn't run")
	}

	var indirect reactor.Once // through functions in between, and after others waited
	finishes(t, "recursion", func() {
		indirect.Do(func() {
			var third reactor.Once
			third.Do(func() { inner <- recovered(func() { indirect.Do(func() {}) }) })
		})
	})
	refused(t, receive(t, inner, "inner call"), "")
}
