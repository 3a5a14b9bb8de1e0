package reactor

// lift is the class of the most urgent Sync that waits for a queue, and 0 when
// there is none: a class is raised while somebody waits (clause Q11).
type lift uint8

func (l lift) class() (QoS, bool) { return QoS(l) - 1, l > 0 }

// raise has the slots through which q gets its turn dequeued as urgently as the
// caller's items are, until lower. Outside of any queue nothing is raised.
func (g *goroutine) raise(q *Queue) (as lift) {
	if g.depth == 0 {
		return 0
	}
	class := g.top().queue.QoS()
	as = lift(class + 1)
	for t := q.target.Load(); t != nil; q, t = t, t.target.Load() {
		q.mu.Lock()
		if q.lift == 0 || as < q.lift {
			q.lift = as
		}
		q.mu.Unlock()
		if t.kind == globalRoot && class < t.class {
			t.crew().raise((*slot)(q), t, class)
		}
	}
	return as
}

// lower takes a lift back when the one who waited has its turn. Another one who
// waits as urgently is not raised any more from then on.
func (q *Queue) lower(as lift) {
	for ; as > 0 && q.kind == private; q = q.target.Load() {
		q.mu.Lock()
		if q.lift == as {
			q.lift = 0
		}
		q.mu.Unlock()
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

// raise moves a slot that waits in a less urgent class to one.
func (c *crew) raise(s *slot, root *Queue, to QoS) {
	is := func(t task) bool {
		if up, ok := t.(raised); ok {
			t = up.task
		}
		waiting, ok := t.(*slot)
		return ok && waiting == s
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for class := to + 1; class < classes; class++ {
		if _, ok := c.waiting[class].remove(is); ok {
			c.waiting[to].push(raised{s, root})
			return
		}
	}
}
