package files

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// root is one of the trees.
type root struct {
	path   string // as Options have it (EV4)
	prefix string // what the paths of all in it begin with
	node   *node  // nil: it is waited for
	// links are the steps that path leads over, watched as far as they may be.
	links   []link
	missing error // why it is waited for, once that was told
	unsure  bool  // to be sought when the stream is dry
	// unmounted: what r was on is no longer there. No directory tells when it
	// is mounted again, so r is sought from time to time until it changes.
	unmounted bool
}

// link is a step on a path: a directory that is watched itself, or, where there
// is none, a name in a directory that is watched for it.
type link struct {
	watch watchID
	name  string // empty: the directory itself
}

// concerns reports whether r may mean that the step leads elsewhere now.
func (l link) concerns(r *record) bool {
	switch {
	case l.watch != r.watch:
		return false
	case r.happening == selfMoved, r.happening == ended, r.happening == unmounted:
		return true
	}
	return l.name != "" && l.name == r.name
}

func newRoot(path string) *root {
	return &root{path: path, prefix: strings.TrimSuffix(path, "/") + "/"}
}

// seek finds out whether r is there, and the one it was. lost says how the
// content of a root that is gone is told; one that has come is told as new
// (FS9).
func (in *intake) seek(r *root, lost how) {
	r.unsure = false
	f, err := in.trace(r)
	if r.node != nil && (err != nil || !r.node.is(&f)) && !in.lose(r, lost) {
		return
	}
	switch {
	case err != nil:
		in.await(r, err)
	case r.node == nil:
		in.find(r, &f, how{})
	}
}

// find takes a root in that is there.
func (in *intake) find(r *root, f *facts, h how) {
	if r.missing != nil {
		r.missing = nil
		in.report(Problem{Kind: RootFound, Path: r.path})
	}
	r.unmounted = false
	r.node = in.index.plant(r, f)
	d := difference{in: in, how: h, fresh: true, visits: []*node{r.node}}
	d.run()
}

// lose takes the content of a root that is gone out of the index. It reports
// false when it was halted.
func (in *intake) lose(r *root, h how) bool {
	for _, c := range r.node.dir.children {
		if !in.remove(c, "", h) {
			r.unsure, in.unsure = true, true
			return false
		}
	}
	in.forget(r.node)
	r.node = nil
	return true
}

// await notes that r is missing.
func (in *intake) await(r *root, err error) {
	if r.missing == nil || r.missing.Error() != err.Error() {
		in.report(Problem{Kind: RootMissing, Path: r.path, Err: err, Remedy: remedyFor(err)})
	}
	r.missing = err
	if !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ENOTDIR) {
		in.retry.wanted = true // nothing tells when that changes
	}
}

func remedyFor(err error) string {
	switch {
	case errors.Is(err, unix.ENOTDIR):
		return "it is not a directory: watch the directory it is in and include it by its name"
	case errors.Is(err, unix.EACCES):
		return "give the user search permission on every directory above it"
	}
	return ""
}

// seekUnsure seeks the roots that were in doubt.
func (in *intake) seekUnsure() {
	if !in.unsure {
		return
	}
	in.unsure = false
	for _, r := range in.roots {
		if r.unsure {
			in.seek(r, how{rescan: true})
		}
	}
}

// alongPaths seeks the roots whose path leads over what r is about.
func (in *intake) alongPaths(r *record) {
	if in.paths[r.watch] == 0 {
		return
	}
	for _, root := range in.roots {
		for _, l := range root.links {
			if l.concerns(r) {
				in.seekAfter(root, r)
				break
			}
		}
	}
}

// seekAfter seeks a root that may have gone by what r tells.
func (in *intake) seekAfter(root *root, r *record) {
	moved := r.happening == movedFrom || r.happening == selfMoved
	in.seek(root, how{moved: moved, rescan: !moved})
	if r.happening == unmounted {
		root.unmounted, in.retry.wanted = true, true
	}
}

