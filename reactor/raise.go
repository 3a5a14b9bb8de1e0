package reactor

// raise has the slot through which q gets its turn dequeued as urgently as the
// one who waits for it (clause Q11: a class is raised while somebody waits).
// Without a class, outside of any queue, nothing is raised.
func (g *goroutine) raise(q *Queue) {
	if g.depth == 0 {
		return
	}
	class := g.top().queue.QoS()
	for t := q.target.Load(); t != nil; q, t = t, t.target.Load() {
		if t.kind == globalRoot && class < t.class {
			t.Reactor().crew.raise((*slot)(q), t, class)
		}
	}
}

// raised is a task that was moved to a more urgent class. It still runs on its
// own root.
type raised struct {
	task
	root *Queue
}

func (r raised) run(_ *Queue, g *goroutine) {
	g.top().queue = r.root
	r.task.run(r.root, g)
}

// raise moves the first such task of a class to a more urgent one, unless it is
// far down the line.
func (c *crew) raise(t task, from *Queue, to QoS) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting[from.class].remove(t, segmentSize) {
		c.waiting[to].push(raised{t, from})
	}
}
