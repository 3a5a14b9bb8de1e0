package main

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// The herds of the floor: a goroutine each, that waits for what the object is
// told.

func newAdderHerd(n int) (*herd, error) {
	h := &herd{n: n}
	handle := func(uint64) { h.poked.Add(1) }
	all := make([]*adder, 0, n)
	h.fill = func() error {
		for range n {
			a := &adder{wake: make(chan struct{}, 1)}
			all = append(all, a)
			go a.run(handle)
		}
		return nil
	}
	h.poke = func() {
		for _, a := range all {
			a.merge(1)
		}
	}
	h.stop = func() error {
		for _, a := range all {
			close(a.wake)
		}
		return nil
	}
	return h, nil
}

func newTickerHerd(n int) (*herd, error) {
	h := &herd{n: n}
	all, stopped := make([]*time.Timer, 0, n), make(chan struct{})
	wait := func(t *time.Timer) {
		for {
			select {
			case <-t.C:
				h.poked.Add(1)
			case <-stopped:
				return
			}
		}
	}
	h.fill = func() error {
		for range n {
			t := time.NewTimer(time.Hour)
			all = append(all, t)
			go wait(t)
		}
		return nil
	}
	h.poke = func() {
		for _, t := range all {
			t.Reset(0)
		}
	}
	h.stop = func() error {
		close(stopped)
		return nil
	}
	return h, nil
}

func newReaderHerd(n int) (*herd, error) {
	fds, err := eventfds(n)
	if err != nil {
		return nil, err
	}
	h := &herd{n: len(fds)}
	handle := func(uint64) { h.poked.Add(1) }
	all := make([]*os.File, 0, h.n)
	h.fill = func() error {
		for _, fd := range fds {
			file := os.NewFile(uintptr(fd), "eventfd")
			all = append(all, file)
			go readNumbers(file, handle)
		}
		return nil
	}
	h.poke = func() {
		for _, fd := range fds {
			writeEventfd(fd, 1)
		}
	}
	h.stop = func() error {
		var err error
		for _, file := range all {
			err = errors.Join(err, file.Close())
		}
		return err
	}
	return h, nil
}

func newWorkerHerd(n int) (*herd, error) {
	return queueHerd(n, func() channelQueue { return newChannelQueue(1) }, channelQueue.async, channelQueue.stop), nil
}

func newBatchQueueHerd(n int) (*herd, error) {
	return queueHerd(n, func() *batchQueue { return new(batchQueue) }, (*batchQueue).async, func(*batchQueue) {}), nil
}

// eventfds opens n, or as many as there may be.
func eventfds(n int) ([]int, error) {
	n, err := descriptors(n)
	if err != nil {
		return nil, err
	}
	fds := make([]int, n)
	for i := range fds {
		if fds[i], err = newEventfd(); err != nil {
			return nil, errors.Join(err, closeAll(fds[:i]))
		}
	}
	return fds, nil
}

func closeAll(fds []int) error {
	var err error
	for _, fd := range fds {
		err = errors.Join(err, unix.Close(fd))
	}
	return err
}

// descriptors raises the limit on descriptors and returns how many of n there
// can be.
func descriptors(n int) (int, error) {
	const others = 1000 // plenty for the rest of the process
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, err
	}
	want := uint64(n + others)
	if limit.Cur >= want {
		return n, nil
	}
	if raised := (unix.Rlimit{Cur: want, Max: max(want, limit.Max)}); unix.Setrlimit(unix.RLIMIT_NOFILE, &raised) == nil {
		return n, nil // root may
	}
	limit.Cur = limit.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, err
	}
	return min(n, int(limit.Max)-others), nil
}
