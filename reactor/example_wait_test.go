package reactor_test

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/reactord/reactord/reactor"
)

// A group waits for work on several queues.
func ExampleGroup() {
	loads := reactor.NewGroup("loads")
	var total atomic.Int64
	for i := range 3 {
		q := reactor.NewQueue(fmt.Sprintf("load %d", i))
		loads.Async(q, func() { total.Add(100) })
	}
	loads.Wait()
	fmt.Println(total.Load(), "loaded")
	// Output: 300 loaded
}

// Enter and Leave count what is no function on a queue: a request, for
// instance, whose answer comes on another goroutine. Nobody blocks.
func ExampleGroup_Notify() {
	requests := reactor.NewGroup("requests")
	answered := make(chan struct{})
	for _, d := range []time.Duration{time.Millisecond, 2 * time.Millisecond} {
		requests.Enter()
		time.AfterFunc(d, requests.Leave)
	}
	requests.Notify(reactor.NewQueue("summary"), func() {
		fmt.Println("all answered")
		close(answered)
	})
	<-answered
	// Output: all answered
}

// A semaphore bounds how many do something at a time.
func ExampleSemaphore() {
	connections := reactor.NewSemaphore(2)
	connections.Wait()
	connections.Wait()
	fmt.Println("a third, at once:", connections.WaitFor(0))
	connections.Signal()
	fmt.Println("when one is done:", connections.WaitFor(0))
	// Output:
	// a third, at once: false
	// when one is done: true
}

// A work item can be cancelled as long as it has not started. It counts as
// completed all the same.
func ExampleWorkItem() {
	q := reactor.NewQueue("thumbnails")
	q.Suspend()
	draw := reactor.NewWorkItem(func() { fmt.Println("drawn") })
	q.AsyncItem(draw)
	draw.Cancel()
	q.Resume()
	draw.Wait()
	fmt.Println("cancelled:", draw.Cancelled())
	// Output: cancelled: true
}

func ExampleOnce() {
	var loading reactor.Once
	for range 3 {
		loading.Do(func() { fmt.Println("loaded") })
	}
	// Output: loaded
}
