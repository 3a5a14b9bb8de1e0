package files

import (
	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
)

// difference compares directories of the disk with the index, makes the index
// agree and tells what that took. It is the one way in which the source looks
// at a directory:
//
//   - at the start, in a directory that appeared, and in a root that came,
//     everything is new;
//   - after an overflow everything may have changed (FS3);
//   - where the index was found in doubt, names may be wrong, but what the
//     stream tells of the files is complete.
//
// The second is what the mark overdue says of a directory, for all below it.
//
// A name that is missing in one place and an object that is new in another
// may be one rename, so when the index had something to lose, nothing is
// decided before every directory has been visited. Then directories are placed
// first: in one that was renamed, the visit goes on.
type difference struct {
	in  *intake
	how how
	// fresh: nothing was known of the directories visited. What is found is
	// new, and told as it is found.
	fresh bool

	visits   []*node // directories to visit, parents before children
	arrivals []*arrival
	arriving map[identity]*arrival
	departed map[identity]*node // all nodes of what is missing
	missing  []*node            // the top of each subtree that is
}

const (
	direntsSize   = 32 << 10 // some 1,000 names
	prefetchEvery = 1000     // names
)

// arrival is an object that was found where the index has none, or another.
type arrival struct {
	parent *node
	name   string
	facts  facts
	step   step
	source *node // turned out to have this object
}

type step uint8

const (
	found step = iota
	placing
	placed
)

// run visits and decides. It reports false when it was halted; then it will be
// asked for again.
func (d *difference) run() bool {
	defer d.end()
	for {
		for len(d.visits) > 0 {
			n := d.visits[0]
			d.visits = d.visits[1:]
			if !d.visit(n) {
				return false
			}
		}
		if !d.place(true) {
			return false
		}
		if len(d.visits) == 0 {
			break
		}
	}
	return d.place(false) && d.removeMissing()
}

// end takes the marks of the comparison off again.
func (d *difference) end() {
	for _, n := range d.missing {
		n.marks &^= departed
	}
}

// visit watches a directory, then lists it: what is made in between is seen
// twice rather than never.
func (d *difference) visit(n *node) bool {
	in := d.in
	if in.halted() {
		return false
	}
	if n.has(removed) {
		return true
	}
	n.marks &^= doubtful
	at := n.place()
	fd, err := openDirectory(at.path, n.parent == nil)
	if err != nil {
		in.unopened(n, at, err)
		return true
	}
	defer func() { _ = unix.Close(fd) }()
	f, err := look(fd, "")
	if err != nil {
		in.unopened(n, at, err)
		return true
	}
	if !n.is(&f) {
		in.unwatch(n)
		n.adopt(&f)
	}
	before := n.dir.watch
	in.watch(n, at, fd)
	in.touch(n)
	whole := d.list(n, at, fd)
	if n.dir.watch != before {
		in.newest = n.dir.seen
	}
	return whole
}

// list goes through the names of n, which fd is open on.
func (d *difference) list(n *node, at place, fd int) bool {
	in := d.in
	if in.dirents == nil {
		in.dirents = make([]byte, direntsSize)
	}
	count := 0
	err := names(fd, in.dirents, func(name string) bool {
		// A long listing must not let the kernel's queue overflow.
		if count++; count%prefetchEvery == 0 {
			in.prefetch()
		}
		d.entry(n, at, fd, name)
		return !in.halted()
	})
	n.dir.seen = in.seenBy(n)
	complete := err == nil && !in.halted()
	if !d.fresh {
		d.unlisted(n, complete)
	}
	if complete {
		n.marks &^= overdue
	}
	if err != nil {
		in.report(Problem{Kind: Unreadable, Path: at.path, Err: err})
		in.again(n)
	}
	in.prefetch()
	return !in.halted()
}

// seenBy is how far the stream is filled now that n was listed. Without an answer
// the kernel's queue is emptied: what was in it has been read then. Where that
// can't be done either, what is between is told twice, and n compared again.
func (in *intake) seenBy(n *node) uint64 {
	if in.deaf {
		return in.stream.end // all is compared when it isn't any more
	}
	at, err := in.engine.filled()
	if err == nil {
		return at
	}
	if !in.prefetch() {
		in.again(n)
	}
	return in.stream.end
}

