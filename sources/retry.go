package sources

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/reactord/reactord/reactor"
)

// retryAfter is when what the kernel refused and ought not to have is tried again.
// At once it would be refused at once, again and again.
const retryAfter = 100 * time.Millisecond

// retry has something tried again that nothing else would: the kernel has said that
// there is something, and says it once.
type retry struct {
	source  owner
	alarm   *reactor.Alarm
	failing atomic.Bool // that was told
}

// owner is the source that something is done for.
type owner interface {
	Reactor() *reactor.Reactor
	Label() string
}

// newRetry returns a retry that has again called on the loop.
func newRetry(source owner, again func()) *retry {
	r := &retry{source: source}
	r.alarm = source.Reactor().NewAlarm(reactor.Monotonic, func(reactor.Instant) { again() })
	return r
}

// later takes in that it failed, which is told the first time in a row.
func (r *retry) later(err error) {
	all := r.source.Reactor()
	if !r.failing.Swap(true) {
		all.Tracer().Failed(r.source.Label(), fmt.Errorf("%w; trying again every %v", err, retryAfter))
	}
	at := all.Now(reactor.Monotonic).Add(retryAfter)
	if err := r.alarm.Set(at, at.Add(retryAfter/10)); err != nil {
		all.Tracer().Failed(r.source.Label(), err)
	}
}

// succeeded takes in that it worked.
func (r *retry) succeeded() { r.failing.Store(false) }

// stop ends it. It may still be being called.
func (r *retry) stop() { r.alarm.Stop() }
