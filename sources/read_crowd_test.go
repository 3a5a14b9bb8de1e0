package sources_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// 15,000 active read sources, or as many as the limit on descriptors allows, take
// at most 390 bytes each, what libdispatch takes, and no goroutine; each is told
// once of what came.
func TestReadsAreSmall(t *testing.T) {
	const most = 390 + 20 // for what the race detector adds: 384 without, 402 with it
	var limit unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	n := min(15_000, int(limit.Cur)-200)
	if n < 700 {
		t.Skipf("%d descriptors are too few", limit.Cur)
	}
	r := start(t)
	q := r.NewQueue("crowd")
	fds, reads := make([]int, n), make([]*reactor.Source[sources.Ready], n)
	for i := range fds {
		fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
		must(t, err)
		fds[i] = fd
	}
	var told atomic.Int64
	all := make(chan struct{})
	read := make([]func(sources.Ready), n) // not what a source takes
	for i, fd := range fds {
		read[i] = func(sources.Ready) {
			var count [8]byte
			if _, err := unix.Read(fd, count[:]); err == nil && told.Add(1) == int64(n) {
				close(all)
			}
		}
	}
	settled := func() (m runtime.MemStats) {
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m
	}
	before, goroutines := settled(), runtime.NumGoroutine()
	for i, fd := range fds {
		reads[i] = sources.NewRead("read", q, fd)
		reads[i].OnEvent(read[i])
		must(t, reads[i].Activate())
	}
	after := settled()
	each := (int64(after.HeapAlloc+after.StackInuse) - int64(before.HeapAlloc+before.StackInuse)) / int64(n)
	t.Logf("%d read sources: %d bytes each", n, each)
	if each > most {
		t.Errorf("%d bytes each, want at most %d", each, most)
	}
	if more := runtime.NumGoroutine() - goroutines; more > 8 {
		t.Errorf("%d goroutines for %d sources", more, n)
	}
	for _, fd := range fds {
		_, err := unix.Write(fd, []byte{1, 0, 0, 0, 0, 0, 0, 0})
		must(t, err)
	}
	select {
	case <-all:
	case <-time.After(patience):
		t.Errorf("%d of %d were told", told.Load(), n)
	}
	for _, s := range reads {
		s.Cancel()
	}
	drain(t, q)
	for i, s := range reads {
		s.CancelAndWait()
		_ = unix.Close(fds[i])
	}
}
