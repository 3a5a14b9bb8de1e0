package sources

import (
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
)

// drained is a descriptor of a source's own that is read dry as soon as there is
// something, on a queue of its own, whatever the handler does: the kernel keeps
// little of what isn't taken.
//
// The kernel says once that there is something, so what can't be read is read later.
// A descriptor that somebody else has closed is not for us to read or to close
// (clause R8): that is told, and nothing more comes.
type drained struct {
	source owner
	what   string // for errors
	// take reads once. Its error is a bare errno: EAGAIN that there is no more.
	take  func(fd int) error
	queue *reactor.Queue
	waits atomic.Bool // a drain is on its way
	lost  atomic.Bool // fd is somebody else's by now
	retry *retry
	watch *reactor.Watch

	fd int // the queue's; -1: there is none
}

func newDrained(source owner, queue, what string, take func(fd int) error) *drained {
	d := &drained{source: source, what: what, take: take, fd: -1,
		queue: source.Reactor().NewQueue(queue + "." + source.Label())}
	d.retry = newRetry(source, d.submit)
	return d
}

// begin takes fd over, unless there is an error.
func (d *drained) begin(fd int) (err error) {
	d.watch, err = d.source.Reactor().Watch(fd, reactor.In, reactor.Edge, func(ready reactor.Readiness) {
		if ready&reactor.Stale != 0 {
			d.lose()
		}
		d.submit()
	})
	if err != nil {
		return err
	}
	d.queue.Async(func() {
		d.fd = fd
		d.drain() // what came before
	})
	return nil
}

func (d *drained) submit() {
	if !d.waits.Swap(true) {
		d.queue.Async(d.drain)
	}
}

func (d *drained) lose() {
	if !d.lost.Swap(true) {
		d.source.Reactor().Tracer().Failed(d.source.Label(), fmt.Errorf("%s: %w", d.what, reactor.ErrStale))
	}
}

// drain reads all there is. It runs on the queue.
func (d *drained) drain() {
	d.waits.Store(false)
	for d.fd >= 0 {
		if d.lost.Load() {
			d.fd = -1
			return
		}
		switch err := d.take(d.fd); {
		case err == nil, errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			d.retry.succeeded()
			return
		case errors.Is(err, unix.EBADF), errors.Is(err, unix.ENOTSOCK):
			d.lose()
		default:
			d.retry.later(fmt.Errorf("%s: read: %w", d.what, err))
			return
		}
	}
}

// end has shut close the descriptor, if it is still ours. Nothing is taken any more.
func (d *drained) end(shut func(fd int)) {
	d.watch.Close()
	d.queue.Sync(func() { // behind a drain that is on its way
		d.retry.stop()
		if d.fd >= 0 && !d.lost.Load() {
			shut(d.fd)
		}
		d.fd = -1
	})
}
