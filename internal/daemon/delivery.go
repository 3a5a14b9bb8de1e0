package daemon

import (
	"sync"

	"github.com/rs/zerolog"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/reactor"
)

// delivery is the half of a source that runs handlers (clause DV1). Its
// reactor source latches pending on the configured queue; what it latched is
// divided into units, and units become runs as the source's parallel, the
// paths they touch and the queue allow.
//
// The reactor source is suspended while as many runs are out as may be, or
// units wait: events merge meanwhile, and one latch gets them all. That is the
// policy "coalesce" (clause DV5), and it costs no mechanism of its own.
type delivery struct {
	source  *source
	queue   *reactor.Queue
	each    string
	handler handlers.Handler
	latch   *reactor.Source[*handlers.Event]
	gate    *gate // nil: no windows

	mu      sync.Mutex
	backlog backlog
	held    bool // latch is suspended for want of room
	stopped bool
	dropped int        // units that found the delivery stopped
	idle    *sync.Cond // with mu: runs ended
	counts  deliveryCounts
}

// deliveryCounts is what a delivery has done.
type deliveryCounts struct {
	Events   uint64 // latched
	Skipped  uint64 // by `when`
	Runs     uint64
	Failures uint64
	Last     string // the last failure's text
}

func newDelivery(s *source, c *configs.Source, queue *reactor.Queue, h handlers.Handler) *delivery {
	d := &delivery{source: s, queue: queue, each: c.Each, handler: h, backlog: backlog{width: c.Parallel}}
	d.idle = sync.NewCond(&d.mu)
	d.latch = reactor.NewSource(c.Name, queue, s.pending, nil)
	d.latch.OnEvent(d.deliver)
	w := coalesce.Window{Settle: c.Coalesce.Settle, Max: c.Coalesce.Max, Every: c.Coalesce.Every,
		Limit: c.Coalesce.Limit.N, Interval: c.Coalesce.Limit.Interval}
	if !w.Open() {
		d.gate = newGate(w, s.daemon.reactor, d.latch, s.pending.some, s.failed)
	}
	if c.Suspended {
		d.latch.Suspend()
	}
	return d
}

// arrived tells that something was merged into pending.
func (d *delivery) arrived() {
	if d.gate != nil {
		d.gate.arrived()
	}
	d.latch.Wake()
}

// deliver is the latch's event handler: it holds a slot of the queue.
func (d *delivery) deliver(e *handlers.Event) {
	if d.gate != nil {
		d.gate.close()
	}
	now := d.source.daemon.now()
	e.ID, e.Attempt = d.source.daemon.ids.New(now), 1
	if d.source.pending.some() {
		d.latch.Wake() // events that don't merge wait one behind the other
	}
	d.mu.Lock()
	d.counts.Events++
	d.mu.Unlock()
	if !d.wanted(e) {
		d.acknowledge(e)
		return
	}
	d.mu.Lock()
	d.backlog.add(e, e.Units(d.each))
	first, rest := d.nextLocked(), d.backlog.startable()
	inline := first != nil && d.backlog.width == 1
	if first != nil && !inline {
		rest = append(rest, first)
	}
	d.holdLocked()
	d.mu.Unlock()
	for _, u := range rest {
		d.queue.Async(func() { d.turn(u) })
	}
	if inline {
		d.turn(first)
	}
}

func (d *delivery) nextLocked() *unit {
	if d.stopped {
		return nil
	}
	return d.backlog.next()
}

// wanted evaluates `when`, once on the latched event (clause DV6).
func (d *delivery) wanted(e *handlers.Event) bool {
	when := d.source.config.When
	if when == nil {
		return true
	}
	ok, err := when.True(e.Fields())
	if err != nil {
		d.source.failedAt(judging, err)
	} else {
		d.source.works(judging)
	}
	if ok {
		return true
	}
	d.mu.Lock()
	d.counts.Skipped++
	d.mu.Unlock()
	d.source.log(zerolog.DebugLevel).Str("event", e.ID).Msg("skipped: when is false")
	return false
}

// turn is one run: it holds a slot of the queue until the handler has
// answered. What comes next gets a slot of its own, at the queue's tail.
func (d *delivery) turn(u *unit) {
	d.mu.Lock()
	stopped := d.stopped
	d.mu.Unlock()
	if !stopped {
		d.execute(u)
	}
	d.mu.Lock()
	if stopped {
		d.dropped++
	}
	finished := d.backlog.done(u)
	var next []*unit
	if !d.stopped {
		next = d.backlog.startable()
	}
	d.holdLocked()
	d.idle.Broadcast()
	d.mu.Unlock()
	if finished {
		d.acknowledge(u.of.event)
	}
	for _, u := range next {
		d.queue.Async(func() { d.turn(u) })
	}
}

// holdLocked suspends the latch while there is no room for another event, and
// resumes it when there is.
func (d *delivery) holdLocked() {
	if full := d.backlog.full(); full != d.held {
		d.held = full
		if full {
			d.latch.Suspend()
		} else {
			d.latch.Resume()
		}
	}
}

func (d *delivery) acknowledge(e *handlers.Event) {
	if err := d.source.pending.Ack(e); err != nil {
		d.source.failed(err)
	}
	d.source.acknowledged(e)
}

// stop lets no run start any more. What was latched and not started is
// dropped.
func (d *delivery) stop() {
	if d.gate != nil {
		d.gate.stop()
	}
	d.latch.Suspend()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped = true
	d.dropped += d.backlog.drop()
}

// wait returns when no run is out, with the number of runs that were dropped.
// It is called after stop.
func (d *delivery) wait() (dropped int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for d.backlog.out > 0 {
		d.idle.Wait()
	}
	return d.dropped
}
