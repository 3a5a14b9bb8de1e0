package reactor

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Readiness is what the kernel says of a descriptor: epoll's bits.
type Readiness uint32

// The bits a Watch asks for or is told.
const (
	In    Readiness = unix.EPOLLIN
	Out   Readiness = unix.EPOLLOUT
	Pri   Readiness = unix.EPOLLPRI
	RdHup Readiness = unix.EPOLLRDHUP
	Hup   Readiness = unix.EPOLLHUP // told unasked
	Err   Readiness = unix.EPOLLERR // told unasked
	// Stale is ours: the descriptor was closed before its watch. It is told once.
	Stale Readiness = 1 << 27
)

// always is what epoll reports whether or not it was asked for.
const always = Hup | Err

// Mode says when a Watch is told again.
type Mode uint8

const (
	// HoldOff tells a level once and then waits for Rearm. It is the way for
	// descriptors of the user's, who may not read all there is (clause R1).
	HoldOff Mode = iota
	// Edge tells whenever something new arrives. It is the way for
	// descriptors that are drained each time.
	Edge
)

// Watch is an interest in one descriptor. Sources are made of watches and
// alarms; programs use sources.
//
// Several watches of one descriptor share one registration in the kernel
// (clause R3).
type Watch struct {
	loop     *loop
	on       *descriptor
	interest Readiness
	mode     Mode
	armed    bool
	closed   bool
	notify   func(Readiness)
}

// descriptor is one registration in epoll. It outlives neither the number's
// meaning nor its last watch: when the number turns out to mean another file,
// a new descriptor with a new generation takes its place, and what was
// collected for the old one is recognised by its generation and dropped
// (clause R8).
//
// It is used by who has the loop's lock alone, as to make or to close a watch, or
// shares it and has its own. Functions of it named Locked take either, but for
// watchLocked, which has the loop's alone; those named Shared take the latter.
type descriptor struct {
	fd         int
	generation uint32

	mu      sync.Mutex // for those who share the loop's lock
	watches []*Watch
	mask    uint32 // what the kernel has
}

// Watch registers an interest in fd. notify is called on the loop, or on a worker
// that has run dry, once at a time and never after Close: it must not block, nor
// call into the loop; it merges something and wakes a source.
//
// Errors are the kernel's: EPERM for a descriptor that can't be polled (a
// regular file or a directory), EBADF for one that isn't open.
func (r *Reactor) Watch(fd int, interest Readiness, mode Mode, notify func(Readiness)) (*Watch, error) {
	l := r.loop
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.startLocked(); err != nil {
		return nil, err
	}
	return l.watchLocked(fd, interest, mode, notify)
}

func (l *loop) watchLocked(fd int, interest Readiness, mode Mode, notify func(Readiness)) (*Watch, error) {
	w := &Watch{loop: l, interest: interest, mode: mode, armed: true, notify: notify}
	d := l.descriptorLocked(fd)
	if d != nil {
		d.watches = append(d.watches, w)
		err := l.applyLocked(d)
		if err == nil {
			w.on = d
			return w, nil
		}
		d.watches = d.watches[:len(d.watches)-1]
		if !gone(err) {
			return nil, fmt.Errorf("watch descriptor %d: %w", fd, advice(err))
		}
		l.abandonLocked(d)
	}
	l.generation++
	d = &descriptor{fd: fd, generation: l.generation, watches: []*Watch{w}, mask: w.wants()}
	ev := d.event(d.mask)
	err := l.kernel.EpollCtl(l.epfd, unix.EPOLL_CTL_ADD, fd, &ev)
	if errors.Is(err, unix.EEXIST) {
		// The file of an abandoned registration has come back under its old
		// number: the kernel still knows it, with a generation we ignore.
		err = l.kernel.EpollCtl(l.epfd, unix.EPOLL_CTL_MOD, fd, &ev)
	}
	if err != nil {
		return nil, fmt.Errorf("watch descriptor %d: %w", fd, advice(err))
	}
	for fd >= len(l.descriptors) {
		l.descriptors = append(l.descriptors, make([]atomic.Pointer[descriptor], fd+1-len(l.descriptors))...)
	}
	l.descriptors[fd].Store(d)
	w.on = d
	return w, nil
}

