package reactor

import (
	"context"
	"errors"
	"sync"
)

// ErrMainRuns is returned by RunMain while another one runs.
var ErrMainRuns = errors.New("the main queue is being drained already")

// mainLoop runs what the main queue has to run, on the goroutine of RunMain.
type mainLoop struct {
	root *Queue

	mu      sync.Mutex
	waiting list
	wake    chan struct{} // of the RunMain that runs, nil without
}

func (m *mainLoop) push(t task) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waiting.push(t)
	select {
	case m.wake <- struct{}{}: // never, without a RunMain
	default:
	}
}

func (m *mainLoop) take() task {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.waiting.len() == 0 {
		return nil
	}
	return m.waiting.pop()
}

// Main is the main queue (dispatch_get_main_queue, clause Q12): a serial queue
// whose items run on the goroutine of RunMain, and wait until there is one.
func (r *Reactor) Main() *Queue { return r.mainQueue }

// RunMain runs the items of the main queue on the calling goroutine
// (dispatch_main) until ctx ends, and returns its error. What then still waits
// is kept for the next RunMain. A program that needs the process's first thread
// calls it from main, after runtime.LockOSThread in an init function.
func (r *Reactor) RunMain(ctx context.Context) error {
	m := &r.main
	m.mu.Lock()
	if m.wake != nil {
		m.mu.Unlock()
		return ErrMainRuns
	}
	wake := make(chan struct{}, 1)
	m.wake = wake
	m.mu.Unlock()
	g := here()
	g.push(frame{queue: m.root})
	defer func() {
		g.pop()
		m.mu.Lock()
		m.wake = nil
		m.mu.Unlock()
	}()
	for ctx.Err() == nil {
		if t := m.take(); t != nil {
			m.root.call(t, g)
			continue
		}
		select {
		case <-wake:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

// Main is the main queue of the default reactor.
func Main() *Queue { return Default().Main() }

// RunMain drains the main queue of the default reactor.
func RunMain(ctx context.Context) error { return Default().RunMain(ctx) }

// Global is a global queue of the default reactor.
func Global(class QoS) *Queue { return Default().Global(class) }
