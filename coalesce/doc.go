// Package coalesce says how events that wait to be delivered become one.
//
// What a source takes in and has not delivered yet is kept in a Pending: Merge
// puts one thing in, Latch takes everything out as one. How two things become
// one is the matter of this package:
//
//   - Word keeps one number: the sum, the bitwise or, or the last value.
//   - List keeps them all, in order, up to a limit.
//   - Fold shortens a list of file changes without changing what it says.
//   - Window says when a run may start: after quiet, at most so often.
//
// # Concurrency
//
// Word and List may be used from any number of goroutines. Nothing that was
// merged is delivered twice or lost: a Merge that returned before Latch was
// called is in what Latch returns, or in what an earlier Latch returned; one
// that runs beside Latch is in this one or the next.
//
// # Purity
//
// The package starts no goroutine, reads no clock and opens no descriptor.
// Windows are told the time and answer with a deadline; somebody else waits.
package coalesce
