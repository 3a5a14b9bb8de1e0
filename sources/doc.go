// Package sources makes the event sources: each opens nothing that it was
// given open, takes in events of one kind and delivers them merged on a queue.
//
// All are reactor sources: created inactive, given handlers, activated,
// suspended and resumed, cancelled. What differs is what they report:
//
//	Data      numbers merged by the program, by sum, or, or last value
//	Items     values sent by the program, all kept
//	Timer     ticks of a fixed grid since the last call
//	Read      bytes that can be read, end of file, hang-up, error
//	Write     free space that can be written to
//	Signal    how many of each signal came
//	Process   the exit of any process, with its status
//	Vnode     what happened to one file or directory, followed by descriptor
//
// Package sources/files watches whole trees.
//
// # Concurrency
//
// Constructors and methods may be called from any goroutine. Handlers run on
// the target queue, one call at a time for each source.
//
// # Descriptors
//
// A descriptor given to a source belongs to the caller, who closes it in the
// cancel handler and nowhere else: before that the kernel may still know it.
package sources
