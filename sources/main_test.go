package sources_test

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/reactor"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

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

func drain(t testing.TB, q *reactor.Queue) {
	t.Helper()
	done := make(chan struct{})
	q.Async(func() { close(done) })
	receive(t, done, "end of queue")
}

// canceller is any source.
type canceller interface {
	OnCancel(func())
	Cancel()
}

// end cancels s and waits for its cancel handler.
func end(t testing.TB, s canceller, then ...func()) {
	t.Helper()
	done := make(chan struct{})
	s.OnCancel(func() {
		for _, f := range then {
			f()
		}
		close(done)
	})
	s.Cancel()
	receive(t, done, "cancel handler")
}

func pipe(t testing.TB) (r, w int) {
	t.Helper()
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	return p[0], p[1]
}

// soak reports whether long counts are run in full.
func soak() bool { return os.Getenv("REACTORD_SOAK") != "" }

// must fails the test on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
