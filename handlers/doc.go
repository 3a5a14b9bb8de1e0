// Package handlers is what a source does: the record of an event, the handlers
// that are given it, and the outcome they end in.
//
// # Usage
//
// A [Handler] is made once, from the configuration, and handles a [Run] for
// every event of its source, or for every unit of one (see [Event.Units]):
//
//	h := &handlers.Exec{Command: []*expr.Template{program, argument}, KillAfter: 10 * time.Second}
//	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, handlers.ErrTimeout)
//	defer cancel()
//	o := h.Handle(ctx, handlers.NewRun(ids.New(now), &event, queue.Label(), logger))
//
// There are two: [Log] writes a line into the daemon's log, [Exec] runs a
// command. Retries, time-outs and conditions stand around a handler and are not
// its business.
//
// # The event record
//
// An [Event] is the same wherever it appears: on a handler's standard input, in
// the history, on the control socket (clauses EV1 to EV4). [EventSchema]
// describes its JSON. What is not known is absent. Bytes that aren't UTF-8 are
// legible in the record, and exact beside it in base64 where they matter.
// Templates and conditions see [Event.Fields], with exact bytes.
//
// # Concurrency
//
// Handle is called on the goroutine of a queue's slot and may block there. One
// Handler serves many runs, several at once where its source is parallel.
// Events are values: any number of goroutines may read one while nobody changes
// it. [IDs] may be used from any goroutine.
//
// An Exec run is one goroutine. It is parked while the command runs: what the
// loop of the reactor sees (the command's end, output, an alarm) it leaves as a
// bit and wakes the goroutine, which does all the rest. So no thread waits in
// wait4, no lock is held, and no code of a run is on the loop.
//
// # Guarantees
//
//   - When Handle has returned, nothing of the run's process group runs, and its
//     command has been reaped (clause XC1). A signal never reaches a process that
//     only got the number of one of the run's.
//   - A command sees the whole event on its standard input however large it is,
//     and nobody waits for it to be read (clause XC2).
//   - Each argument is one argument, with the bytes it has; no shell is involved
//     unless asked for, and nothing of an event becomes part of its text (clause
//     EV6).
//   - Whatever a command writes, the memory of a run is less than 400 KiB,
//     the log gets a thousand lines at once and a hundred a second from it, and
//     counts what it left out. The last 64 KiB are kept (clause XC3).
//   - A command that was told to end is a failure, also when it then succeeds; one
//     that had ended by itself before is not.
//
// What a command moves out of its group (a daemon it starts, a job of a shell
// with job control) is out of reach. It doesn't hold the run up: output that it
// holds open is given up a tenth of a second after the group has ended.
//
// # Debugging
//
// At level debug the log has the start of each command with its pid, each group
// that was told to end, and each variable that was left out of an environment.
// At level info it has groups that had to be killed, output that was given up
// or left out, and the output itself, a line each: with the fields source,
// event, run, stream and pid, and `cut` on a piece of a line over 16 KiB that
// goes on in the next. A warning says that the kernel refused a signal: a
// process of the run has become another user's.
//
// # Testing
//
// [Exec] runs real commands in tests, on a reactor made with a clock that is
// turned by hand and a kernel that fails on request. `go test -race` needs sh,
// setsid and the usual tools of a Debian base system. Benchmarks set a run beside
// the same one by os/exec.
package handlers
