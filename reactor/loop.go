package reactor

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
)

// loop is one epoll instance inside the Go runtime's poller. Its goroutine is
// parked like one that reads a socket, so no thread of ours waits in
// epoll_wait, and nothing of ours is awake when nothing happens.
//
// The loop is a role: whoever has collecting may fetch what is ready. A batch is
// fetched and handed out as a whole by one who shares mu, so that once a watch
// has been closed (which has mu alone) nothing fetched before can still reach it.
// Several may hand out what they fetched beside each other: what belongs to one
// descriptor is done under that descriptor's lock.
//
// Lock order: loop.mu, collecting, descriptor.mu, then alarmSet.mu or a source's
// pending, then Queue.mu. Nothing calls into the loop with one of the later ones
// held.
type loop struct {
	kernel  kernel.Kernel
	tracer  Tracer
	returns atomic.Uint64
	glances atomic.Int32 // how often it is worth while to look for events
	// prepare is called with mu held when the epoll instance has been made.
	prepare func() error
	now     func() Instant // on the monotonic clock

	collecting sync.Mutex // who has it fetches
	glanced    sync.Pool  // of *glanced

	mu          sync.RWMutex
	epfd        int
	file        *os.File // epfd, in the runtime's poller
	closed      bool
	ended       chan struct{}
	descriptors []atomic.Pointer[descriptor] // by number
	generation  uint32
	failures    int         // of polls in a row; with collecting
	again       *time.Timer // polls after too many failures, nil: it isn't set; with collecting
	owing       owing
}

// attempts is how often is tried what ought not to fail.
const attempts = 16

// batchSize is how many events the loop's goroutine fetches at a time.
const batchSize = 256

// glanced is a batch fetched by a worker. It is small, so that workers on several
// processors share what is ready.
type glanced [16]unix.EpollEvent

func newLoop(k kernel.Kernel, t Tracer) *loop {
	return &loop{kernel: k, tracer: t, epfd: -1, glanced: sync.Pool{New: func() any { return new(glanced) }}}
}

// startLocked makes the epoll instance and the loop's goroutine, once.
func (l *loop) startLocked() error {
	if l.closed {
		return ErrClosed
	}
	if l.epfd >= 0 {
		return nil
	}
	epfd, err := l.kernel.EpollCreate()
	if err != nil {
		return fmt.Errorf("create epoll instance: %w", advice(err))
	}
	file := os.NewFile(uintptr(epfd), "epoll")
	conn, err := file.SyscallConn()
	if err == nil {
		// Whether the runtime's poller has taken it shows in this and nothing else.
		err = file.SetReadDeadline(time.Time{})
	}
	if err != nil {
		_ = file.Close()
		return fmt.Errorf("epoll instance in the runtime's poller: %w", err)
	}
	l.epfd, l.file = epfd, file
	if err := l.prepare(); err != nil {
		l.epfd, l.file, l.descriptors = -1, nil, nil
		return errors.Join(err, file.Close())
	}
	l.ended = make(chan struct{})
	go l.run(conn)
	return nil
}

// start makes the epoll instance, unless it is there.
func (l *loop) start() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.startLocked()
}

// run is the loop's goroutine. The callback never says that it is done, so
// Read parks it again and again until the file is closed.
func (l *loop) run(conn syscall.RawConn) {
	defer close(l.ended)
	batch := make([]unix.EpollEvent, batchSize)
	err := conn.Read(func(uintptr) bool {
		l.returns.Add(1)
		for l.poll(batch) {
		}
		return false
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.tracer.Failed("epoll", fmt.Errorf("the loop has ended: %w", err))
	}
}

// poll collects one batch and hands it out. It reports whether there may be
// more: the runtime watches epfd edge-triggered, so the loop must not park
// before it has collected all that was ready.
//
// A batch with room left was all: the kernel looked at everything on its list, and
// what it reported is off that list, for every watch is one-shot or edge-triggered.
// What becomes ready since is a new edge for the runtime's poller, which is
// remembered while the loop's goroutine runs.
func (l *loop) poll(batch []unix.EpollEvent) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return false
	}
	l.collecting.Lock()
	defer l.collecting.Unlock()
	n, err := l.kernel.EpollPoll(l.epfd, batch)
	if err != nil {
		return l.pollFailed(err)
	}
	l.failures = 0
	if n > 0 {
		l.glances.Store(max(l.glances.Load(), 1))
	}
	l.handOutShared(batch[:n])
	return n == len(batch)
}

// pollFailed reports whether to try again at once. EINTR is the only error a poll
// that doesn't wait can have. Whatever else it may be is tried again, a few times
// and then from time to time: the edge that woke us is gone.
func (l *loop) pollFailed(err error) bool {
	worthTelling := 1
	if err == unix.EINTR {
		worthTelling = attempts
	}
	if l.failures++; l.failures == worthTelling {
		l.tracer.Failed("epoll", fmt.Errorf("poll: %w", err))
	}
	if l.failures < attempts {
		return true
	}
	if l.again == nil {
		l.again = time.AfterFunc(retryAfter, l.pollAgain)
	}
	return false
}

func (l *loop) pollAgain() {
	l.mu.RLock()
	l.collecting.Lock()
	l.again = nil
	l.collecting.Unlock()
	l.mu.RUnlock()
	batch := make([]unix.EpollEvent, batchSize)
	for l.poll(batch) {
	}
}

func (l *loop) handOutShared(batch []unix.EpollEvent) {
	for _, ev := range batch {
		l.dispatchShared(int(ev.Fd), uint32(ev.Pad), Readiness(ev.Events))
	}
}

// worthwhile is how often workers that run dry may look in vain after one has found
// something.
const worthwhile = 4

// glance is the loop's role played by a worker that has run dry: it collects a
// batch and reports whether there was one. A handler that makes the next one's
// descriptor ready is so followed by it without a goroutine woken between the
// two. It is worth a system call only while events come.
func (l *loop) glance() bool {
	if l.glances.Load() <= 0 || !l.mu.TryRLock() {
		return false
	}
	defer l.mu.RUnlock()
	if l.closed || !l.collecting.TryLock() {
		return false
	}
	batch := l.glanced.Get().(*glanced)
	defer l.glanced.Put(batch)
	n, err := l.kernel.EpollPoll(l.epfd, batch[:])
	if n == len(batch) {
		l.collecting.Unlock() // there is more, for whoever looks next
	} else {
		defer l.collecting.Unlock()
	}
	if err != nil || n == 0 {
		l.glances.Add(-1)
		return false
	}
	l.glances.Store(worthwhile)
	l.handOutShared(batch[:n])
	return true
}

func (l *loop) close() error {
	l.mu.Lock()
	if l.closed || l.epfd < 0 {
		l.closed = true
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	file, ended := l.file, l.ended
	if l.again != nil {
		l.again.Stop()
	}
	l.mu.Unlock()
	err := file.Close()
	<-ended
	return err
}
