package coalesce

import "errors"

// ErrFull is what Merge returns when a bounded Pending takes no more. Nothing
// of the value was taken; the caller decides what to do (clause DV1).
var ErrFull = errors.New("pending store is full")

// Latcher is the delivering side of a Pending. A source calls Latch when its
// handler is about to run, never before, so that whatever was merged while it
// waited for its turn is included (clause S14).
type Latcher[T any] interface {
	// Latch takes out everything merged so far as one value. It reports false
	// when there is nothing to deliver.
	Latch() (T, bool)
}

// Pending stands between what a source takes in and what it delivers (clause
// DV1). In memory it forgets at a crash; a journal implements the same
// interface and doesn't.
//
// All methods may be called from any goroutine.
type Pending[T any] interface {
	Latcher[T]
	// Merge takes v in. When it returned nil, v is as safe as this Pending
	// makes it: in memory, or synced to disk (clause DU1).
	Merge(v T) error
	// Ack says that what Latch returned was dealt with and need not be kept.
	// In memory there is nothing to do.
	Ack(v T) error
	// Len is how many merged values wait, for status.
	Len() int
}
