package reactor_test

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reactord/reactord/reactor"
)

// Ensure that items which block hold up nobody, however many they are.
func TestQ2_BlockedItemsHoldUpNobody(t *testing.T) {
	r := start(t)
	for _, q := range []*reactor.Queue{r.Global(reactor.DefaultQoS), r.NewQueue("concurrent", reactor.Concurrent())} {
		t.Run(q.Label(), func(t *testing.T) {
			release := make(chan struct{})
			var blocked, done sync.WaitGroup
			for range 8 {
				blocked.Add(1)
				done.Add(1)
				q.Async(func() { defer done.Done(); blocked.Done(); <-release })
			}
			blocked.Wait()
			ninth := make(chan struct{})
			q.Async(func() { close(ninth) })
			receive(t, ninth, "ninth item beside eight that block")
			close(release)
			done.Wait()
		})
	}
}

// Ensure that ten thousand items that sleep are goroutines and not threads.
func TestQ2_SleepingItemsAreNoThreads(t *testing.T) {
	r := start(t)
	const n = 10_000
	before := threads(t)
	release := make(chan struct{})
	var asleep, done sync.WaitGroup
	for range n {
		asleep.Add(1)
		done.Add(1)
		r.Global(reactor.Utility).Async(func() { defer done.Done(); asleep.Done(); <-release })
	}
	asleep.Wait()
	if more := threads(t) - before; more > 2*runtime.GOMAXPROCS(0)+8 {
		t.Errorf("%d items that wait made %d threads", n, more)
	}
	close(release)
	done.Wait()
}

func threads(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "Threads:")
	line, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Ensure that every class gets its turn beside a flood of the most urgent one.
func TestQ11_NoClassStarves(t *testing.T) {
	r := start(t)
	urgent := r.Global(reactor.UserInteractive)
	stop := make(chan struct{})
	var flood sync.WaitGroup
	var again func()
	again = func() {
		select {
		case <-stop:
			flood.Done()
		default:
			urgent.Async(again)
		}
	}
	for range 100 * runtime.GOMAXPROCS(0) {
		flood.Add(1)
		urgent.Async(again)
	}
	for _, class := range []reactor.QoS{reactor.Background, reactor.Utility, reactor.DefaultQoS, reactor.UserInitiated} {
		ran := make(chan struct{})
		r.Global(class).Async(func() { close(ran) })
		receive(t, ran, "item of class "+class.String())
	}
	close(stop)
	flood.Wait()
}

// Ensure that an item which ends its goroutine ends nothing else.
func TestGoexitStaysAtTheQueue(t *testing.T) {
	var rec recorder
	r := start(t, reactor.WithTracer(&rec))
	base := r.NewQueue("base")
	for _, q := range []*reactor.Queue{
		r.NewQueue("serial"), r.NewQueue("concurrent", reactor.Concurrent()),
		r.Global(reactor.DefaultQoS), reactor.NewQueue("child", reactor.Target(base)),
	} {
		q.Async(runtime.Goexit)
		q.BarrierAsync(runtime.Goexit)
		drain(t, q)
		if q.Width() == 1 {
			q.Sync(func() {}) // the queue is whole
		}
	}
	drain(t, base)
	for deadline := time.Now().Add(patience); rec.count() < 8; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d reports, want 8", rec.count())
		}
	}
}

func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.failed)
}
