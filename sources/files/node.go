package files

import (
	"strings"

	"golang.org/x/sys/unix"
)

// node is one object of a tree in the index. Its path is not in it but follows
// from its parents, so that renaming a directory changes one pointer.
//
// There may be millions: 80 bytes, to which come the name and a slot in the
// parent's map.
type node struct {
	parent *node // nil: a root, or no longer in the index
	name   string
	dir    *directory // nil: not a directory

	// What the disk said last. ino 0: it has not been seen on the disk yet,
	// only in the stream.
	ino   uint64
	born  int64
	size  int64
	mtime int64
	ctime int64
	dev   uint32
	mode  uint16
	marks marks
}

// marks are a node's flags.
type marks uint16

const (
	removed  marks = 1 << iota // no longer in the index
	listed                     // seen by the listing that is going on
	departed                   // missing where it was, in the comparison that is going on
	unclosed                   // its content is newer than the last close that was told
	settling                   // waits for its close in the quiet queue (FS2)
	settled                    // its last close was told of quiet, not of a record
	looked                     // a directory whose names were looked up since the stream was dry
	overdue                    // a directory in which everything must be compared, whatever comes between
	doubtful                   // a directory to compare when the stream is dry
)

// directory is what a node has when it is a directory.
type directory struct {
	children map[string]*node
	root     *root   // the root it is, nil: it isn't one
	watch    watchID // 0: it isn't watched
	twin     *node   // the next node with the same watch
	// seen is how far the stream had been filled when the directory was last
	// listed. Records up to there may tell what the listing knows already.
	seen     uint64
	uid, gid uint32
}

// unseen are the facts of an object the disk has not shown yet.
func unseen(dir bool) facts {
	if dir {
		return facts{mode: unix.S_IFDIR}
	}
	return facts{}
}

func newNode(name string, f *facts) *node {
	n := &node{name: name}
	if f.isDir() {
		n.dir = &directory{}
	}
	n.adopt(f)
	return n
}

// adopt takes f for what the disk says of n. New content is to be closed yet.
func (n *node) adopt(f *facts) {
	if !n.sameContent(f) {
		n.marks = n.marks&^settled | unclosed
	}
	n.ino, n.born, n.dev = f.ino, f.born, f.dev
	n.size, n.mtime, n.ctime, n.mode = f.size, f.mtime, f.ctime, f.mode
	if n.dir != nil {
		n.dir.uid, n.dir.gid = f.uid, f.gid
	}
}

func (n *node) identity() identity { return identity{ino: n.ino, born: n.born, dev: n.dev} }

// known reports whether the disk has shown n.
func (n *node) known() bool { return n.ino != 0 }

// is reports whether f is about the very object that n stands for.
func (n *node) is(f *facts) bool { return n.known() && n.identity() == f.identity }

// sameContent reports whether f shows the content that n has.
func (n *node) sameContent(f *facts) bool { return n.size == f.size && n.mtime == f.mtime }

// sameMetadata reports whether f shows the metadata that n has. The ctime of a
// file tells of owner, links and extended attributes too; that of a directory
// changes with every name in it.
func (n *node) sameMetadata(f *facts) bool {
	if n.dir != nil {
		return n.mode == f.mode && n.dir.uid == f.uid && n.dir.gid == f.gid
	}
	return n.mode == f.mode && n.ctime == f.ctime
}

// regular reports whether n is a regular file, the only kind that writers
// finish.
func (n *node) regular() bool { return n.mode&unix.S_IFMT == unix.S_IFREG }

func (n *node) has(m marks) bool { return n.marks&m != 0 }

// within reports whether n or a directory above it has one of the marks.
func (n *node) within(m marks) bool {
	for ; n != nil; n = n.parent {
		if n.has(m) {
			return true
		}
	}
	return false
}

// below reports whether n is m or lies in it.
func (n *node) below(m *node) bool {
	for ; n != nil; n = n.parent {
		if n == m {
			return true
		}
	}
	return false
}

func (n *node) depth() int {
	depth := 0
	for ; n.parent != nil; n = n.parent {
		depth++
	}
	return depth
}

// root is the root n lies in.
func (n *node) root() *root {
	for n.parent != nil {
		n = n.parent
	}
	return n.dir.root
}

// place is a path and where in it the part relative to the root begins.
type place struct {
	path string
	cut  int
}

// rel is the path relative to the root, which patterns are matched against.
func (p place) rel() string { return p.path[min(p.cut, len(p.path)):] }

// join is the place of name in p.
func (p place) join(name string) place {
	if strings.HasSuffix(p.path, "/") {
		return place{p.path + name, p.cut}
	}
	return place{p.path + "/" + name, p.cut}
}

// place is where n is, by the index.
func (n *node) place() place {
	length, top := 0, n
	for ; top.parent != nil; top = top.parent {
		length += len(top.name) + 1
	}
	r := top.dir.root
	if n == top {
		return place{r.path, len(r.prefix)}
	}
	var b strings.Builder
	b.Grow(len(r.prefix) + length)
	b.WriteString(r.prefix)
	n.writeTo(&b)
	return place{b.String(), len(r.prefix)}
}

// placeOf is where something of that name in d is.
func (d *node) placeOf(name string) place {
	n := node{parent: d, name: name}
	return n.place()
}

func (n *node) writeTo(b *strings.Builder) {
	if n.parent.parent != nil {
		n.parent.writeTo(b)
		b.WriteByte('/')
	}
	b.WriteString(n.name)
}
