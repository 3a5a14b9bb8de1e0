package daemon

import (
	"sync"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
)

// gate holds a source back until its windows allow a run (clause DV4): closed,
// it keeps one suspend on the source.
type gate struct {
	reactor *reactor.Reactor
	held    interface {
		Suspend()
		Resume()
	}
	waiting func() bool // whether anything is pending
	failed  func(error)
	alarm   *reactor.Alarm

	mu     sync.Mutex
	window coalesce.Window
	open   bool
	ended  bool
}

func newGate(w coalesce.Window, r *reactor.Reactor, held interface {
	Suspend()
	Resume()
}, waiting func() bool, failed func(error)) *gate {
	g := &gate{reactor: r, held: held, waiting: waiting, failed: failed, window: w}
	g.alarm = r.NewAlarm(reactor.Monotonic, g.due)
	held.Suspend()
	return g
}

// arrived tells that something came.
func (g *gate) arrived() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.window.Arrived(int64(g.reactor.Now(reactor.Monotonic)))
	g.armLocked()
}

// due runs on the loop when the alarm fires.
func (g *gate) due(now reactor.Instant) {
	g.mu.Lock()
	defer g.mu.Unlock()
	at, ok := g.window.Deadline()
	switch {
	case !ok || g.open || g.ended || !g.waiting():
	case at > int64(now):
		g.armLocked() // more has come since the alarm was set
	default:
		g.open = true
		g.held.Resume()
	}
}

// close shuts the gate: a run has latched what waited.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.open {
		return
	}
	g.open = false
	g.held.Suspend()
	now := int64(g.reactor.Now(reactor.Monotonic))
	g.window.Started(now)
	if g.waiting() { // it came after the latch
		g.window.Arrived(now)
		g.armLocked()
	}
}

// armLocked sets the alarm, unless it is set early enough: due looks again.
func (g *gate) armLocked() {
	at, ok := g.window.Deadline()
	if !ok || g.open || g.ended {
		return
	}
	if err := g.alarm.Set(reactor.Instant(at), reactor.Instant(at)); err != nil {
		g.failed(err)
		g.open = true // better at once than never
		g.held.Resume()
	}
}

// stop ends it; a closed gate stays closed.
func (g *gate) stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended = true
	g.alarm.Stop()
}
