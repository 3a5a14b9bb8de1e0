package main

import "sync"

// batchQueue is the least a serial queue can be: two slices that are swapped
// under a mutex, and a goroutine while there is work.
type batchQueue struct {
	mu      sync.Mutex
	waiting []func()
	spare   []func()
	running bool // a goroutine drains, or the queue is held
}

func (q *batchQueue) async(f func()) {
	q.mu.Lock()
	q.waiting = append(q.waiting, f)
	start := !q.running
	q.running = true
	q.mu.Unlock()
	if start {
		go q.drain()
	}
}

func (q *batchQueue) drain() {
	q.mu.Lock()
	for len(q.waiting) > 0 {
		batch := q.waiting
		q.waiting, q.spare = q.spare, batch[:0] // used again in the next turn
		q.mu.Unlock()
		for _, f := range batch {
			f()
		}
		clear(batch)
		q.mu.Lock()
	}
	q.running = false
	q.mu.Unlock()
}

// hold keeps an idle queue from draining until release.
func (q *batchQueue) hold() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running = true
}

func (q *batchQueue) release() { go q.drain() }

// channelQueue is a serial queue that is a channel and its worker.
type channelQueue chan func()

const channelSize = 1024

func newChannelQueue(size int) channelQueue {
	q := make(channelQueue, size)
	go func() {
		for f := range q {
			f()
		}
	}()
	return q
}

func (q channelQueue) async(f func()) { q <- f }

func (q channelQueue) stop() { close(q) }
