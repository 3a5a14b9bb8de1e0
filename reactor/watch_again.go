package reactor

import (
	"fmt"
	"time"
)

// retryAfter is when what the kernel refused and ought not to have is tried again.
// At once it would be refused at once, again and again.
const retryAfter = 100 * time.Millisecond

// oweLocked has the kernel asked again, until it agrees, for what the watches of d
// want: a refusal is told once, and nothing else would arm them again.
func (l *loop) oweLocked(d *descriptor, err error) {
	if !d.owed {
		d.owed = true
		l.owed = append(l.owed, d)
		l.tracer.Failed(fmt.Sprintf("descriptor %d", d.fd),
			fmt.Errorf("watch: %w; trying again every %v", advice(err), retryAfter))
	}
	l.payLaterLocked()
}

func (l *loop) payLaterLocked() {
	at := l.now().Add(retryAfter)
	if err := l.retry.Set(at, at.Add(retryAfter/10)); err != nil {
		l.tracer.Failed("watches", err)
	}
}

// payLocked is the alarm's, which calls it on the loop.
func (l *loop) payLocked() {
	owed := l.owed
	l.owed = nil
	for _, d := range owed {
		d.owed = false
		if l.descriptorLocked(d.fd) != d {
			continue
		}
		switch err := l.applyLocked(d); {
		case err == nil:
		case gone(err):
			l.abandonLocked(d)
		default:
			d.owed = true
			l.owed = append(l.owed, d)
		}
	}
	if len(l.owed) > 0 {
		l.payLaterLocked()
	}
}
