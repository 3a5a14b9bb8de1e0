package reactor

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrCancelled is the error of an operation that was cancelled before it
	// started (clause N2). It is a context.Canceled as well. One that was
	// cancelled while it ran has the error its bodies returned.
	ErrCancelled = fmt.Errorf("cancelled before it started: %w", context.Canceled)
	// ErrOperationStarted is returned for what can be done only before the
	// start of an operation, or of a batch.
	ErrOperationStarted = errors.New("it was started already")
	// ErrOperationFinished is the same after the end.
	ErrOperationFinished = errors.New("it is finished already")
	// ErrOperationQueued is returned when an operation is added a second time,
	// or is started by hand though a queue will do it (clause N6).
	ErrOperationQueued = errors.New("it is in an operation queue already")
	// ErrOperationPending is returned when an operation is started by hand
	// before its dependencies are finished.
	ErrOperationPending = errors.New("it depends on operations that are not finished")
	// ErrOperationIdle is returned when an operation that doesn't execute is
	// to be paused or resumed.
	ErrOperationIdle = errors.New("it is not executing")
	// ErrOperationAsync is returned for what only a block operation knows.
	ErrOperationAsync = errors.New("it is an asynchronous operation")
	// ErrOperationBlock is returned for what only an asynchronous operation
	// knows.
	ErrOperationBlock = errors.New("it is a block operation")
	// ErrOperationSelf is returned when an operation waits for its own end, or
	// for its own queue's.
	ErrOperationSelf = errors.New("an operation that waits for itself never ends")
)

// errBodyExited stands for the error of a body that never returned.
var errBodyExited = errors.New("a body ended its goroutine (runtime.Goexit, or FailNow of a test)")

// PanicError is the error of an operation one of whose bodies panicked.
type PanicError struct {
	Value any    // what panic was called with
	Stack []byte // where
}

// Error is the value, without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap is the value, if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// OperationCycleError is returned when operations would wait for each other
// (clause N7). Each label waits for the next, the last is the first again. What
// waits for a barrier, or as a barrier for what was added earlier, is named like
// what waits for a dependency.
type OperationCycleError struct{ Labels []string }

// Error names the cycle.
func (e *OperationCycleError) Error() string {
	var b strings.Builder
	b.WriteString("operations would wait for each other: ")
	for i, label := range e.Labels {
		if i > 0 {
			b.WriteString(" waits for ")
		}
		fmt.Fprintf(&b, "%q", label)
	}
	return b.String()
}

func cycleError(path []*Operation) error {
	e := &OperationCycleError{}
	for _, o := range path {
		e.Labels = append(e.Labels, o.label)
	}
	return e
}

// joined is errors.Join, but one error stays as it is.
func joined(errs []error) error {
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}
