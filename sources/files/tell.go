package files

import "github.com/reactord/reactord/coalesce"

// how says in which light a change is told.
type how struct {
	silent bool // not at all: it is what was there at the start
	moved  bool // one half of a move over the border of the trees
	rescan bool // found by comparing, not told by the kernel
	// final is a ctime: what has an older one was finished before it came in
	// our view, and is not told closed.
	final int64
}

// operations is a set of coalesce.Op.
type operations uint16

func newOperations(ops []coalesce.Op) operations {
	if len(ops) == 0 {
		ops = reportable
	}
	var set operations
	for _, op := range ops {
		set |= 1 << op
	}
	return set
}

func (o operations) has(op coalesce.Op) bool { return o&(1<<op) != 0 }

// admits reports whether c is among the operations asked for (FS1). Half a
// move is a rename as far as can be seen.
func (o operations) admits(c *coalesce.Change) bool {
	return o.has(c.Op) || (c.Moved || c.To != "") && o.has(coalesce.Rename)
}

// batch is how many changes are merged at once.
const batch = 256

// tell reports c.
func (in *intake) tell(c coalesce.Change) {
	if !in.operations.admits(&c) {
		return
	}
	in.out = append(in.out, c)
	if len(in.out) >= batch && !in.behind {
		in.flush()
	}
}

// flush merges what was told. What doesn't fit is kept, and with it the mark
// that the source is behind: from then on nothing of the index changes until
// the handler has made room (DV1).
//
// Status is published first: a handler finds in it what it is told of.
func (in *intake) flush() {
	if in.behind || len(in.out) == 0 {
		return
	}
	in.publish()
	told := in.out
	for len(told) > 0 {
		part := told[:min(len(told), batch, in.maxPending)]
		if in.pending.Merge(part) != nil {
			in.behind = true
			in.report(Problem{Kind: Behind, Limit: in.maxPending,
				Remedy: "nothing is lost, but all trees will be compared; a faster handler helps, or several at once"})
			break
		}
		told = told[len(part):]
		in.wake()
	}
	kept := copy(in.out, told)
	clear(in.out[kept:])
	in.out = in.out[:kept]
}

// halted reports whether nothing of the index may change now: every change
// must be told, and there is no room, or nobody to tell. Work that is left off
// is found again by the comparison that follows.
func (in *intake) halted() bool { return in.behind || in.stopping.Load() }

// tellOf reports an operation on n at its place.
func (in *intake) tellOf(op coalesce.Op, n *node, at place, h how) {
	if h.silent || !in.match.included(at.rel()) {
		return
	}
	in.tell(coalesce.Change{Op: op, Path: at.path, Dir: n.dir != nil, Moved: h.moved, Rescan: h.rescan})
}

// tellRename reports that n is at to now, and was at from. Where patterns let
// one of the names be told, it is told by that (FS5). A directory whose rename
// can be told in full is one change; else each child is told as it may be.
func (in *intake) tellRename(n *node, from, to place, h how) {
	c := coalesce.Change{Op: coalesce.Rename, Path: to.path, From: from.path, Dir: n.dir != nil, Rescan: h.rescan}
	was, is := in.match.included(from.rel()), in.match.included(to.rel())
	switch {
	case was && is:
		in.tell(c)
		return
	case is:
		in.tell(c)
	}
	if n.dir != nil {
		for name, child := range n.dir.children {
			in.tellRename(child, from.join(name), to.join(name), h)
		}
	}
	if was && !is {
		c.Op, c.Path, c.From, c.To = coalesce.Delete, from.path, "", to.path
		in.tell(c)
	}
}

// tellMoved reports n and all in it as created where it is: it came from a
// place of which a rename can't be told.
func (in *intake) tellMoved(n *node, from string, at place) {
	if in.match.included(at.rel()) {
		in.tell(coalesce.Change{Op: coalesce.Create, Path: at.path, From: from, Dir: n.dir != nil, Moved: true})
	}
	if n.dir != nil {
		for name, child := range n.dir.children {
			in.tellMoved(child, from+"/"+name, at.join(name))
		}
	}
}
