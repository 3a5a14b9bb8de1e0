package handlers_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"

	"github.com/reactord/reactord/handlers"
)

// Two hundred runs at once, of all sorts, leave nothing behind.
func TestXC1_ManyRunsAtOnce(t *testing.T) {
	scripts := []struct {
		script string
		result handlers.Result
	}{
		{"cat", handlers.Done},
		{"exit 1", handlers.Transient},
		{"echo a; echo b >&2", handlers.Done},
		{"sleep 1000 & exit 0", handlers.Done},
		{"kill -9 $$", handlers.Transient},
		{"seq 3000", handlers.Done},
	}
	r := newReactor(t)
	exec := make([]*handlers.Exec, len(scripts))
	for i, s := range scripts {
		exec[i] = &handlers.Exec{Reactor: r, Shell: s.script}
	}
	var done sync.WaitGroup
	for i := range 200 {
		done.Go(func() {
			want := scripts[i%len(scripts)]
			o := exec[i%len(scripts)].Handle(t.Context(), newRun(filesEvent(fmt.Sprint("/", i)), &logbook{}))
			if o.Result != want.result {
				t.Errorf("%s: %+v", want.script, o)
			}
		})
	}
	done.Wait()
}

// Runs that wait hold no threads.
func TestExecParksNoThreads(t *testing.T) {
	const runs = 200
	ctx, cancel := context.WithCancelCause(t.Context())
	x := &handlers.Exec{Reactor: newReactor(t), Shell: `echo ready; exec sleep 1000`}
	all := make([]<-chan handlers.Outcome, runs)
	for i := range all {
		book := &logbook{}
		all[i] = begin(ctx, x, filesEvent(), book)
		book.whenPrinted(t, "ready")
	}
	if n := threads(t); n > runs/2 {
		t.Errorf("%d threads for %d runs", n, runs)
	}
	cancel(handlers.ErrStopping)
	for _, done := range all {
		if o := ends(t, done); o.Signal == "" {
			t.Errorf("outcome %+v", o)
		}
	}
}

// threads is how many threads the test has.
func threads(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(status, []byte("\nThreads:\t"))
	number, _, _ := bytes.Cut(rest, []byte("\n"))
	n, err := strconv.Atoi(string(number))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
