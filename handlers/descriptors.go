package handlers

import (
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sys/unix"
)

// Descriptors are open descriptors that an event brings along: the connection
// that was accepted (clause XC5), or what a message carried. They are in no
// record. A command gets copies; whoever acknowledges the event closes them.
//
// Any number of goroutines may use it.
type Descriptors struct {
	release func()

	mu  sync.Mutex
	fds []int // nil once closed
}

// NewDescriptors returns the owner of fds. release is called, if not nil, right
// before they are closed.
func NewDescriptors(release func(), fds ...int) *Descriptors {
	return &Descriptors{release: release, fds: fds}
}

// Close closes them. It may be called again.
func (d *Descriptors) Close() {
	if d == nil {
		return
	}
	d.mu.Lock()
	fds := d.fds
	d.fds = nil
	d.mu.Unlock()
	if fds == nil {
		return
	}
	if d.release != nil {
		d.release()
	}
	closeAll(fds)
}

// Len is how many there are; 0 once they are closed.
func (d *Descriptors) Len() int {
	if d == nil {
		return 0
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.fds)
}

// copies are duplicates, the caller's to close.
func (d *Descriptors) copies() (fds []int, err error) {
	if d == nil {
		return nil, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, fd := range d.fds {
		fd, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			closeAll(fds)
			return nil, fmt.Errorf("descriptors of the event: %w", err)
		}
		fds = append(fds, fd)
	}
	return fds, nil
}

func closeAll(fds []int) {
	for _, fd := range slices.Backward(fds) {
		_ = unix.Close(fd)
	}
}
