package main

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// source is what the kinds of sources have in common.
type source interface {
	OnCancel(func())
	Activate() error
	Cancel()
}

// sourceHerd fills h's functions in. open makes the i-th source, not active
// yet, and poke makes it call a handler.
func sourceHerd[S source](h *herd, r *reactor.Reactor, open func(i int) (S, error), poke func(i int, s S)) *herd {
	all := make([]S, 0, h.n)
	h.fill = func() error {
		for i := range h.n {
			s, err := open(i)
			if err != nil {
				return err
			}
			all = append(all, s)
			if err := s.Activate(); err != nil {
				return err
			}
		}
		return nil
	}
	h.poke = func() {
		for i, s := range all {
			poke(i, s)
		}
	}
	h.stop = func() error {
		var left atomic.Int64
		left.Add(int64(len(all)))
		done := make(chan struct{})
		for _, s := range all {
			s.OnCancel(func() {
				if left.Add(-1) == 0 {
					close(done)
				}
			})
			s.Cancel()
		}
		if len(all) > 0 {
			if err := await(done); err != nil {
				return fmt.Errorf("%d of %d are not cancelled: %w", left.Load(), len(all), err)
			}
		}
		return r.Close()
	}
	return h
}

func newDataHerd(n int) (*herd, error) {
	r, h := reactor.New(), &herd{n: n}
	q := r.NewQueue("herd")
	handle := func(uint64) { h.poked.Add(1) }
	open := func(int) (*sources.Data, error) {
		d := sources.NewData("data", q, coalesce.Add)
		d.OnEvent(handle)
		return d, nil
	}
	return sourceHerd(h, r, open, func(_ int, d *sources.Data) { d.Merge(1) }), nil
}

func newTimerHerd(n int) (*herd, error) {
	r, h := reactor.New(), &herd{n: n}
	q := r.NewQueue("herd")
	handle := func(sources.Ticks) { h.poked.Add(1) }
	set := func(t *sources.Timer, in time.Duration) error {
		return t.SetSchedule(sources.Schedule{Start: r.Now(reactor.Monotonic) + reactor.Instant(in), Interval: sources.Once})
	}
	open := func(int) (*sources.Timer, error) {
		t := sources.NewTimer("timer", q, reactor.Monotonic)
		t.OnEvent(handle)
		return t, set(t, time.Hour)
	}
	// A timer that can't be set doesn't call, and so is found out.
	return sourceHerd(h, r, open, func(_ int, t *sources.Timer) { _ = set(t, 0) }), nil
}

func newReadHerd(n int) (*herd, error) {
	fds, err := eventfds(n)
	if err != nil {
		return nil, err
	}
	r, h := reactor.New(), &herd{n: len(fds)}
	q := r.NewQueue("herd")
	handle := func(sources.Ready) {} // until it is poked there is nothing to read
	open := func(i int) (*reactor.Source[sources.Ready], error) {
		s := sources.NewRead("read", q, fds[i])
		s.OnEvent(handle)
		return s, nil
	}
	sourceHerd(h, r, open, func(i int, s *reactor.Source[sources.Ready]) {
		s.OnEvent(func(sources.Ready) {
			var number [8]byte
			if _, err := unix.Read(fds[i], number[:]); err == nil {
				h.poked.Add(1)
			}
		})
		writeEventfd(fds[i], 1)
	})
	cancel := h.stop
	h.stop = func() error { return errors.Join(cancel(), closeAll(fds)) }
	return h, nil
}

// queueHerd is a herd of queues of any type.
func queueHerd[Q any](n int, newQueue func() Q, async func(Q, func()), stop func(Q)) *herd {
	all, h := make([]Q, 0, n), &herd{n: n}
	item := func() { h.poked.Add(1) }
	h.fill = func() error {
		for range n {
			all = append(all, newQueue())
		}
		return nil
	}
	h.poke = func() {
		for _, q := range all {
			async(q, item)
		}
	}
	h.stop = func() error {
		for _, q := range all {
			stop(q)
		}
		return nil
	}
	return h
}

func newQueueHerd(n int) (*herd, error) {
	r := reactor.New()
	return queueHerd(n, func() *reactor.Queue { return r.NewQueue("queue") }, (*reactor.Queue).Async, func(*reactor.Queue) {}), nil
}

// newUsedQueueHerd is of queues that are idle again after an item.
func newUsedQueueHerd(n int) (*herd, error) {
	r := reactor.New()
	var ran atomic.Int64
	done := make(chan struct{})
	item := func() {
		if ran.Add(1) == int64(n) {
			close(done)
		}
	}
	newQueue := func() *reactor.Queue {
		q := r.NewQueue("queue")
		q.Async(item)
		return q
	}
	h := queueHerd(n, newQueue, (*reactor.Queue).Async, func(*reactor.Queue) {})
	fill := h.fill
	h.fill = func() error { return errors.Join(fill(), await(done)) }
	return h, nil
}
