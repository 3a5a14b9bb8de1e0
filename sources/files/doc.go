// Package files watches trees of files and loses nothing (section FS of the
// contract).
//
// # Usage
//
//	src, err := files.New("uploads", queue, files.Options{
//		Roots:     []string{"/srv/uploads"},
//		Recursive: true,
//		Events:    []coalesce.Op{coalesce.Close, coalesce.Rename},
//		Include:   []string{"**/*.jpg"},
//	})
//	src.OnEvent(func(changes []coalesce.Change) { … })
//	err = src.Activate()
//
// # How it works
//
// An engine, inotify, tells in one stream what happens in the directories it
// was asked to watch. Above it is an index: every directory and file there is,
// with inode, size and times. The index is the truth; a change is reported
// when, and only when, the index changes with it.
//
// The stream is believed. It is a complete history, in order, of every
// directory from the moment it was watched on. Where it is not enough, disk
// and index are compared, by one mechanism whatever the reason: to record
// what is there at the start; when a directory appears, which is watched
// first and then listed; when the kernel's queue overflowed; when a root comes
// back; and when something the stream said can't be squared with the index,
// as soon as the stream has run dry.
//
// A comparison looks ahead of the stream: what it finds, the stream may tell
// again later. Each directory therefore remembers how far the stream had been
// filled when it was listed. Up to there a record is held against the disk
// before it is believed; beyond, it is news.
//
// # Concurrency
//
// Every source has a serial queue of its own, "files." and its label, on which
// the stream is read, directories are listed and the index changes, and on
// which Options.Report is called. The reactor's loop only submits to it. There
// is no goroutine of the package's and nothing is awake while nothing happens.
// The event handler runs on the target queue, beside all that.
//
// # Guarantees
//
//   - Replaying the changes in their order, on what existed at the start,
//     gives the tree as it is. Each object is created and deleted once.
//   - A file that a writer has finished is reported closed: with the kernel's
//     word, or, if it was found by listing, when it has been unchanged for
//     100 ms, whichever comes first, and once (FS2).
//   - A rename inside the tree is one change, of a directory too (FS5). What
//     must not be told under its old or new name is told by the other.
//   - An overflow of the kernel's queue, of the pending store, or of the number
//     of watches is reported and loses nothing that a comparison can find; only
//     a tree over the limit of watches is blind where it isn't watched.
//   - Paths are bytes; any byte a name can have arrives as it is.
//   - Symbolic links are reported and not followed, but a root may be one, or
//     lie behind one.
//
// # Limits
//
// What is mounted over a directory that is watched is noticed with the next
// comparison only. A root whose file system was unmounted is looked for once a
// minute at least. A write that changes neither size nor times, as older
// kernels have it twice in a tick of the clock, is not found by comparing.
//
// # Debugging
//
// Status tells what is watched and known, and how often it came to an overflow
// or a comparison. Problems carry numbers and a remedy.
//
// # Testing
//
// The package is tested on the real kernel. What the kernel rarely does, an
// overflow or a refusal, comes from a kernel.Kernel between the two; a random
// script of operations checks the first guarantee.
package files
