// Package clauses_test proves the library's clauses one by one. It is written
// from the text of the contract alone and uses nothing but what the packages
// export, so that it would do for any other implementation as well.
package clauses_test

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reactord/reactord/internal/clock"
	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/reactor"
)

const (
	// patience is how long a test waits for what must happen.
	patience = 20 * time.Second

	ms = time.Millisecond
)

// start returns a reactor that is closed, and checked for leaks, at the end.
func start(t testing.TB, options ...reactor.Option) *reactor.Reactor {
	t.Helper()
	leak.Check(t)
	r := reactor.New(options...)
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return r
}

// startTurned is start with a clock that is turned by hand.
func startTurned(t testing.TB) (*reactor.Reactor, *clock.Fake) {
	t.Helper()
	c := new(clock.Fake)
	return start(t, reactor.WithClock(c), reactor.WithKernel(kernel.WithClock(kernel.Real{}, c))), c
}

// soak reports whether long counts are run in full.
func soak() bool { return os.Getenv("REACTORD_SOAK") != "" }

// share is the full count under REACTORD_SOAK, and the small one otherwise.
func share(small, full int) int {
	if soak() {
		return full
	}
	return small
}

// must fails the test on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// receive waits for a value.
func receive[T any](t testing.TB, from <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("no %s within %v", what, patience)
		panic("unreachable")
	}
}

// none fails the test if something has been sent.
func none[T any](t testing.TB, from <-chan T, what string) {
	t.Helper()
	select {
	case v := <-from:
		t.Fatalf("%s: %v", what, v)
	default:
	}
}

// drain waits until everything that was submitted to q before has run.
func drain(t testing.TB, q *reactor.Queue) {
	t.Helper()
	done := make(chan struct{})
	q.BarrierAsync(func() { close(done) })
	receive(t, done, "end of queue "+q.Label())
}

// settle drains q until what its items submitted to it has run as well: a
// source takes one turn to register, one to deliver and one to cancel.
func settle(t testing.TB, q *reactor.Queue) {
	t.Helper()
	for range 4 {
		drain(t, q)
	}
}

// eventually waits for a condition nobody sends a message about.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// finishes runs f on a goroutine of its own and waits for its end; a panic of
// f is one of the test's.
func finishes(t testing.TB, what string, f func()) {
	t.Helper()
	if v := attempt(t, what, f); v != nil {
		t.Fatalf("%s: %v", what, v)
	}
}

// attempt runs f on a goroutine of its own, so that a deadlock is a failure
// and not the end of the program, and returns what it panicked with.
func attempt(t testing.TB, what string, f func()) any {
	t.Helper()
	ended := make(chan any, 1)
	go func() { ended <- recovered(f) }()
	return receive(t, ended, "end of "+what)
}

// recovered calls f and returns what it panicked with.
func recovered(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

// refused fails the test unless value is that of a panic that breaking a rule
// gives: a message that names the object by its label and says something more,
// and no error of the runtime's.
func refused(t testing.TB, value any, label string) {
	t.Helper()
	if value == nil {
		t.Fatalf("no panic; want one that names %q", label)
	}
	if err, ok := value.(runtime.Error); ok {
		t.Fatalf("a fault of the implementation: %v", err)
	}
	message := fmt.Sprint(value)
	if !strings.Contains(message, label) {
		t.Fatalf("panic %q doesn't name %q", message, label)
	}
	if rest := strings.ReplaceAll(message, label, ""); len(strings.Fields(rest)) < 3 {
		t.Fatalf("panic %q doesn't say which rule was broken", message)
	}
}

// panics is attempt and refused.
func panics(t testing.TB, label string, f func()) {
	t.Helper()
	refused(t, attempt(t, "what must panic on "+label, f), label)
}

// spin keeps as many items as there are processors busy, without blocking,
// until the function returned is called.
func spin(t testing.TB, q *reactor.Queue) (stop func()) {
	t.Helper()
	n := runtime.GOMAXPROCS(0)
	var leave atomic.Bool
	var began, ended sync.WaitGroup
	began.Add(n)
	ended.Add(n)
	for range n {
		q.Async(func() {
			defer ended.Done()
			began.Done()
			for !leave.Load() {
				runtime.Gosched()
			}
		})
	}
	finishes(t, "beginning to spin", began.Wait)
	return func() { leave.Store(true); ended.Wait() }
}

// yield lets others run.
func yield() { runtime.Gosched() }

// goroutine is the number of the calling goroutine.
func goroutine() string {
	buf := make([]byte, 64)
	buf = buf[:runtime.Stack(buf, false)]
	return string(bytes.Fields(buf)[1])
}

// collected waits until the collector has taken what gone asks about.
func collected(t testing.TB, what string, gone func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		runtime.GC()
		if gone() {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s was not collected", what)
		}
		runtime.Gosched()
	}
}
