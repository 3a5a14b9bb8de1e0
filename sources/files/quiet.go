package files

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
)

const (
	// quietFor is how long a file that was found must be unchanged to count as
	// closed (FS2).
	quietFor = 100 * time.Millisecond
	// quietLeeway is how much later than that is good enough.
	quietLeeway = 10 * time.Millisecond
)

// quietFile is a file that was found by listing and whose close has not been
// told.
type quietFile struct {
	node        *node
	size, mtime int64 // when it was last looked at
	due         reactor.Instant
	how         how
}

// settle has the close of n told when its content is final: at once when it
// has not changed for long enough, by its ctime, which no program can set.
func (in *intake) settle(n *node, h how) {
	switch {
	case n.ctime < h.final:
		n.marks &^= unclosed
		return
	case !n.regular() || n.has(settling):
		return
	}
	if age := time.Duration(int64(in.reactor.Now(reactor.Wall)) - n.ctime); age >= quietFor {
		in.tellQuiet(n, n.place(), h)
		return
	}
	in.wait(n, h)
}

// wait has n looked at again.
func (in *intake) wait(n *node, h how) {
	n.marks |= settling
	in.quiet = append(in.quiet, quietFile{n, n.size, n.mtime, in.now().Add(quietFor), h})
}

// tellQuiet tells the close of a file that has been quiet.
func (in *intake) tellQuiet(n *node, at place, h how) {
	n.marks = n.marks&^(settling|unclosed) | settled
	in.tellOf(coalesce.Close, n, at, h)
}

// checkQuiet looks at the files that are due: one that is unchanged is closed,
// another waits on.
func (in *intake) checkQuiet() {
	for now := in.now(); !in.halted() && len(in.quiet) > 0 && in.quiet[0].due <= now; {
		q := in.quiet[0]
		in.quiet[0] = quietFile{}
		in.quiet = in.quiet[1:]
		if q.node.has(settling) && !q.node.has(removed) {
			in.checkQuietFile(&q)
		}
	}
	if len(in.quiet) == 0 {
		in.quiet = nil
	}
}

func (in *intake) checkQuietFile(q *quietFile) {
	n := q.node
	at := n.place()
	f, err := look(unix.AT_FDCWD, at.path)
	if err != nil || !n.is(&f) {
		// It is not where the index has it. Either the stream is about to tell
		// why, or the directory must be looked at.
		in.doubt(n.parent)
		in.wait(n, q.how)
		return
	}
	n.adopt(&f)
	if f.size != q.size || f.mtime != q.mtime {
		in.wait(n, q.how)
		return
	}
	in.tellQuiet(n, at, q.how)
}
