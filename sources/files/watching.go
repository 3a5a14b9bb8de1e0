package files

import (
	"errors"

	"golang.org/x/sys/unix"
)

// watch has the engine tell about n, which fd is open on. A directory that
// can't be watched stays in the index.
func (in *intake) watch(n *node, at place, fd int) {
	if in.deaf {
		return
	}
	id, err := in.engine.watch(at.path, fd, inTree)
	switch {
	case err == nil:
		in.bind(n, id)
	case errors.Is(err, unix.ENOSPC):
		in.limited = true
	default:
		in.report(Problem{Kind: Unreadable, Path: at.path, Err: err})
	}
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
