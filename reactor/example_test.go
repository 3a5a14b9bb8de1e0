package reactor_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
)

// A serial queue takes the place of a lock: what only its items touch is safe.
func ExampleQueue() {
	account := reactor.NewQueue("account")
	balance := 0
	for range 100 {
		account.Async(func() { balance++ })
	}
	account.Sync(func() { fmt.Println(balance) }) // after all of them
	// Output: 100
}

// Readers of a concurrent queue run beside each other, writers alone.
func ExampleQueue_BarrierAsync() {
	cache := reactor.NewQueue("cache", reactor.Concurrent())
	values := map[string]int{}
	set := func(key string, v int) {
		cache.BarrierAsync(func() { values[key] = v })
	}
	get := func(key string) (v int) {
		cache.Sync(func() { v = values[key] })
		return v
	}
	set("answer", 42)
	fmt.Println(get("answer"))
	// Output: 42
}

// Queues that target a serial one exclude each other, and each is drained as a
// batch.
func ExampleTarget() {
	disk := reactor.NewQueue("disk")
	reads := reactor.NewQueue("reads", reactor.Target(disk))
	writes := reactor.NewQueue("writes", reactor.Target(disk))
	disk.Suspend()
	for i := range 2 {
		reads.Async(func() { fmt.Println("read", i) })
		writes.Async(func() { fmt.Println("write", i) })
	}
	disk.Resume()
	reads.Sync(func() {})
	writes.Sync(func() {})
	// Output:
	// read 0
	// read 1
	// write 0
	// write 1
}

// A Sync that would wait for itself is named.
func ExampleDeadlockError() {
	a, b := reactor.NewQueue("a"), reactor.NewQueue("b")
	a.Sync(func() {
		b.Sync(func() {
			defer func() {
				var deadlock *reactor.DeadlockError
				if err, ok := recover().(error); ok && errors.As(err, &deadlock) {
					fmt.Println(deadlock)
				}
			}()
			a.Sync(func() {})
		})
	})
	// Output: reactor: deadlock: sync on queue "a" waits for the caller itself: the caller runs on it (on a -> b)
}

// Apply is a loop whose turns run beside each other.
func ExampleApply() {
	squares := make([]int, 5)
	reactor.Apply(len(squares), func(i int) { squares[i] = i * i })
	fmt.Println(squares)
	// Output: [0 1 4 9 16]
}

func ExampleQueue_After() {
	q := reactor.NewQueue("later")
	done := make(chan struct{})
	began := time.Now()
	if err := q.After(20*time.Millisecond, func() { close(done) }); err != nil {
		fmt.Println(err) // no descriptor is left for the loop
	}
	<-done
	fmt.Println(time.Since(began) >= 20*time.Millisecond)
	// Output: true
}

// The main queue is drained by the program's main function.
func ExampleRunMain() {
	ctx, stop := context.WithCancel(context.Background())
	go func() { // somewhere in the program
		reactor.Main().Sync(func() { fmt.Println("on the main goroutine") })
		stop()
	}()
	_ = reactor.RunMain(ctx)
	// Output: on the main goroutine
}

// A value attached to a queue is found on all queues that target it.
func ExampleSpecific() {
	type tenant struct{} // a key of one's own
	base := reactor.NewQueue("acme")
	base.SetSpecific(tenant{}, "Acme Inc.", nil)
	jobs := reactor.NewQueue("jobs", reactor.Target(base))
	jobs.Sync(func() { fmt.Println(reactor.Specific(tenant{}), "on", reactor.CurrentLabel()) })
	// Output: Acme Inc. on jobs
}

// An inactive queue keeps what is submitted until it is activated.
func ExampleInactive() {
	q := reactor.NewQueue("start-up", reactor.Inactive())
	var n atomic.Int32
	q.Async(func() { n.Add(1) })
	fmt.Println(n.Load())
	q.Activate()
	q.Sync(func() { fmt.Println(n.Load()) })
	// Output:
	// 0
	// 1
}

// What is merged while a source is suspended arrives in one call. The cancel
// handler is the last of its handlers to run.
func ExampleSource() {
	q := reactor.NewQueue("progress")
	bytes := coalesce.NewWord(coalesce.Add)
	src := reactor.NewSource("bytes", q, bytes, nil)
	src.OnEvent(func(n uint64) { fmt.Println("got", n) })
	ended := make(chan struct{})
	src.OnCancel(func() { fmt.Println("cancelled"); close(ended) })
	src.Suspend()
	_ = src.Activate()
	for range 3 {
		_ = bytes.Merge(100)
		src.Wake()
	}
	src.Resume()
	q.Sync(func() {})
	src.Cancel()
	<-ended
	// Output:
	// got 300
	// cancelled
}

// Dump answers "what is it doing?".
func ExampleReactor_Dump() {
	r := reactor.New()
	q := r.NewQueue("mail")
	q.Suspend()
	q.Async(func() {})
	for _, s := range r.Dump().Queues {
		if s.Label == "mail" {
			fmt.Printf("%s: %d waiting, suspended %d time\n", s.Label, s.Waiting, s.Suspended)
		}
	}
	q.Resume()
	// Output: mail: 1 waiting, suspended 1 time
}
