package files

import (
	"testing"

	"pgregory.net/rapid"
)

// Ensure that records come out in the order they were put in, each once, and
// that a half finds its other half however far ahead it is, whatever is put in
// between and dropped behind.
func TestStreamKeepsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s stream
		var put, got uint64
		taken := map[uint64]bool{}
		for range rapid.IntRange(1, 50).Draw(t, "rounds") {
			records := s.room()
			for range rapid.IntRange(0, 3*keptRecords/40).Draw(t, "put") {
				put++
				r := record{happening: created, end: put}
				if put%5 == 0 {
					r.happening, r.cookie = movedFrom, uint32(put)
				}
				if put%5 == 3 && put > 10 {
					r.happening, r.cookie = movedTo, uint32(put-3)-5*uint32(rapid.IntRange(0, 1).Draw(t, "back"))
				}
				records = append(records, r)
			}
			s.added(records)
			for range rapid.IntRange(0, 3*keptRecords/40).Draw(t, "get") {
				next, ok := s.peek()
				if !ok {
					break
				}
				for got++; taken[got]; got++ {
				}
				if next.end != got {
					t.Fatalf("record %d, want %d", next.end, got)
				}
				at, paired := 0, false
				if next.happening == movedFrom {
					at, paired = s.partner(next)
				}
				from := s.pop()
				if paired {
					to := s.take(at)
					if to.happening != movedTo || to.cookie != from.cookie || to.end <= from.end {
						t.Fatalf("%+v paired with %+v", from, to)
					}
					taken[to.end] = true
				}
			}
			if s.end != put {
				t.Fatalf("end %d, want %d", s.end, put)
			}
		}
	})
}
