package sources

import (
	"errors"
	"fmt"
	"math"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
)

// Ready is what a read or write source delivers.
type Ready struct {
	// Bytes is an estimate, taken when the kernel told: for a read source what
	// can be read, for a write source the free space (clauses R2 and W2).
	Bytes int
	// EOF says that the other end will send no more and all it sent was read:
	// a read gives 0. It is told again after every call until the source is
	// cancelled (clause R4).
	EOF bool
	// HangUp says that the other end is gone. There may still be Bytes.
	HangUp bool
	// Err is the error pending on the descriptor, or reactor.ErrStale when
	// somebody closed it before the source was cancelled (clauses R8 and R9).
	Err error
}

// NewRead returns an inactive source that reports when fd can be read (section
// R of the contract). It reports a level: after each call of the handler, fd
// is looked at again, so a handler may read as little as it likes.
//
// Regular files are always ready. A descriptor that can't be polled makes
// Activate fail (clause R7). fd should be non-blocking; it is the caller's, to
// be closed in the cancel handler.
func NewRead(label string, target *reactor.Queue, fd int) *reactor.Source[Ready] {
	return newDescriptor(label, target, fd, reactor.In|reactor.RdHup)
}

// NewWrite returns an inactive source that reports when fd can be written
// (section W of the contract), by the same rules as NewRead.
func NewWrite(label string, target *reactor.Queue, fd int) *reactor.Source[Ready] {
	return newDescriptor(label, target, fd, reactor.Out)
}

func newDescriptor(label string, target *reactor.Queue, fd int, interest reactor.Readiness) *reactor.Source[Ready] {
	d := &descriptor{fd: fd, interest: interest}
	d.source = reactor.NewSource(label, target, &d.pending, d)
	return d.source
}

// descriptor is the intake of read and write sources.
type descriptor struct {
	fd       int
	interest reactor.Readiness
	source   *reactor.Source[Ready]
	watch    *reactor.Watch // nil: always ready
	unsized  bool           // the kernel can't say how much there is to read
	pending  readiness
}

// Handle implements reactor.Handled.
func (d *descriptor) Handle() int { return d.fd }

// Mask implements reactor.Handled: reactor.In or reactor.Out.
func (d *descriptor) Mask() uint64 { return uint64(d.interest &^ reactor.RdHup) }

// Register implements reactor.Intake.
func (d *descriptor) Register() error {
	if d.fd < 0 || d.fd > math.MaxInt32 {
		return fmt.Errorf("descriptor %d: %w", d.fd, unix.EBADF)
	}
	watch, err := d.source.Reactor().Watch(d.fd, d.interest, reactor.HoldOff, d.told)
	if errors.Is(err, unix.EPERM) && d.regular() {
		d.told(d.interest &^ reactor.RdHup)
		return nil
	}
	d.watch = watch
	return err
}

// Rearm implements reactor.Intake. Only what was delivered is asked for again:
// an event that was told and still waits must not be told twice.
func (d *descriptor) Rearm() {
	if !d.pending.delivered() {
		return
	}
	if d.watch != nil {
		d.watch.Rearm()
		return
	}
	d.told(d.interest &^ reactor.RdHup)
}

// Unregister implements reactor.Intake.
func (d *descriptor) Unregister() {
	if d.watch != nil {
		d.watch.Close()
	}
}

// regular reports whether epoll refuses fd because it never blocks.
func (d *descriptor) regular() bool {
	var st unix.Stat_t
	return unix.Fstat(d.fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG
}

// told runs on the loop.
func (d *descriptor) told(ready reactor.Readiness) {
	var r Ready
	switch {
	case ready&reactor.Stale != 0:
		r = Ready{Err: reactor.ErrStale}
	case d.interest&reactor.In != 0:
		r = d.readable(ready)
	default:
		r = d.writable(ready)
	}
	d.pending.set(r)
	d.source.Wake()
}

func (d *descriptor) readable(ready reactor.Readiness) Ready {
	r := Ready{HangUp: ready&(reactor.Hup|reactor.RdHup) != 0, Err: d.failure(ready)}
	var n int
	var err error
	if !d.unsized {
		n, err = d.source.Reactor().Kernel().Readable(d.fd)
		d.unsized = err == unix.ENOTTY
	}
	if d.unsized || err != nil {
		// No such question for this kind of descriptor: a listening socket, an
		// eventfd, a pidfd. It is readable, that is all that is known.
		r.Bytes = 1
		return r
	}
	r.Bytes = n
	// Readable without bytes is the end; hang-up with bytes is not yet.
	r.EOF = n == 0 && (r.HangUp || ready&reactor.In != 0)
	return r
}

func (d *descriptor) writable(ready reactor.Readiness) Ready {
	r := Ready{HangUp: ready&reactor.Hup != 0, Err: d.failure(ready)}
	n, err := d.source.Reactor().Kernel().Writable(d.fd)
	if err != nil {
		n = 1
	}
	r.Bytes = n
	return r
}

// failure is the error EPOLLERR stands for. On a pipe there is none to ask
// for: the reader is gone, and a write will say EPIPE.
func (d *descriptor) failure(ready reactor.Readiness) error {
	if ready&reactor.Err == 0 {
		return nil
	}
	if n, err := unix.GetsockoptInt(d.fd, unix.SOL_SOCKET, unix.SO_ERROR); err == nil && n != 0 {
		return unix.Errno(n)
	}
	return unix.EPIPE
}

// readiness is the pending of a descriptor: the last thing the kernel said.
type readiness struct {
	mu    sync.Mutex
	ready Ready
	any   bool
	taken bool // latched, and not asked for again
}

// delivered reports whether something was latched since it was asked last.
func (p *readiness) delivered() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := p.taken
	p.taken = false
	return taken
}

func (p *readiness) set(r Ready) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ready, p.any = r, true
}

// Latch implements coalesce.Latcher.
func (p *readiness) Latch() (Ready, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	any := p.any
	p.any, p.taken = false, p.taken || any
	return p.ready, any
}
