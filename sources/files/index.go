package files

import "strings"

// index is what is known of the trees: their nodes, and which of them are
// watched. It does no more than it is told; the rules are elsewhere.
type index struct {
	watches map[watchID]*node // the first of those with that watch
	counts  counts
}

// counts are the numbers status shows.
type counts struct{ files, directories, watched int }

func newIndex() *index { return &index{watches: map[watchID]*node{}} }

// child is the node of that name in d, or nil.
func (d *node) child(name string) *node { return d.dir.children[name] }

// add makes a node.
func (x *index) add(d *node, name string, f *facts) *node {
	// The name may be a piece of a whole buffer of records.
	n := newNode(strings.Clone(name), f)
	x.count(n, 1)
	x.link(d, n)
	return n
}

// plant makes the node of a root.
func (x *index) plant(r *root, f *facts) *node {
	n := newNode("", f)
	n.dir.root = r
	x.count(n, 1)
	return n
}

// move gives n another place.
func (x *index) move(n, d *node, name string) {
	x.unlink(n)
	n.name = strings.Clone(name)
	x.link(d, n)
}

// swap has two nodes change their places.
func (x *index) swap(a, b *node) {
	aParent, aName, bParent, bName := a.parent, a.name, b.parent, b.name
	x.unlink(a)
	x.unlink(b)
	a.name, b.name = bName, aName
	x.link(bParent, a)
	x.link(aParent, b)
}

// link puts n into d by its name.
func (x *index) link(d, n *node) {
	if d.dir.children == nil {
		d.dir.children = map[string]*node{}
	}
	d.dir.children[n.name] = n
	n.parent = d
}

// unlink takes n out of its directory. It stays in the index: whoever unlinks
// links again, or drops.
func (x *index) unlink(n *node) {
	if n.parent != nil {
		delete(n.parent.dir.children, n.name)
		n.parent = nil
	}
}

// drop takes n, which has no children and no watch, out of the index.
func (x *index) drop(n *node) {
	x.unlink(n)
	n.marks |= removed
	x.count(n, -1)
}

func (x *index) count(n *node, by int) {
	if n.dir != nil {
		x.counts.directories += by
	} else {
		x.counts.files += by
	}
}

// bind notes that n is watched by id, and returns another node that is too:
// the same directory may be seen in two places, by a link or a mount.
func (x *index) bind(n *node, id watchID) (twin *node) {
	twin = x.watches[id]
	n.dir.watch, n.dir.twin = id, twin
	x.watches[id] = n
	x.counts.watched++
	return twin
}

// unbind forgets the watch of n and reports whether no other node has it.
func (x *index) unbind(n *node) (id watchID, last bool) {
	id = n.dir.watch
	if first := x.watches[id]; first == n {
		if n.dir.twin == nil {
			delete(x.watches, id)
			last = true
		} else {
			x.watches[id] = n.dir.twin
		}
	} else {
		for first.dir.twin != n {
			first = first.dir.twin
		}
		first.dir.twin = n.dir.twin
	}
	n.dir.watch, n.dir.twin = 0, nil
	x.counts.watched--
	return id, last
}

// watched appends the nodes with that watch, nearly always one, to to.
func (x *index) watched(id watchID, to []*node) []*node {
	for n := x.watches[id]; n != nil; n = n.dir.twin {
		to = append(to, n)
	}
	return to
}
