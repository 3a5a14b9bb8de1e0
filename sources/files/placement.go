package files

import "github.com/reactord/reactord/coalesce"

// place gives the arrivals found so far, directories or all, their places in
// the index. It reports false when it was halted.
func (d *difference) place(directories bool) bool {
	rest := d.arrivals[:0]
	for _, a := range d.arrivals {
		if directories && !a.facts.isDir() {
			rest = append(rest, a)
			continue
		}
		if !d.put(a) {
			return false
		}
	}
	d.arrivals = rest
	return true
}

// put gives a its place. The name may be taken by an object that went
// elsewhere; that one is put first, so that what is told can be replayed in
// order. Where that goes round in a circle, one object is told as a new one. It
// reports false when it was halted.
func (d *difference) put(a *arrival) bool {
	if d.in.halted() {
		return false
	}
	old := a.parent.child(a.name)
	if a.step != found || a.parent.within(departed|removed) || old != nil && !old.has(departed) {
		return true
	}
	a.step = placing
	d.match(a)
	if old != nil && !d.makeWay(a, old) {
		return false
	}
	if n := a.source; n != nil && !n.has(removed) && !a.parent.below(n) {
		d.rename(a)
	} else {
		d.create(a.parent, a.name, &a.facts)
	}
	a.step = placed
	return true
}

// match looks for the node among what departed that has a's object.
func (d *difference) match(a *arrival) {
	n := d.departed[a.facts.identity]
	if n == nil || !n.within(departed) || n.has(removed) || (n.dir != nil) != a.facts.isDir() || a.parent.below(n) {
		return
	}
	delete(d.departed, a.facts.identity)
	a.source = n
}

// makeWay frees the name of a, which old has. It reports false when it was
// halted.
func (d *difference) makeWay(a *arrival, old *node) bool {
	if next := d.arriving[old.identity()]; old.known() && next != nil {
		if !d.put(next) {
			return false
		}
	}
	switch {
	case a.parent.child(a.name) != old:
		return true
	case a.source != nil && old.dir == nil:
		d.in.forget(old) // renamed over: one change tells both
		return true
	}
	// This may remove a's source, if that was in it.
	return d.in.remove(old, "", d.how)
}

// rename moves the node that has a's object to a's place.
func (d *difference) rename(a *arrival) {
	in, n := d.in, a.source
	n.marks &^= departed
	from := n.place()
	in.index.move(n, a.parent, a.name)
	in.tellRename(n, from, n.place(), d.how)
	n.adopt(&a.facts)
	switch {
	case n.dir == nil && n.has(unclosed):
		in.settle(n, d.how)
	case n.dir != nil && in.recursive:
		n.marks |= overdue // its listing may be from before the rename
		d.visits = append(d.visits, n)
	}
}

// remove takes n and all in it out of the index and tells their deletion, what
// is in a directory before the directory. to is where they went, if that is
// told. It reports false when it was halted, with the rest still in the index.
func (in *intake) remove(n *node, to string, h how) bool {
	if n.dir != nil {
		for name, c := range n.dir.children {
			below := to
			if to != "" {
				below = to + "/" + name
			}
			if !in.remove(c, below, h) {
				return false
			}
		}
	}
	if in.halted() {
		return false
	}
	if at := n.place(); in.match.included(at.rel()) {
		in.tell(coalesce.Change{Op: coalesce.Delete, Path: at.path, To: to, Dir: n.dir != nil,
			Moved: h.moved, Rescan: h.rescan})
	}
	in.forget(n)
	return true
}

// forget takes a node without children out of the index and tells nothing.
func (in *intake) forget(n *node) {
	if n.dir != nil {
		in.unwatch(n)
	}
	in.index.drop(n)
}
