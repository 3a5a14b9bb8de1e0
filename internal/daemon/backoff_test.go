package daemon

import (
	"testing"
	"time"

	"github.com/reactord/reactord/reactor"
)

// A source that fails soon after it was opened again waits longer each time, and one
// that has worked for a while as if it had never failed.
func TestBackoff(t *testing.T) {
	var b backoff
	now := reactor.Instant(0)
	for i, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		if i%2 == 0 {
			b.begun(now)
			now = now.Add(worked - 1)
		}
		if got := b.next(now); got != want*time.Second {
			t.Fatalf("failure %d: %v, want %vs", i+1, got, want)
		}
	}
	b.begun(now)
	if got := b.next(now.Add(worked)); got != firstBackoff {
		t.Errorf("after it has worked: %v, want %v", got, firstBackoff)
	}
}
