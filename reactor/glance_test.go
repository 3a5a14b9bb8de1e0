package reactor

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/internal/leak"
)

// A worker that runs dry looks for events only while that is worth a system call.
func TestGlance(t *testing.T) {
	leak.Check(t)
	k := kernel.NewFaulty(kernel.Real{})
	r := New(WithKernel(k))
	l := r.loop
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	told := make(chan struct{}, 16)
	w, err := r.Watch(ends[0], In, Edge, func(Readiness) { told <- struct{}{} })
	if err != nil {
		t.Fatal(err)
	}
	l.mu.Lock() // the loop's goroutine finds nothing
	if _, err := unix.Write(ends[1], []byte{'x'}); err != nil {
		t.Fatal(err)
	}
	l.glances.Store(1)
	if l.glance() {
		t.Error("looked without the lock")
	}
	l.glances.Store(0)
	polls := k.Calls(kernel.EpollPoll)
	l.mu.Unlock()
	<-told // by the loop's goroutine
	if l.glance() && k.Calls(kernel.EpollPoll) == polls {
		t.Error("found something without looking")
	}
	for l.glances.Load() > 0 { // until it isn't worth while
		l.glance()
	}
	polls = k.Calls(kernel.EpollPoll)
	if l.glance() || k.Calls(kernel.EpollPoll) > polls+1 { // the loop may look for the last time
		t.Error("looked although it isn't worth while")
	}
	w.Close()
	_, _ = unix.Close(ends[0]), unix.Close(ends[1])
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
