package files

import (
	"errors"

	"golang.org/x/sys/unix"
)

// watch has the engine tell about n, which fd is open on. A directory that
// can't be watched stays in the index, and is tried again unless the change that
// would allow it is told.
func (in *intake) watch(n *node, at place, fd int) {
	if in.deaf {
		return
	}
	id, err := in.engine.watch(at.path, fd, inTree)
	switch {
	case err == nil:
		in.bind(n, id)
	case errors.Is(err, unix.ENOSPC):
		in.short(at.path)
	case errors.Is(err, unix.EACCES):
		in.report(Problem{Kind: Unreadable, Path: at.path, Err: err})
	default:
		in.report(Problem{Kind: Unreadable, Path: at.path, Err: err})
		in.again(n)
	}
}

// short notes that there was no watch to be had, for path above all.
func (in *intake) short(path string) {
	if !in.limited {
		in.limited, in.wanting = true, path
	}
	in.retry.wanted = true
}

// probe finds out, with one call however many directories are not watched, whether
// watches are to be had again.
func (in *intake) probe() {
	id, err := in.engine.watch(in.wanting, -1, removals)
	switch {
	case errors.Is(err, unix.ENOSPC):
		in.retry.wanted = true
		return
	case err == nil && in.index.watches[id] == nil && in.paths[id] == 0:
		in.engine.unwatch(id)
	}
	in.limited = false
	in.compareAll()
}

func (in *intake) bind(n *node, id watchID) {
	if n.dir.watch == id {
		return
	}
	in.unwatch(n)
	if twin := in.index.bind(n, id); twin != nil {
		// One directory in two places: by a link or a mount, or because it was
		// renamed and one of the places is out of date.
		in.doubt(twin)
	}
}

// unwatch ends the watch of n, unless something else needs it.
func (in *intake) unwatch(n *node) {
	if n.dir.watch == 0 {
		return
	}
	if id, last := in.index.unbind(n); last && in.paths[id] == 0 {
		in.engine.unwatch(id)
	}
}

// reportLimit reports, once for every time the limit is hit, how many watches
// are missing. It is called when the trees have been gone through.
func (in *intake) reportLimit() {
	need := len(in.roots)
	if in.recursive {
		need = in.index.counts.directories
	}
	switch {
	case !in.limited:
		in.limitTold = false
	case !in.limitTold && in.index.counts.watched < need:
		in.limitTold = true
		in.report(Problem{Kind: WatchLimit, Err: unix.ENOSPC, Limit: limit(maxWatches), Need: need,
			Remedy: raise(maxWatches, max(need, limit(maxWatches)))})
	}
	in.limited = in.limited && in.index.counts.watched < need
}
