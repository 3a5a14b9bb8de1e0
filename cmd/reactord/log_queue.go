package main

import (
	"bytes"
	"io"
	"sync"
)

// logQueue is the log's lines on their way to a reader that may be slow. Write
// never blocks: a line that finds no room is dropped and counted, and missed is
// told how many once the reader goes on. A goroutine of its own writes, and calls
// missed.
//
// It stands for zerolog's diode, whose waiter loses wake-ups: a line that comes
// between its look and its wait stays unwritten until the next one.
type logQueue struct {
	out    io.Writer
	room   int
	missed func(lines int)
	ended  chan struct{}

	mu      sync.Mutex
	change  sync.Cond // with mu: something waits, or closing
	waiting [][]byte
	writing int // lines that were taken and not written yet
	dropped int
	closing bool
}

func newLogQueue(out io.Writer, room int, missed func(lines int)) *logQueue {
	q := &logQueue{out: out, room: room, missed: missed, ended: make(chan struct{})}
	q.change.L = &q.mu
	go q.run()
	return q
}

// Write implements io.Writer, for any goroutine.
func (q *logQueue) Write(line []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting)+q.writing >= q.room {
		q.dropped++
		return len(line), nil
	}
	q.waiting = append(q.waiting, bytes.Clone(line)) // zerolog uses its buffer again
	q.change.Signal()
	return len(line), nil
}

// close returns when what was written before is out. What comes later is lost.
func (q *logQueue) close() {
	q.mu.Lock()
	q.closing = true
	q.change.Signal()
	q.mu.Unlock()
	<-q.ended
}

func (q *logQueue) run() {
	defer close(q.ended)
	for {
		lines, dropped := q.take()
		if len(lines) == 0 && dropped == 0 {
			return
		}
		for _, line := range lines {
			_, _ = q.out.Write(line) // nobody can be told that the log fails
		}
		if dropped > 0 {
			q.missed(dropped)
		}
	}
}

// take waits for lines, and returns all of them and how many were dropped behind
// them or those taken before; nothing when the queue is closed.
func (q *logQueue) take() (lines [][]byte, dropped int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.writing = 0
	for len(q.waiting) == 0 && q.dropped == 0 && !q.closing {
		q.change.Wait()
	}
	lines, dropped = q.waiting, q.dropped
	q.waiting, q.dropped, q.writing = nil, 0, len(lines)
	return lines, dropped
}
