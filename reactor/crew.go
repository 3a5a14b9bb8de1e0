package reactor

import "sync"

// crew runs what the global queues have to run, on goroutines it starts when
// there is work and that end when there is none.
//
// While tasks wait a worker is always on its way: it was started and has not
// taken one yet. One that takes a task and leaves others behind starts the
// next before it runs it. So a task that blocks holds up nobody, and a burst of
// short ones is run by few goroutines: the one on its way gets a processor
// only when one is free. There is no bound, no monitor and nothing while idle
// (clauses E2, E3).
//
// The most urgent class goes first. Every turnOfAll-th task comes from a class
// whose turn it is, so that none starves (clause Q11).
type crew struct {
	reactor *Reactor

	mu      sync.Mutex
	waiting [classes]list
	count   int
	running [classes]int
	coming  bool // a worker is on its way
	taken   uint32
}

const turnOfAll = 61

func (c *crew) push(class QoS, t task) {
	c.mu.Lock()
	c.waiting[class].push(t)
	c.count++
	start := !c.coming
	c.coming = true
	c.mu.Unlock()
	if start {
		go c.work()
	}
}

func (c *crew) takeLocked() (task, QoS) {
	c.count--
	c.taken++
	if c.taken%turnOfAll == 0 {
		if class := QoS(c.taken / turnOfAll % classes); c.waiting[class].len() > 0 {
			return c.waiting[class].pop(), class
		}
	}
	for class := range c.waiting {
		if c.waiting[class].len() > 0 {
			return c.waiting[class].pop(), QoS(class)
		}
	}
	panic("reactor: a crew's count and its tasks differ")
}

// work is a worker.
func (c *crew) work() {
	g := here()
	g.push(frame{})
	ended := false
	var class QoS
	defer func() {
		g.pop()
		if !ended { // a task has ended the goroutine: another one goes on
			c.mu.Lock()
			c.running[class]--
			c.mu.Unlock()
			go c.work()
		}
	}()
	c.mu.Lock()
	c.coming = false
	for c.count > 0 || c.glanceLocked(g) {
		var t task
		t, class = c.takeLocked()
		c.running[class]++
		start := c.count > 0 && !c.coming
		c.coming = c.coming || start
		c.mu.Unlock()
		if start {
			go c.work()
		}
		q := c.reactor.roots[class]
		g.top().queue = q
		q.call(t, g)
		c.mu.Lock()
		c.running[class]--
	}
	c.mu.Unlock()
	ended = true
}

// glanceLocked has a worker that found nothing to run look for events, and reports
// whether they brought something. Meanwhile it is the one on its way.
func (c *crew) glanceLocked(g *goroutine) bool {
	if c.coming || c.reactor.loop.glances.Load() <= 0 {
		return false
	}
	c.coming = true
	g.top().queue = nil
	c.mu.Unlock()
	c.reactor.loop.glance()
	c.mu.Lock()
	c.coming = false
	return c.count > 0
}

// waits reports whether a task waits for a worker.
func (c *crew) waits() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count > 0
}

// state is how many tasks of a class wait and run.
func (c *crew) state(class QoS) (waiting, running int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waiting[class].len(), c.running[class]
}
