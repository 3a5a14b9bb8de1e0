package handlers

import (
	"context"
	"errors"
	"fmt"
)

// Result is which of the three ways a run ended (clause DV7).
type Result uint8

const (
	// Done is success: the event is dealt with.
	Done Result = iota
	// Transient is a failure that may pass: the event is tried again as the
	// source's retry says.
	Transient
	// Permanent is a failure that trying again won't help: the event is given up.
	Permanent
)

var resultNames = [...]string{Done: "done", Transient: "transient", Permanent: "permanent"}

// String is the name in logs and in the history.
func (r Result) String() string {
	if int(r) < len(resultNames) {
		return resultNames[r]
	}
	return fmt.Sprintf("result %d", uint8(r))
}

// What a run's context is cancelled with, as its cause: Outcome.Err of a run
// that was ended wraps it.
var (
	// ErrTimeout tells that the run took longer than its time-out.
	ErrTimeout = errors.New("timed out")
	// ErrStopping tells that the daemon stops.
	ErrStopping = errors.New("the daemon stops")
	// ErrAtOnce tells that the daemon stops and waits for nobody: a command is
	// killed without being asked first.
	ErrAtOnce = errors.New("the daemon stops at once")
)

// Outcome is how a run ended. The zero Outcome is success.
type Outcome struct {
	Result Result
	// Err is what went wrong, nil when Result is Done. Of a run that was ended
	// from outside it wraps the cause of its context.
	Err error
	// Code is the exit code of the run's process, nil when there was no
	// process or it was killed by a signal.
	Code *int
	// Signal is the name of the signal that killed the run's process, as
	// SIGKILL.
	Signal string
	// Tail is the end of what the run's processes wrote, both streams as they
	// came, at most 64 KiB (clause XC3). Output that doesn't go to the log has
	// none.
	Tail []byte
}

// failed is the outcome of a run that ended with err.
func failed(r Result, err error) Outcome { return Outcome{Result: r, Err: err} }

// ended is the outcome of a run whose context was cancelled.
func ended(ctx context.Context) Outcome {
	return failed(Transient, fmt.Errorf("ended: %w", context.Cause(ctx)))
}
