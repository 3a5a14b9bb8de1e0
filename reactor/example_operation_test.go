package reactor_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reactord/reactord/reactor"
)

// An operation that depends on others starts when they are finished, whichever
// queue they are in.
func ExampleOperation_AddDependency() {
	queue := reactor.NewOperationQueue("build")
	step := func(name string) *reactor.Operation {
		return reactor.NewOperation(name, func(context.Context) error { fmt.Println(name); return nil })
	}
	fetch, compile, link := step("fetch"), step("compile"), step("link")
	for _, edge := range [][2]*reactor.Operation{{link, compile}, {compile, fetch}} {
		if err := edge[0].AddDependency(edge[1]); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(fetch.AddDependency(link))
	if err := queue.Add(link, compile, fetch); err != nil {
		fmt.Println(err)
	}
	queue.Wait()
	// Output:
	// operations would wait for each other: "fetch" waits for "link" waits for "compile" waits for "fetch"
	// fetch
	// compile
	// link
}

// Requests, three at a time, and one function at the end of all of them.
func ExampleBatch() {
	batch := reactor.NewBatch("mirrors", 3)
	for _, host := range []string{"a.example", "b.example", "c.example", "d.example"} {
		request := reactor.NewOperation(host, func(context.Context) error {
			if host == "c.example" {
				return errors.New("no route to host")
			}
			return nil
		})
		if err := batch.Add(request); err != nil {
			fmt.Println(err)
		}
	}
	batch.OnSuccess(func() { fmt.Println("all answered") })
	batch.OnFailure(func(errs []error) {
		for _, err := range errs {
			fmt.Println(err)
		}
	})
	if err := batch.Start(); err != nil {
		fmt.Println(err)
	}
	batch.Wait()
	// Output: c.example: no route to host
}

// An asynchronous operation occupies its place in the queue, but no goroutine,
// until its work reports the end.
func ExampleNewAsyncOperation() {
	queue := reactor.NewOperationQueue("downloads", reactor.MaxConcurrent(1))
	download := reactor.NewAsyncOperation("download", func(ctx context.Context, finish func(error)) {
		timer := time.AfterFunc(time.Millisecond, func() { finish(nil) })
		context.AfterFunc(ctx, func() {
			if timer.Stop() {
				finish(ctx.Err())
			}
		})
	})
	download.OnCompletion(func(o *reactor.Operation) {
		fmt.Println(o.Label(), o.State(), o.Err())
	})
	if err := queue.Add(download); err != nil {
		fmt.Println(err)
	}
	done := make(chan struct{})
	download.OnCompletion(func(*reactor.Operation) { close(done) })
	<-done
	// Output: download finished <nil>
}

// What runs is told by its context; what has not started never will.
func ExampleOperation_Cancel() {
	queue := reactor.NewOperationQueue("jobs", reactor.MaxConcurrent(1))
	begun := make(chan struct{})
	running := queue.AddFunc("running", func(ctx context.Context) error {
		close(begun)
		<-ctx.Done()
		return fmt.Errorf("half done: %w", ctx.Err())
	})
	waiting := queue.AddFunc("waiting", func(context.Context) error { fmt.Println("never"); return nil })
	<-begun
	queue.CancelAll()
	queue.Wait()
	fmt.Println(running.Err())
	fmt.Println(waiting.Err(), errors.Is(waiting.Err(), reactor.ErrCancelled))
	// Output:
	// half done: context canceled
	// cancelled before it started: context canceled true
}

// A barrier waits for all that was added before it, and holds back all that is
// added after it.
func ExampleOperationQueue_AddBarrier() {
	queue := reactor.NewOperationQueue("index")
	var parts [3]int
	for i := range parts {
		queue.AddFunc("part", func(context.Context) error { parts[i] = i + 1; return nil })
	}
	sum := 0
	queue.AddBarrier("sum", func(context.Context) error {
		for _, n := range parts {
			sum += n
		}
		return nil
	})
	queue.AddFunc("print", func(context.Context) error { fmt.Println(sum); return nil })
	queue.Wait()
	// Output: 6
}

// The start function of an asynchronous operation asks to be told of pauses.
func ExampleOperation_Pause() {
	queue := reactor.NewOperationQueue("players")
	heard := make(chan string)
	song := reactor.NewAsyncOperation("song", func(ctx context.Context, finish func(error)) {
		self, _ := reactor.CurrentOperation(ctx)
		self.OnPause(func(paused bool) { heard <- fmt.Sprint("paused: ", paused) })
		context.AfterFunc(ctx, func() { finish(nil) })
		queue.Reactor().Global(reactor.Utility).Async(func() { heard <- "playing" })
	})
	if err := queue.Add(song); err != nil {
		fmt.Println(err)
	}
	fmt.Println(<-heard)
	fmt.Println(song.Pause(), song.State(), <-heard)
	fmt.Println(song.Resume(), song.State(), <-heard)
	song.Cancel()
	queue.Wait()
	// Output:
	// playing
	// <nil> paused paused: true
	// <nil> executing paused: false
}
