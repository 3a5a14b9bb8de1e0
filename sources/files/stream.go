package files

import (
	"slices"
	"time"
)

// patience is how long the second half of a rename may be behind the first.
// The kernel queues them one right after the other; only a read can come
// between them.
const patience = 2 * time.Millisecond

// stream is the records that were read and not dealt with yet, in order.
type stream struct {
	records []record
	next    int            // the first that was not dealt with
	base    int            // how many were there before records[0]
	halves  map[uint32]int // which record, counted from the first ever, is the movedTo of a cookie
	end     uint64         // the position after the last record
}

// keptRecords bounds the memory an empty stream keeps.
const keptRecords = 16 << 10

// room drops what was dealt with, when it is much.
func (s *stream) room() []record {
	if s.next > keptRecords && s.next > len(s.records)/2 {
		s.records = slices.Delete(s.records, 0, s.next)
		s.base += s.next
		s.next = 0
	}
	return s.records
}

// added takes over records, which are those of room and more.
func (s *stream) added(records []record) {
	for i := len(s.records); i < len(records); i++ {
		r := &records[i]
		s.end = r.end
		if r.happening == movedTo {
			if s.halves == nil {
				s.halves = map[uint32]int{}
			}
			s.halves[r.cookie] = s.base + i
		}
	}
	s.records = records
}

// peek is the first record that has not been dealt with. It is good until the
// next is read.
func (s *stream) peek() (*record, bool) {
	for s.next < len(s.records) && s.records[s.next].happening == 0 {
		s.next++
	}
	if s.next < len(s.records) {
		return &s.records[s.next], true
	}
	if cap(s.records) > keptRecords {
		s.records = nil
	}
	clear(s.records)
	s.base += len(s.records)
	s.records, s.next = s.records[:0], 0
	clear(s.halves)
	return nil, false
}

// pop takes out what peek returned.
func (s *stream) pop() record {
	r := s.records[s.next]
	s.next++
	return r
}

// partner finds the other half of from, however far ahead.
func (s *stream) partner(from *record) (at int, ok bool) {
	at, ok = s.halves[from.cookie]
	return at - s.base, ok && at-s.base > s.next
}

// mirror finds the rename from to's name to from's name where the stream goes
// on with it: both halves of it. A directory's own word that it was renamed
// may come between.
func (s *stream) mirror(from, to *record) (first, second int, ok bool) {
	for i := s.next; i < len(s.records); i++ {
		r := &s.records[i]
		switch {
		case r.happening == 0 || r.happening == selfMoved:
			continue
		case r.happening != movedFrom || r.watch != to.watch || r.name != to.name:
			return 0, 0, false
		}
		at, paired := s.partner(r)
		if !paired || s.records[at].watch != from.watch || s.records[at].name != from.name {
			return 0, 0, false
		}
		return i, at, true
	}
	return 0, 0, false
}

// take takes out the record at that index.
func (s *stream) take(at int) record {
	r := s.records[at]
	s.records[at].happening = 0
	delete(s.halves, r.cookie)
	return r
}

// len is how many records wait, those that were taken out ahead included.
func (s *stream) len() int { return len(s.records) - s.next }
