package files

import (
	"math"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
)

// handle does what a record asks for, in every place where its directory is
// known.
func (in *intake) handle(r *record) {
	if r.happening == overflowed {
		in.overflow(r)
		return
	}
	in.alongPaths(r)
	for _, d := range in.index.watched(r.watch, in.places[:0]) {
		if !d.has(removed) {
			in.apply(d, r)
		}
	}
}

// apply makes d in the index what it was after r.
func (in *intake) apply(d *node, r *record) {
	switch r.happening {
	case created:
		in.create(d, r)
	case deleted:
		in.delete(d, r)
	case movedFrom:
		in.moveOut(d, r)
	case movedTo:
		in.moveIn(d, r)
	case closed:
		in.close(d, r)
	case modified:
		in.modify(d, r)
	case attributes:
		in.attribute(d, r)
	case selfMoved, unmounted, ended:
		in.lost(d, r)
	}
}

// older reports whether r may tell what the last listing of d knows already.
func older(d *node, r *record) bool { return r.end <= d.dir.seen }

// stale reports whether r, which says that c is no longer what it was, is from
// before the listing that found c: the disk still has c there.
func (in *intake) stale(c *node, r *record) bool {
	return older(c.parent, r) && in.isThere(c)
}

// isThere reports whether the disk has c where the index has it.
func (in *intake) isThere(c *node) bool {
	f, err := in.look(c.parent, c.place())
	return err == nil && c.is(&f)
}

// look asks for the facts of what is at a place in d.
func (in *intake) look(d *node, at place) (facts, error) {
	in.touch(d)
	return look(unix.AT_FDCWD, at.path)
}

// lookFor is look for an object of which the kernel has said whether it is a
// directory. By now another may have its name; then nothing is known of it.
func (in *intake) lookFor(d *node, at place, r *record) (f facts, there bool) {
	f, err := in.look(d, at)
	if err != nil {
		return unseen(r.dir), false
	}
	if f.isDir() != r.dir {
		return unseen(r.dir), true
	}
	return f, true
}

// create: there is a new name in d.
func (in *intake) create(d *node, r *record) {
	at := d.placeOf(r.name)
	if in.match.ignored(at.rel()) {
		return
	}
	if c := d.child(r.name); c != nil {
		if !older(d, r) {
			in.doubt(d)
		}
		return // the listing has told
	}
	f, there := in.lookFor(d, at, r)
	if !there && older(d, r) {
		return // gone before the listing; what became of it is told elsewhere
	}
	in.appear(d, r.name, at, &f, how{})
}

// appear takes a new object into the index, with all in it.
func (in *intake) appear(d *node, name string, at place, f *facts, h how) *node {
	n := in.index.add(d, name, f)
	in.tellOf(coalesce.Create, n, at, h)
	in.explore(n, h)
	return n
}

// explore watches and lists a directory of which nothing is known yet.
func (in *intake) explore(n *node, h how) {
	if n.dir != nil && in.recursive {
		d := difference{in: in, how: h, fresh: true, visits: []*node{n}}
		d.run()
	}
}

// delete: a name in d is gone.
func (in *intake) delete(d *node, r *record) {
	if c := d.child(r.name); c != nil && !in.stale(c, r) {
		in.remove(c, "", how{})
	}
}

// moveOut: a name in d went where nothing is watched.
func (in *intake) moveOut(d *node, r *record) {
	switch c := d.child(r.name); {
	case c == nil:
	case !in.isThere(c):
		in.remove(c, "", how{moved: true})
	case !older(d, r):
		// It is back, or was exchanged with what had the name before: the
		// kernel tells of the new owner of a name first.
		in.doubt(d)
	}
}

// moveIn: a name came into d from where nothing is watched.
func (in *intake) moveIn(d *node, r *record) {
	at := d.placeOf(r.name)
	if in.match.ignored(at.rel()) {
		return
	}
	c := d.child(r.name)
	f, there := in.lookFor(d, at, r)
	switch {
	case c != nil && c.is(&f):
		return // it was met already
	case c != nil && !in.remove(c, "", how{}):
		return
	case c == nil && !there && older(d, r):
		return
	}
	h := how{moved: true}
	// Something that was renamed before the last directory was found may come
	// from there, and a close that nobody could see with it.
	if r.end > in.newest && !in.limited {
		h.final = finalAt(&f)
	}
	in.settle(in.appear(d, r.name, at, &f, h), h)
}

// finalAt is how.final for what was moved in just now. A file is complete; what
// is in a directory is, if it is older than the move, which is its ctime.
func finalAt(f *facts) int64 {
	if f.isDir() {
		return f.ctime
	}
	return math.MaxInt64
}

// close: a writer has finished a file.
func (in *intake) close(d *node, r *record) {
	at := d.placeOf(r.name)
	if in.match.ignored(at.rel()) {
		return
	}
	c := d.child(r.name)
	f, err := in.look(d, at)
	if c == nil {
		// Its rename into d is only being told, or it is gone.
		if err != nil || f.isDir() {
			return
		}
		c = in.appear(d, r.name, at, &f, how{})
	}
	// By now a directory may have the name: it isn't what was closed.
	same := err == nil && (c.is(&f) || !c.known() && (c.dir != nil) == f.isDir())
	if same {
		c.adopt(&f)
	}
	told := same && c.has(settled)
	c.marks &^= settled | settling | unclosed
	if !told {
		in.tellOf(coalesce.Close, c, at, how{})
	}
}

// modify: a file was written to. How it looks now is asked when it is closed.
func (in *intake) modify(d *node, r *record) {
	if c := d.child(r.name); c != nil {
		in.tellOf(coalesce.Write, c, c.place(), how{})
	}
}

// attribute: the metadata of a name changed. That may let us read a directory.
func (in *intake) attribute(d *node, r *record) {
	c := d.child(r.name)
	if c == nil {
		return
	}
	at := c.place()
	f, err := in.look(d, at)
	if err == nil && c.is(&f) {
		if older(d, r) && c.sameMetadata(&f) {
			return // the listing has told
		}
		c.adopt(&f)
	}
	in.tellOf(coalesce.Attrib, c, at, how{})
	if c.dir != nil && in.recursive && c.dir.watch == 0 {
		in.doubt(c)
	}
}

// lost: what is watched moved, or will be told of no longer. The watch of the
// directory above tells what became of it, unless there is none.
func (in *intake) lost(d *node, r *record) {
	if r.happening != selfMoved && d.dir.watch != 0 {
		in.index.unbind(d) // the kernel has ended it
	}
	switch {
	case d.parent == nil:
		in.seekAfter(d.dir.root, r)
	case r.happening == unmounted:
		in.doubt(d)
	case d.parent.dir.watch == 0:
		in.doubt(d.parent)
	}
}
