package reactor

import (
	"context"
	"fmt"
	"time"
)

// end is a channel that is closed when the operation is finished, and what
// depends on it knows.
func (o *Operation) end() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.done == nil {
		o.done = make(chan struct{})
		if o.settled {
			close(o.done)
		}
	}
	return o.done
}

// Wait returns when the operation is finished, and what depended on nothing else
// is ready (clause N12). It blocks the calling goroutine, for ever if nobody runs
// the operation. Completion functions may still be to come.
func (o *Operation) Wait() { <-o.end() }

// WaitContext is Wait until ctx ends, whose error it then returns. Called with
// the context of the operation's own body it returns ErrOperationSelf.
func (o *Operation) WaitContext(ctx context.Context) error {
	if current, ok := CurrentOperation(ctx); ok && current == o && o.State() != OperationFinished {
		return fmt.Errorf("operation %q: wait: %w", o.label, ErrOperationSelf)
	}
	return waitFor(ctx, o.end())
}

// WaitFor is Wait for at most d. It reports whether the operation is finished;
// with d of 0 or less it only looks.
func (o *Operation) WaitFor(d time.Duration) bool {
	end := o.end()
	select {
	case <-end:
		return true
	default:
	}
	if d <= 0 {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-end:
		return true
	case <-timer.C:
		return false
	}
}

// waitFor waits for end, which wins if ctx has ended too.
func waitFor(ctx context.Context, end <-chan struct{}) error {
	select {
	case <-end:
		return nil
	default:
	}
	select {
	case <-end:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
