package reactor

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// retryAfter is when what the kernel refused and ought not to have is tried again.
// At once it would be refused at once, again and again.
const retryAfter = 100 * time.Millisecond

// owing are the descriptors for whose watches the kernel has not what they want.
type owing struct {
	mu    sync.Mutex
	list  []*descriptor
	retry *Alarm
}

// owe has the kernel asked again, until it agrees, for what the watches of d want:
// a refusal is told once, and nothing else would arm them again.
func (l *loop) owe(d *descriptor, err error) {
	l.owing.mu.Lock()
	defer l.owing.mu.Unlock()
	if !slices.Contains(l.owing.list, d) {
		l.owing.list = append(l.owing.list, d)
		l.tracer.Failed(fmt.Sprintf("descriptor %d", d.fd),
			fmt.Errorf("watch: %w; trying again every %v", advice(err), retryAfter))
	}
	l.payLaterLocked()
}

func (l *loop) payLaterLocked() {
	at := l.now().Add(retryAfter)
	if err := l.owing.retry.Set(at, at.Add(retryAfter/10)); err != nil {
		l.tracer.Failed("watches", err)
	}
}

// pay is the alarm's, which calls it on the loop.
func (l *loop) pay() {
	l.owing.mu.Lock()
	owed := l.owing.list
	l.owing.list = nil // what is refused from here on is owed anew
	l.owing.mu.Unlock()
	owed = slices.DeleteFunc(owed, l.payShared)
	l.owing.mu.Lock()
	defer l.owing.mu.Unlock()
	for _, d := range owed {
		if !slices.Contains(l.owing.list, d) {
			l.owing.list = append(l.owing.list, d)
		}
	}
	if len(l.owing.list) > 0 {
		l.payLaterLocked()
	}
}

// payShared reports whether nothing is owed to d any more.
func (l *loop) payShared(d *descriptor) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if l.descriptorLocked(d.fd) != d {
		return true
	}
	err := l.applyLocked(d)
	if gone(err) {
		l.abandonLocked(d)
	}
	return err == nil || gone(err)
}
