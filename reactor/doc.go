// Package reactor is Grand Central Dispatch for Go on Linux: queues that run
// functions, and sources that deliver the kernel's events to them.
//
// # Usage
//
// A queue runs what is submitted to it. A serial queue runs one item after the
// other, so what only its items touch needs no lock:
//
//	q := reactor.NewQueue("uploads")
//	q.Async(func() { … })             // and go on
//	q.Sync(func() { … })              // and wait for it
//
// A concurrent queue runs items beside each other, up to its width, and lets a
// barrier run alone:
//
//	cache := reactor.NewQueue("cache", reactor.Concurrent())
//	cache.Sync(func() { v = m[k] })               // readers beside each other
//	cache.BarrierAsync(func() { m[k] = v })       // a writer alone
//
// A queue runs its items on its target: another queue, or one of five global
// queues, one for each quality of service. Queues that target one serial queue
// exclude each other, whatever else they do.
//
// A [Source] turns events into calls of a handler on a queue. Package sources
// makes them for timers, descriptors, files, signals and processes. Sources
// are created inactive, are given their handlers, and are activated:
//
//	src := sources.NewRead("socket", q, fd)
//	src.OnEvent(func(ev sources.Ready) { … })
//	src.OnCancel(func() { unix.Close(fd) })
//	err := src.Activate()
//
// [Group], [Semaphore], [WorkItem], [Once], [Operation] and [Queue.Apply] are
// what GCD and NSOperation have under these names. docs/gcd.md has a line for
// each of their calls, and the differences.
//
// # Concurrency
//
// Every method may be called from any goroutine, handlers and items included,
// unless it says otherwise. Functions given to a queue run on goroutines of the
// reactor's, except in Sync and Apply, which use the caller's. Nothing of the
// program's runs on the event loop.
//
// A goroutine belongs to a queue only while it runs something. Goroutines are
// started when there is work and end when there is none: an idle queue, source
// or timer is a struct. Items may block for as long as they like; others are
// not held up by that, but for those of the same serial queue.
//
// # Guarantees
//
//   - A serial queue runs its items in the order of submission, one at a time,
//     each after the other in the sense of the Go memory model (clause Q1).
//   - A source's handler never runs twice at once, on whatever queue (clause
//     S15). Events merge while it runs, waits or is suspended, and none is lost:
//     what a call gets is everything since the last one (clauses S12 to S14).
//   - A cancel handler runs exactly once, after the last event, when the kernel
//     has let go of the descriptor (clauses C3, C4).
//   - Suspending takes effect between two items or calls, and is counted (S9 to
//     S11).
//
// The clauses are those of docs/contract.md, and tests bear their numbers.
//
// # Misuse
//
// What can't be meant panics, with a message that names the object by its label
// and the rule: one resume too many, one leave too many, a Sync that would wait
// for itself (a [DeadlockError], which also names the queues the caller is on),
// a changed handler of a strict source. What a program can meet in normal
// operation is an error: a descriptor that can't be polled, a target that would
// close a cycle, the limit of open files.
//
// Not detected is a wait of several goroutines for each other, as of two that
// are each in an item of the queue the other one wants, or that each have a
// place on a queue of bounded width and want another through one of its
// children; and a Sync onto a child whose own turn stands in line behind a
// barrier that waits for the caller.
//
// A panic in an item or handler ends there: it is reported to the [Tracer],
// with its stack and the label, and the queue goes on. [CrashOnPanic] asks for
// the contrary. A panic in Sync or Apply goes on in the caller.
//
// # Debugging
//
// Everything has a label. [Reactor.Dump] lists all queues, sources, groups and
// operations with what they are doing; [CurrentLabel] says where one is;
// [Queue.AssertOn] and its kin state where one ought to be.
//
// # Testing
//
// Queues, groups, semaphores and operations need no kernel and work in a bubble
// of testing/synctest, on a [Reactor] made in it. Timers, After and descriptors
// wait in the kernel, on its clock, and do not: test what they call instead,
// or with real time. [WithClock] and [WithKernel] are for this module's own
// tests, which turn the clock and make system calls fail.
package reactor