// Rearm asks to be told again, after a HoldOff watch was told. On an armed
// watch it does nothing. When the descriptor turns out to be closed, the watch
// is told Stale.
func (w *Watch) Rearm() {
	w.loop.mu.RLock()
	defer w.loop.mu.RUnlock()
	w.on.mu.Lock()
	defer w.on.mu.Unlock()
	if w.armed || w.closed || w.loop.closed || w.loop.descriptorLocked(w.on.fd) != w.on {
		return
	}
	w.armed = true
	if err := w.loop.applyLocked(w.on); err != nil {
		w.loop.failedLocked(w.on, err)
	}
}

// Close ends the interest. When it has returned, notify is not running and
// will not be called again; the descriptor may be closed.
func (w *Watch) Close() {
	l, d := w.loop, w.on
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.closed {
		return
	}
	w.closed = true
	for i, other := range d.watches {
		if other == w {
			d.watches = append(d.watches[:i], d.watches[i+1:]...)
			break
		}
	}
	if l.closed || l.descriptorLocked(d.fd) != d {
		return // an abandoned registration: the number is somebody else's
	}
	if len(d.watches) > 0 {
		if err := l.applyLocked(d); err != nil {
			l.failedLocked(d, err)
		}
		return
	}
	// ENOENT and EBADF say that the descriptor was closed under us; the kernel
	// then dropped the registration itself.
	_ = l.kernel.EpollCtl(l.epfd, unix.EPOLL_CTL_DEL, d.fd, nil)
	l.descriptors[d.fd].Store(nil)
}

// wants is the kernel's mask for this watch as it stands.
func (w *Watch) wants() uint32 {
	switch {
	case w.mode == Edge:
		return uint32(w.interest) | unix.EPOLLET
	case w.armed:
		return uint32(w.interest) | unix.EPOLLONESHOT
	}
	// Hang-up and error are reported to an empty mask too; one-shot makes that
	// once instead of for ever.
	return unix.EPOLLONESHOT
}

func (d *descriptor) event(mask uint32) unix.EpollEvent {
	return unix.EpollEvent{Events: mask, Fd: int32(d.fd), Pad: int32(d.generation)}
}

// applyLocked gives the kernel the union of what the watches want.
func (l *loop) applyLocked(d *descriptor) error {
	mask := uint32(0)
	for _, w := range d.watches {
		mask |= w.wants()
	}
	ev := d.event(mask)
	err := l.kernel.EpollCtl(l.epfd, unix.EPOLL_CTL_MOD, d.fd, &ev)
	if err == nil {
		d.mask = mask
	}
	return err
}

func (l *loop) descriptorLocked(fd int) *descriptor {
	if fd < 0 || fd >= len(l.descriptors) {
		return nil
	}
	return l.descriptors[fd].Load()
}

// dispatchShared tells the watches of a descriptor that it is ready.
func (l *loop) dispatchShared(fd int, generation uint32, ready Readiness) {
	d := l.descriptorLocked(fd)
	if d == nil || d.generation != generation {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if l.descriptorLocked(fd) != d {
		return
	}
	oneshot := d.mask&unix.EPOLLONESHOT != 0
	left := false // somebody still wants to be told and the kernel went silent
	for _, w := range d.watches {
		if !w.armed {
			continue
		}
		told := ready & (w.interest | always)
		if told == 0 {
			left = true
			continue
		}
		if w.mode == HoldOff {
			w.armed = false
		} else {
			left = true
		}
		w.notify(told)
	}
	if oneshot && left {
		if err := l.applyLocked(d); err != nil {
			l.failedLocked(d, err)
		}
	}
}

// gone reports whether the kernel said that fd isn't what it was.
func gone(err error) bool { return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EBADF) }

// abandonLocked gives up a registration whose number means another file now.
func (l *loop) abandonLocked(d *descriptor) {
	l.descriptors[d.fd].Store(nil)
	for _, w := range d.watches {
		w.armed = false
		w.notify(Stale)
	}
}

func (l *loop) failedLocked(d *descriptor, err error) {
	if gone(err) {
		if l.descriptorLocked(d.fd) == d {
			l.abandonLocked(d)
		}
		return
	}
	l.owe(d, err)
}
