package coalesce

import "sync"

// List is a Pending that keeps every value, in the order of their merges, up
// to a limit.
type List[T any] struct {
	mu    sync.Mutex
	limit int // 0: none
	items []T
}

// NewList returns a List of at most limit values; 0 means no limit.
func NewList[T any](limit int) *List[T] { return &List[T]{limit: limit} }

var _ Pending[[]string] = (*List[string])(nil)

// Merge appends vs, all or none; ErrFull when they don't fit.
func (l *List[T]) Merge(vs []T) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limit > 0 && len(l.items)+len(vs) > l.limit {
		return ErrFull
	}
	l.items = append(l.items, vs...)
	return nil
}

// Latch takes all values out.
func (l *List[T]) Latch() ([]T, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	items := l.items
	l.items = nil
	return items, len(items) > 0
}

// Ack does nothing.
func (l *List[T]) Ack([]T) error { return nil }

// Len is the number of values that wait.
func (l *List[T]) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.items)
}
