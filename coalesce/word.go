package coalesce

import "sync/atomic"

// Mode says how a Word merges.
type Mode uint8

const (
	// Add sums, wrapping around (DISPATCH_SOURCE_TYPE_DATA_ADD).
	Add Mode = iota
	// Or sets bits (DISPATCH_SOURCE_TYPE_DATA_OR).
	Or
	// Replace keeps the last value (DISPATCH_SOURCE_TYPE_DATA_REPLACE).
	Replace
)

// String is the name the configuration uses.
func (m Mode) String() string { return [...]string{"add", "or", "replace"}[m] }

// Word is a Pending of one number, merged without a lock (clauses D1 to D4).
// Zero means that nothing is pending, whatever was merged: after merges of 1
// and the greatest number an adding Word delivers nothing (clause D3).
//
// A merge costs one atomic operation.
type Word struct {
	value atomic.Uint64
	mode  Mode
}

var _ Pending[uint64] = (*Word)(nil)

// NewWord returns a Word that merges by m.
func NewWord(m Mode) *Word { return &Word{mode: m} }

// Mode is how the word merges.
func (w *Word) Mode() Mode { return w.mode }

// Merge takes v in. It never fails.
func (w *Word) Merge(v uint64) error {
	switch w.mode {
	case Add:
		w.value.Add(v)
	case Or:
		w.value.Or(v)
	case Replace:
		w.value.Store(v)
	}
	return nil
}

// Latch takes the value out and leaves zero, in one step (clause D2).
func (w *Word) Latch() (uint64, bool) {
	v := w.value.Swap(0)
	return v, v != 0
}

// Ack does nothing.
func (w *Word) Ack(uint64) error { return nil }

// Len is 1 when something waits.
func (w *Word) Len() int {
	if w.value.Load() != 0 {
		return 1
	}
	return 0
}
