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
	// links are the names that path leads over, each in a directory that is
	// watched for it as far as it may be.
	links   []link
	missing error // why it is waited for, once that was told
	unsure  bool  // to be sought when the stream is dry
}

// link is a name in a directory.
type link struct {
	watch watchID
	name  string
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
			if l.watch == r.watch && (l.name == r.name || r.happening == ended || r.happening == unmounted) {
				in.seek(root, how{moved: r.happening == movedFrom, rescan: r.happening != movedFrom})
				break
			}
		}
	}
}

// trace follows the path of r from the top, symbolic links included, and has
// every name on the way watched in its directory. It returns what is at the
// end, which must be a directory.
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
	if err == nil && !f.isDir() {
		err = unix.ENOTDIR
	}
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
			t.at = t.at[:max(strings.LastIndexByte(t.at, '/'), 1)]
			f, err = look(unix.AT_FDCWD, t.at)
		default:
			f, err = t.step(name)
		}
	}
	return f, err
}

// step goes to name. The directory is watched before the name is looked up, so
// that what happens to it from then on is told.
func (t *pathWalk) step(name string) (facts, error) {
	if !t.in.deaf {
		// A directory that can't be read can't be watched. It stands to reason
		// that whoever may not read it is not the one who moves its names.
		if id, err := t.in.engine.watch(t.at, -1, onPath); err == nil {
			t.links = append(t.links, link{id, name})
		} else if errors.Is(err, unix.ENOSPC) {
			t.in.limited = true
		}
	}
	next := strings.TrimSuffix(t.at, "/") + "/" + name
	f, err := look(unix.AT_FDCWD, next)
	if err != nil || f.mode&unix.S_IFMT != unix.S_IFLNK {
		t.at = next
		return f, err
	}
	if t.jumps++; t.jumps > maxJumps {
		return facts{}, unix.ELOOP
	}
	target, err := os.Readlink(next)
	if err != nil {
		return facts{}, err
	}
	if strings.HasPrefix(target, "/") {
		t.at = "/"
	}
	t.rest = append(strings.Split(target, "/"), t.rest...)
	return look(unix.AT_FDCWD, t.at)
}

// doubtRoots has all roots sought.
func (in *intake) doubtRoots() {
	for _, r := range in.roots {
		r.unsure, in.unsure = true, true
	}
}