// trace follows the path of r from the top, symbolic links included, and has
// every step watched. It returns what is at the end, which must be a directory.
func (in *intake) trace(r *root) (facts, error) {
	t := pathWalk{in: in, at: "/", rest: strings.Split(r.path, "/")}
	f, err := t.follow()
	for _, l := range t.links {
		in.paths[l.watch]++
	}
	for _, l := range r.links {
		in.leave(l.watch)
	}
	r.links = t.links
	return f, err
}

// leave ends the watch of a directory on a path, unless something else needs it.
func (in *intake) leave(id watchID) {
	if in.paths[id]--; in.paths[id] > 0 {
		return
	}
	delete(in.paths, id)
	if in.index.watches[id] == nil {
		in.engine.unwatch(id)
	}
}

// pathWalk is a walk along a path.
type pathWalk struct {
	in    *intake
	at    string // where it is: a path without symbolic links
	rest  []string
	links []link
	jumps int
}

// maxJumps is how many symbolic links the kernel follows.
const maxJumps = 40

func (t *pathWalk) follow() (facts, error) {
	f, err := look(unix.AT_FDCWD, t.at)
	for err == nil && len(t.rest) > 0 {
		name := t.rest[0]
		t.rest = t.rest[1:]
		switch name {
		case "", ".":
		case "..":
			t.at = t.above()
			f, err = look(unix.AT_FDCWD, t.at)
		default:
			f, err = t.step(name)
		}
	}
	// A directory that somebody is in doesn't tell that it was removed. The one
	// above does.
	if id, ok := t.watch(t.above(), removals); ok {
		t.links = append(t.links, link{id, t.at[strings.LastIndexByte(t.at, '/')+1:]})
	}
	return f, err
}

// above is the directory above.
func (t *pathWalk) above() string { return t.at[:max(strings.LastIndexByte(t.at, '/'), 1)] }

// step goes to name. What may make it lead elsewhere is watched before it is
// looked up, so that what happens from then on is told. A directory is watched
// itself: watching the one it is in would wake us for every other name there,
// and that may be /tmp.
func (t *pathWalk) step(name string) (facts, error) {
	next := strings.TrimSuffix(t.at, "/") + "/" + name
	if id, ok := t.watch(next, itself); ok {
		f, err := look(unix.AT_FDCWD, next)
		if err == nil && f.isDir() {
			t.links = append(t.links, link{watch: id})
			t.at = next
			return f, nil
		}
		t.in.paths[id]++ // it was replaced since
		t.in.leave(id)
	}
	// A directory that can't be read can't be watched. It stands to reason
	// that whoever may not read it is not the one who moves its names.
	if id, ok := t.watch(t.at, onPath); ok {
		t.links = append(t.links, link{id, name})
	}
	f, err := look(unix.AT_FDCWD, next)
	switch {
	case err != nil:
		return f, err
	case f.mode&unix.S_IFMT == unix.S_IFLNK:
		return t.jump(next)
	case !f.isDir():
		return f, unix.ENOTDIR
	}
	t.at = next
	return f, nil
}

// jump follows the symbolic link at path.
func (t *pathWalk) jump(path string) (facts, error) {
	if t.jumps++; t.jumps > maxJumps {
		return facts{}, unix.ELOOP
	}
	target, err := os.Readlink(path)
	if err != nil {
		return facts{}, err
	}
	if strings.HasPrefix(target, "/") {
		t.at = "/"
	}
	t.rest = append(strings.Split(target, "/"), t.rest...)
	return look(unix.AT_FDCWD, t.at)
}

// watch watches a directory on the path, if it can be.
func (t *pathWalk) watch(path string, what interest) (watchID, bool) {
	if t.in.deaf {
		return 0, false
	}
	id, err := t.in.engine.watch(path, -1, what)
	if errors.Is(err, unix.ENOSPC) {
		t.in.short(path)
	}
	return id, err == nil
}
