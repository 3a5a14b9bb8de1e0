package daemon

import (
	"testing"

	"github.com/reactord/reactord/reactor"
)

// Failures are logged up to a number in a span of time; what was held back is
// told with the first of the next span, and the last before it says so.
func TestRepeats(t *testing.T) {
	var r repeats
	now := reactor.Instant(0)
	for span := range 3 {
		logged := 0
		for i := range 1000 {
			log, last, held := r.next(now)
			if log {
				logged++
			}
			if holding := r.holding(now); holding != (i >= failureLines) {
				t.Fatalf("span %d: holding back at failure %d: %v", span, i, holding)
			}
			if last != (i == failureLines-1) {
				t.Fatalf("span %d: failure %d is the last: %v", span, i, last)
			}
			want := 0
			if span > 0 && i == 0 {
				want = 1000 - failureLines
			}
			if held != want {
				t.Fatalf("span %d: %d held back at failure %d, want %d", span, held, i, want)
			}
			now += 1000 // all within the span
		}
		if logged != failureLines {
			t.Fatalf("span %d: %d logged", span, logged)
		}
		now = now.Add(failureSpan)
		if r.holding(now) {
			t.Fatalf("span %d: still holding back after it", span)
		}
	}
}
