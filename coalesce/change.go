package coalesce

import "fmt"

// Op is what happened to a path.
type Op uint8

// The operations on files. The watcher of a tree reports the first six of
// them, the watcher of one object all.
const (
	Create Op = iota + 1
	Write
	Close  // a writer finished
	Delete // or moved out of the tree
	Rename // within the tree, From and Path
	Attrib // mode, owner, times, links
	Extend // grew
	Link   // the number of names changed
	Revoke // unmounted
)

var opNames = [...]string{Create: "create", Write: "write", Close: "close", Delete: "delete",
	Rename: "rename", Attrib: "attrib", Extend: "extend", Link: "link", Revoke: "revoke"}

// String is the name in event records and the configuration.
func (op Op) String() string {
	if int(op) < len(opNames) {
		return opNames[op]
	}
	return "unknown"
}

// ParseOp is the Op of that name.
func ParseOp(name string) (Op, error) {
	for op, n := range opNames {
		if n == name && n != "" {
			return Op(op), nil
		}
	}
	return 0, fmt.Errorf("unknown operation %q", name)
}

// Change is one thing that happened in a tree of files. Paths are bytes in the
// clothes of a string: any byte but NUL (clauses FS5 and EV4).
type Change struct {
	Op   Op
	Path string // what it is called now, absolute
	From string // Rename: the old path, absolute; also of a file moved in from a place that is not included
	To   string // Delete: where it went, when it went to a place that is not included
	Dir  bool   // a directory
	// Moved marks a Create or Delete that is one half of a move across the
	// border of the tree.
	Moved bool
	// Rescan marks what was found by comparing, not told by the kernel.
	Rescan bool
	PID    int // who did it, 0 when unknown
}

// Fold shortens changes to what still matters and keeps their order (clause
// FS1): per path, equal operations become one, Write goes into a later Close,
// and a Create followed by a Delete vanishes with all between. A Delete
// followed by a Create stays both.
//
// It costs one pass and reuses the slice given.
func Fold(changes []Change) []Change {
	if len(changes) < 2 {
		return changes
	}
	f := folder{changes: changes, last: make(map[string]*trail, len(changes))}
	for i := range changes {
		f.add(i)
	}
	kept := changes[:0]
	for _, c := range changes {
		if c.Op != 0 {
			kept = append(kept, c)
		}
	}
	return kept
}

// trail is where the live changes of one path stand: an index + 1 for each
// operation, 0 for none.
type trail struct{ at [len(opNames)]int }

type folder struct {
	changes []Change
	last    map[string]*trail
}

func (f *folder) add(i int) {
	c := &f.changes[i]
	t := f.last[c.Path]
	if t == nil {
		t = &trail{}
		f.last[c.Path] = t
	}
	switch c.Op {
	case Create:
		*t = trail{} // a new object: nothing of it folds into the former one
	case Rename:
		*t = trail{}
		delete(f.last, c.From)
	case Delete:
		if t.at[Create] != 0 {
			f.dropAll(t)
			c.Op = 0
			return
		}
		f.dropOne(t, Delete)
		*t = trail{}
	case Close:
		f.dropOne(t, Write)
		f.dropOne(t, Close)
	default:
		f.dropOne(t, c.Op)
	}
	t.at[c.Op] = i + 1
}

func (f *folder) dropOne(t *trail, op Op) {
	if at := t.at[op]; at != 0 {
		f.changes[at-1].Op = 0
		t.at[op] = 0
	}
}

func (f *folder) dropAll(t *trail) {
	for op := range t.at {
		f.dropOne(t, Op(op))
	}
}
