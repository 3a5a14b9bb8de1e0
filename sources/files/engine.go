package files

import "github.com/reactord/reactord/reactor"

// engine is how the source comes to know what happens in directories. It
// belongs to the source's queue.
//
// An engine tells; it doesn't judge. What a record means for the index, which
// records are halves of a rename, and what must be compared with the disk is
// the same for every engine and lies above.
type engine interface {
	// name is what status shows.
	name() string
	// open makes the descriptor that is readable when there are records.
	open() (fd int, err error)
	// watch begins to tell about the directory at path. fd is open on it, so
	// that what is watched is certain whatever path means by now; -1 when only
	// the path matters. A directory that is watched already keeps its id.
	watch(path string, fd int, what interest) (watchID, error)
	// unwatch ends it. Records that were queued may still come.
	unwatch(id watchID)
	// read appends one buffer's worth of records and returns the bytes it
	// took from the kernel. EAGAIN says that there was no more: what comes
	// from now on makes the descriptor readable anew.
	read(to []record, now reactor.Instant) ([]record, int, error)
	// filled is the position in the stream after what is queued now. It may
	// be too great, by what is queued meanwhile, never too small.
	filled() (uint64, error)
	// close closes the descriptor.
	close() error
}

// watchID names what is watched. 0 is none.
type watchID int32

// interest says what is told about a directory that is watched.
type interest uint8

const (
	// inTree: all that happens to what is in it.
	inTree interest = iota
	// onPath: names that come and go. Added to what is told already.
	onPath
	// itself: that the directory is moved or goes, nothing of what is in it.
	// Added to what is told already; a symbolic link is refused.
	itself
	// removals: names that are deleted. Added to what is told already.
	removals
)

// happening is what a record tells. Those with a name happened to that name in
// the directory watched; those without, to the directory itself.
type happening uint8

const (
	created    happening = iota + 1
	deleted              // the name
	movedFrom            // the old name; the new one has the same cookie
	movedTo              // the new name
	closed               // a writer closed the file
	modified             // the content
	attributes           // the metadata
	selfMoved            // the directory watched was renamed
	unmounted            // its file system is gone
	ended                // the watch is gone, whatever the reason
	overflowed           // records are missing here
)

// record is one thing an engine told. The zero happening is for one that has
// been dealt with.
type record struct {
	happening happening
	dir       bool // the name is, or was, a directory's
	watch     watchID
	cookie    uint32
	name      string
	end       uint64          // the position in the stream after it
	read      reactor.Instant // when it was read
}
