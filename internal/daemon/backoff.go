package daemon

import (
	"time"

	"github.com/reactord/reactord/reactor"
)

// A source that failed is opened again after a second at first, then less and less
// often. One that has worked for a while begins with a second again.
const (
	firstBackoff = time.Second
	lastBackoff  = time.Minute
	worked       = 10 * time.Second
)

// backoff is how long a source waits before it is opened again. The zero value is
// ready.
type backoff struct {
	wait   time.Duration // the last one
	open   bool          // it was opened since
	opened reactor.Instant
}

// begun tells that the source was opened at now.
func (b *backoff) begun(now reactor.Instant) { b.open, b.opened = true, now }

// next is how long to wait for a source that failed at now.
func (b *backoff) next(now reactor.Instant) time.Duration {
	if b.open && now >= b.opened.Add(worked) {
		b.wait = 0
	}
	b.open = false
	b.wait = min(max(2*b.wait, firstBackoff), lastBackoff)
	return b.wait
}
