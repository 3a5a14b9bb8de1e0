package files

import (
	"strings"

	"github.com/reactord/reactord/coalesce"
)

// rename deals with both halves of a rename.
func (in *intake) rename(from, to *record) {
	if in.exchange(from, to) {
		return
	}
	in.backAndForth(from, to)
	olds := in.index.watched(from.watch, nil)
	news := in.index.watched(to.watch, nil)
	if len(news) == 0 {
		in.handle(from)
		in.alongPaths(to)
		return
	}
	in.alongPaths(from)
	in.alongPaths(to)
	for _, old := range olds {
		if old.has(removed) {
			continue
		}
		if at := counterpart(old, old.child(from.name), olds, news); at >= 0 {
			in.renameIn(old, news[at], from, to)
			news[at] = nil
		} else {
			in.apply(old, from)
		}
	}
	for _, d := range news {
		if d != nil && !d.has(removed) {
			in.apply(d, to)
		}
	}
}

// counterpart chooses the directory a name of old went to, out of the places
// where the new directory is known. There is one, unless the same directories
// are seen in several places; then it is one under the same root, or under a
// root that can't be the counterpart of another, and not in c, which went. -1:
// none.
func counterpart(old, c *node, olds, news []*node) int {
	other := -1
	for i, n := range news {
		switch {
		case n == nil || n.has(removed) || c != nil && n.below(c):
		case n.root() == old.root():
			return i
		case !anyIn(n.root(), olds):
			other = i
		}
	}
	return other
}

func anyIn(r *root, nodes []*node) bool {
	for _, n := range nodes {
		if !n.has(removed) && n.root() == r {
			return true
		}
	}
	return false
}

// renameIn deals with a rename from one directory to another, or the same.
//
// A listing may have run ahead and know the old name's absence, or the new
// name's presence, or both. Which of the two still has to happen in the index
// decides what the rename looks like from there.
func (in *intake) renameIn(oldDir, newDir *node, from, to *record) {
	was, is := oldDir.placeOf(from.name), newDir.placeOf(to.name)
	wasIgnored, isIgnored := in.match.ignored(was.rel()), in.match.ignored(is.rel())
	c, target := oldDir.child(from.name), newDir.child(to.name)
	leaves := c != nil && !in.stale(c, from)
	comes := !isIgnored && (target == nil || !in.isThere(target))
	switch {
	case leaves && comes:
		in.follow(c, target, newDir, was, is, to)
	case leaves && isIgnored:
		in.remove(c, is.path, how{})
	case leaves && c.dir == nil:
		in.tellRename(c, was, is, how{})
		if c.has(unclosed) { // what was told of target so far is before the rename
			target.marks |= unclosed
			in.settle(target, how{})
		}
		in.forget(c)
	case leaves:
		// The listing has told the directory under its new name, with what
		// was in it by then. What it had before may be less or more.
		in.remove(c, "", how{moved: true})
	case comes:
		in.meet(target, newDir, was, is, wasIgnored, to)
	}
}

// follow moves c to its new name in newDir, over target if there is one.
func (in *intake) follow(c, target, newDir *node, was, is place, to *record) {
	if target != nil && !in.replace(target) {
		return
	}
	in.index.move(c, newDir, to.name)
	in.tellRename(c, was, is, how{})
	in.wasMoved(c)
}

// wasMoved has another look at c, which has been given a new place.
func (in *intake) wasMoved(c *node) {
	touched := len(in.touched)
	f, err := in.look(c.parent, c.place())
	same := err == nil && (c.is(&f) || !c.known() && (c.dir != nil) == f.isDir())
	if same {
		c.adopt(&f) // a rename changes the ctime
	}
	if c.dir == nil {
		return
	}
	in.renames = append(in.renames, moved{c, touched})
	if !same || c.dir.watch == 0 {
		// What was watched and listed under the old name was another directory,
		// or nothing; or this one has gone on since.
		in.doubt(c)
	}
}

// replace takes c out of the index because it was renamed over, which is told
// by the rename. A directory must have been empty for that, so if it isn't in
// the index, the stream doesn't tell the rest. It reports false when it was
// halted.
func (in *intake) replace(c *node) bool {
	if c.dir != nil && len(c.dir.children) > 0 {
		return in.remove(c, "", how{})
	}
	in.forget(c)
	return true
}

// meet takes in what came to newDir under a name by a rename of which the
// index doesn't know the old name: because it is ignored, or because it was
// there too shortly to be listed.
func (in *intake) meet(target, newDir *node, was, is place, wasIgnored bool, to *record) {
	f, there := in.lookFor(newDir, is, to)
	if target == nil && !there && older(newDir, to) {
		return
	}
	switch {
	case target == nil:
	case wasIgnored && !in.replace(target):
		return
	case !wasIgnored && !in.remove(target, "", how{}):
		return
	}
	if !wasIgnored {
		n := in.appear(newDir, to.name, is, &f, how{})
		in.settle(n, how{})
		return
	}
	n := in.index.add(newDir, to.name, &f)
	if in.match.included(is.rel()) {
		in.tell(coalesce.Change{Op: coalesce.Rename, Path: is.path, From: was.path, Dir: n.dir != nil})
	}
	h := how{moved: true, final: finalAt(&f)}
	in.settle(n, h)
	in.explore(n, h)
}

// exchange deals with from and to if they are one side of an exchange of two
// names (RENAME_EXCHANGE) and the stream goes on with the other: the mirror of
// the first, and both names there before and after. It takes the mirror out of
// the stream and reports whether that was so.
//
// Replayed one after the other, two renames would end with one name, so the
// second is told as a create that says where from.
func (in *intake) exchange(from, to *record) bool {
	oldDir, newDir := in.index.watches[from.watch], in.index.watches[to.watch]
	if oldDir == nil || newDir == nil || oldDir.dir.twin != nil || newDir.dir.twin != nil {
		return false
	}
	c, target := oldDir.child(from.name), newDir.child(to.name)
	if c == nil || target == nil || c.below(target) || target.below(c) {
		return false
	}
	first, second, ok := in.stream.mirror(from, to)
	if !ok { // the kernel queues all four halves together
		in.fill()
		first, second, ok = in.stream.mirror(from, to)
	}
	if !ok {
		return false
	}
	was, is := c.place(), target.place()
	f, err := in.look(newDir, is)
	if err != nil {
		return false // there and back again
	}
	in.stream.take(first)
	in.stream.take(second)
	if target.is(&f) && in.isThere(c) {
		return true // exchanged an even number of times, or seen by a listing
	}
	in.index.swap(c, target)
	in.tellRename(c, was, is, how{})
	in.tellMoved(target, is.path, was)
	for _, n := range []*node{c, target} {
		in.wasMoved(n)
	}
	return true
}

// renamed is a rename by its two names.
type renamed struct{ from, to link }

// backAndForth has the directories looked at when a rename is the mirror of
// the one before: it may have been an exchange of which half was seen.
func (in *intake) backAndForth(from, to *record) {
	last := in.last
	in.last = renamed{link{from.watch, strings.Clone(from.name)}, link{to.watch, strings.Clone(to.name)}}
	if last.from != in.last.to || last.to != in.last.from {
		return
	}
	for _, id := range []watchID{from.watch, to.watch} {
		if d := in.index.watches[id]; d != nil {
			in.doubt(d)
		}
	}
}