// entry compares one name.
func (d *difference) entry(n *node, at place, fd int, name string) {
	if len(d.in.match.ignore) > 0 && d.in.match.ignored(at.join(name).rel()) {
		return
	}
	f, err := look(fd, name)
	c := n.child(name)
	switch {
	case err == unix.ENOENT: // gone since it was listed: the stream tells
	case err != nil && c != nil:
		c.marks |= listed // there, for all that can be known
	case err != nil:
		d.in.report(Problem{Kind: Unreadable, Path: at.join(name).path, Err: err})
	case c == nil:
		d.arrive(n, name, &f)
	case (c.dir != nil) != f.isDir() || c.known() && !c.is(&f):
		d.depart(c)
		d.arrive(n, name, &f)
	case !d.fresh:
		c.marks |= listed
		d.compare(c, &f, n.has(overdue))
	}
}

// unlisted finds the children of n that the listing, when it was complete,
// has not shown.
func (d *difference) unlisted(n *node, complete bool) {
	for _, c := range n.dir.children {
		switch {
		case c.has(listed):
			c.marks &^= listed
		case complete && !c.has(departed):
			d.depart(c)
		}
	}
}

// compare compares what the index and the disk say of one object; of one that
// the disk has not shown before, or when it must be thorough, in full.
func (d *difference) compare(c *node, f *facts, thorough bool) {
	in := d.in
	strange := !c.known()
	newMetadata := !strange && !c.sameMetadata(f)
	if thorough || strange {
		c.adopt(f)
	}
	if c.dir != nil && in.recursive && (thorough || c.dir.watch == 0) {
		if thorough {
			c.marks |= overdue
		}
		d.visits = append(d.visits, c)
	}
	switch {
	case !thorough:
	case c.dir == nil && c.has(unclosed):
		in.settle(c, d.how)
	case newMetadata:
		in.tellOf(coalesce.Attrib, c, c.place(), d.how)
	}
}

// depart notes that c is not where the index has it.
func (d *difference) depart(c *node) {
	c.marks |= departed
	d.missing = append(d.missing, c)
	d.enroll(c)
}

// enroll makes c, and all in it, known by what they are.
func (d *difference) enroll(c *node) {
	if d.departed == nil {
		d.departed = map[identity]*node{}
	}
	if c.known() {
		d.departed[c.identity()] = c
	}
	if c.dir != nil {
		for _, child := range c.dir.children {
			d.enroll(child)
		}
	}
}

// arrive notes that the disk has an object the index hasn't, there.
func (d *difference) arrive(n *node, name string, f *facts) {
	if d.fresh {
		d.create(n, name, f)
		return
	}
	a := &arrival{parent: n, name: name, facts: *f}
	d.arrivals = append(d.arrivals, a)
	if d.arriving == nil {
		d.arriving = map[identity]*arrival{}
	}
	d.arriving[f.identity] = a
}

// create takes an object into the index that was not in it.
func (d *difference) create(n *node, name string, f *facts) {
	c := d.in.index.add(n, name, f)
	if !d.how.silent {
		d.in.tellOf(coalesce.Create, c, c.place(), d.how)
	}
	d.in.settle(c, d.how)
	if c.dir != nil && d.in.recursive {
		d.visits = append(d.visits, c)
	}
}

// removeMissing takes what has not turned up elsewhere out of the index.
func (d *difference) removeMissing() bool {
	for _, n := range d.missing {
		if n.has(departed) && !n.has(removed) && !d.in.remove(n, "", d.how) {
			return false
		}
	}
	return true
}

// unopened deals with a directory that could not be opened.
func (in *intake) unopened(n *node, at place, err error) {
	switch err {
	case unix.ENOENT, unix.ENOTDIR, unix.ELOOP:
		in.doubtAbove(n)
		if n.has(overdue) {
			in.doubt(n) // wherever it is by then
		}
	case unix.EACCES, unix.EPERM:
		in.report(Problem{Kind: Unreadable, Path: at.path, Err: err,
			Remedy: "give the user read and search permission, or ignore the directory"})
		if n.parent == nil {
			in.again(n) // of a root no change of mode is told
		}
	default:
		in.report(Problem{Kind: Unreadable, Path: at.path, Err: err})
		in.again(n)
	}
}
