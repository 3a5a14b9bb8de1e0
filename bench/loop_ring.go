package main

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// ring is socket pairs in a circle. Handlers may run beside each other.
type ring struct {
	pairs  [][2]int
	left   atomic.Int64 // writes
	events atomic.Int64
	total  int64
	done   chan struct{}
}

func newRing(pairs, bytes int) (*ring, error) {
	r := &ring{total: int64(ringWrites + bytes), done: make(chan struct{})}
	r.left.Store(ringWrites)
	for range pairs {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return nil, errors.Join(err, r.close())
		}
		r.pairs = append(r.pairs, pair)
	}
	return r, nil
}

func (r *ring) close() (err error) {
	for _, p := range r.pairs {
		err = errors.Join(err, unix.Close(p[0]), unix.Close(p[1]))
	}
	return err
}

// put writes a byte to a pair. There is always room.
func (r *ring) put(pair int) {
	b := [1]byte{'x'}
	if n, err := unix.Write(r.pairs[pair][1], b[:]); n != 1 || err != nil {
		panic(fmt.Sprintf("write to pair %d: %d, %v", pair, n, err))
	}
}

// handle is the handler of a pair.
func (r *ring) handle(pair int) {
	var b [1]byte
	if n, err := unix.Read(r.pairs[pair][0], b[:]); n != 1 || err != nil {
		return
	}
	if r.left.Add(-1) >= 0 {
		next := pair + 1
		if next == len(r.pairs) {
			next = 0
		}
		r.put(next)
	}
	if r.events.Add(1) == r.total {
		close(r.done)
	}
}

// time sets the bytes going, spread over the ring, and waits for the last event.
func (r *ring) time(bytes int) ([]float64, error) {
	began := time.Now()
	for i := range bytes {
		r.put(i * len(r.pairs) / bytes)
	}
	err := await(r.done)
	if err != nil {
		err = fmt.Errorf("%w: %d of %d events", err, r.events.Load(), r.total)
	}
	return []float64{float64(time.Since(began).Nanoseconds()) / float64(r.total)}, err
}

// ringOfSources is the ring on read sources, all with one target queue.
func ringOfSources(pairs, bytes int, queue func(*reactor.Reactor) *reactor.Queue) ([]float64, error) {
	x, err := newRing(pairs, bytes)
	if err != nil {
		return nil, err
	}
	r := reactor.New()
	q := queue(r)
	var all []*reactor.Source[sources.Ready]
	for i, p := range x.pairs {
		s := sources.NewRead("ring", q, p[0])
		s.OnEvent(func(sources.Ready) { x.handle(i) })
		if err := s.Activate(); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	figures, err := x.time(bytes)
	cancelled := make(chan struct{}, len(all))
	for _, s := range all {
		s.OnCancel(func() { cancelled <- struct{}{} })
		s.Cancel()
	}
	for range all {
		<-cancelled
	}
	return figures, errors.Join(err, x.close(), r.Close())
}

// ringOfEpoll is the least Go that does the job: one goroutine that blocks in
// epoll_wait.
func ringOfEpoll(pairs, bytes int) ([]float64, error) {
	x, err := newRing(pairs, bytes)
	if err != nil {
		return nil, err
	}
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	for i, p := range x.pairs {
		if err := unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, p[0], &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)}); err != nil {
			return nil, err
		}
	}
	ended := make(chan error, 1)
	go func() {
		var batch [256]unix.EpollEvent
		for x.events.Load() < x.total {
			n, err := unix.EpollWait(ep, batch[:], -1)
			if err != nil && err != unix.EINTR {
				ended <- err
				return
			}
			for _, ev := range batch[:max(n, 0)] {
				x.handle(int(ev.Fd))
			}
		}
		ended <- nil
	}()
	figures, err := x.time(bytes)
	return figures, errors.Join(err, <-ended, x.close(), unix.Close(ep))
}

// ringOfProgram is a ring in C.
func (b *bench) ringOfProgram(name, header, from, library string, pairs, bytes int) (way, error) {
	if unix.Access("/usr/include/"+header, unix.R_OK) != nil && from != "" {
		return way{lacks: from}, nil
	}
	program, err := b.compile(name, library)
	if err != nil {
		return way{}, err
	}
	return way{run: func() ([]float64, error) {
		out, err := exec.Command(program, fmt.Sprint(pairs), fmt.Sprint(bytes), fmt.Sprint(ringWrites)).Output()
		if err != nil {
			return nil, err
		}
		var thousands float64
		if _, err := fmt.Sscan(strings.TrimSpace(string(out)), &thousands); err != nil {
			return nil, fmt.Errorf("it printed %q: %w", out, err)
		}
		return []float64{1e6 / thousands}, nil
	}}, nil
}
