package sources

import (
	"fmt"
	"sync/atomic"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
)

// Data is a source the program itself merges numbers into (clauses D1 to D6).
// Its handler gets the sum, the or, or the last value since its last call.
type Data struct {
	*reactor.Source[uint64]
	word    *coalesce.Word
	latched atomic.Uint64
}

// NewData returns an inactive source that merges by mode.
func NewData(label string, target *reactor.Queue, mode coalesce.Mode) *Data {
	if mode > coalesce.Replace {
		panic(fmt.Sprintf("sources: data source %q: there is no mode %d", label, mode))
	}
	d := &Data{word: coalesce.NewWord(mode)}
	d.Source = reactor.NewSource(label, target, (*latching)(d), nil)
	return d
}

// latching is a Data as a coalesce.Latcher, which remembers what it latched.
type latching Data

func (l *latching) Latch() (uint64, bool) {
	v, ok := l.word.Latch()
	if ok {
		l.latched.Store(v)
	}
	return v, ok
}

// Latched is what the last call of the handler got, 0 before the first
// (dispatch_source_get_data, clause S20).
func (d *Data) Latched() uint64 { return d.latched.Load() }

// Merge takes v in (dispatch_source_merge_data). It never blocks. After
// Cancel it does nothing.
func (d *Data) Merge(v uint64) {
	if d.Cancelled() {
		return
	}
	_ = d.word.Merge(v)
	d.Wake()
}

// Items is a source the program sends values to; its handler gets all since
// its last call, in the order they were sent.
type Items[T any] struct {
	*reactor.Source[[]T]
	list *coalesce.List[T]
}

// NewItems returns an inactive source that keeps at most limit values; 0 is no limit.
func NewItems[T any](label string, target *reactor.Queue, limit int) *Items[T] {
	l := coalesce.NewList[T](limit)
	return &Items[T]{Source: reactor.NewSource(label, target, l, nil), list: l}
}

// Send takes vs in, all or none; coalesce.ErrFull when they don't fit. After
// Cancel it does nothing.
func (s *Items[T]) Send(vs ...T) error {
	if s.Cancelled() {
		return nil
	}
	if err := s.list.Merge(vs); err != nil {
		return err
	}
	s.Wake()
	return nil
}
