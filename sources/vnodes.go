package sources

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/fsnotify/fsnotify"

	"github.com/reactord/reactord/reactor"
)

// Vnodes makes vnode sources that share one fsnotify watcher, which is open
// while one of them is active. The zero value is ready.
type Vnodes struct {
	mu      sync.Mutex
	watcher *fsnotify.Watcher // nil: no source is active
	ended   chan struct{}     // closed when the watcher's goroutines have ended
	inodes  map[inode]*watched
	byPath  map[string]*watched
	mounts  *Mounts // nil: nobody wants to know
	names   *names  // nil: the same
	// refuse, for tests, may refuse a watch in fsnotify's place.
	refuse func() error
}

type inode struct{ dev, ino uint64 }

// watched is one inode and the sources that follow it. fsnotify knows it by
// one path, so sources of one inode share a descriptor of ours: theirs come
// and go.
type watched struct {
	fd      int
	path    string
	vnodes  []*vnode
	dropped bool // fsnotify doesn't watch it

	place         // where names has it
	named    bool // somebody wants to know its name
	unplaced bool // it is to be looked for
}

// New returns an inactive source for what mask selects of the object fd is
// open on (section V of the contract). A descriptor opened with O_PATH will
// do. It is the caller's, to be closed in the cancel handler, or as soon as the source
// is active: that has one of its own.
//
// Renames are told with the old and the new name, also of directories, also
// from one directory to another, and within one directory each, however fast they
// follow. Of those that lead elsewhere two between two looks are one. For that, and
// for the deletion of directories, the directory of the object is watched too.
func (n *Vnodes) New(label string, target *reactor.Queue, fd int, mask VnodeMask) (*reactor.Source[VnodeEvent], error) {
	src, _, err := makeVnode(n, label, target, fd, mask)
	return src, err
}

// NewArrived is New for an object that somebody waited for: what it holds by the time
// the source is active was written since, and is told so.
func (n *Vnodes) NewArrived(label string, target *reactor.Queue, fd int, mask VnodeMask) (*reactor.Source[VnodeEvent], error) {
	src, v, err := makeVnode(n, label, target, fd, mask)
	if err == nil {
		v.arrived = true
	}
	return src, err
}

func (n *Vnodes) add(v *vnode) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.watcher == nil {
		if err := n.openLocked(); err != nil {
			return err
		}
	}
	if v.mask&VnodeRevoke != 0 && n.mounts == nil {
		var err error
		if n.mounts, err = WatchMounts(v.source.Reactor(), n.mountsChanged); err != nil {
			n.closeLocked()
			return err
		}
	}
	if v.named() && n.names == nil {
		var err error
		if n.names, err = followNames(v.source.Reactor(), n.namesTold); err != nil {
			n.closeLocked()
			return err
		}
	}
	if w := n.inodes[v.inode]; w != nil {
		w.vnodes = append(w.vnodes, v)
		w.want(v)
		v.held = w.fd
		return nil
	}
	k := v.source.Reactor().Kernel()
	fd, err := k.Duplicate(v.fd)
	if err != nil {
		n.closeLocked()
		return fmt.Errorf("duplicate descriptor %d: %w", v.fd, descriptors(err))
	}
	w := &watched{fd: fd, path: procPath(fd), vnodes: []*vnode{v}}
	if err := n.watchLocked(w); err != nil {
		_ = k.Close(fd)
		n.closeLocked()
		return err
	}
	w.want(v)
	v.held = fd
	n.inodes[v.inode], n.byPath[w.path] = w, w
	return nil
}

// watchLocked has fsnotify watch w.
func (n *Vnodes) watchLocked(w *watched) (err error) {
	if n.refuse != nil {
		err = n.refuse()
	}
	if err == nil {
		err = n.watcher.Add(w.path)
	}
	if w.dropped = err != nil; w.dropped {
		return fmt.Errorf("watch %s: %w", w.vnodes[0].path(), limits(err))
	}
	return nil
}

// watch has v watched, and its name followed, if it isn't any more.
func (n *Vnodes) watch(v *vnode) (err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	w := n.inodes[v.inode]
	if w == nil {
		return nil
	}
	if w.dropped {
		err = n.watchLocked(w)
	}
	if w.unplaced {
		err = errors.Join(err, n.placeLocked(w))
	}
	return err
}

func (n *Vnodes) remove(v *vnode) {
	n.mu.Lock()
	w := n.inodes[v.inode]
	for i, other := range w.vnodes {
		if other == v {
			w.vnodes = append(w.vnodes[:i:i], w.vnodes[i+1:]...)
			break
		}
	}
	if len(w.vnodes) == 0 {
		delete(n.inodes, v.inode)
		delete(n.byPath, w.path)
		if n.names != nil {
			n.names.leave(w)
		}
		_ = n.watcher.Remove(w.path) // gone already when the object is
		_ = v.source.Reactor().Kernel().Close(w.fd)
	}
	ended := n.closeLocked()
	n.mu.Unlock()
	if ended != nil {
		<-ended
	}
}

// openLocked makes the watcher and its two goroutines. Errors are drained by
// one that never calls the watcher: fsnotify sends them under the lock that
// Add and Remove take. The channels are unbuffered, so that the mark of an
// overflow keeps its place among the events.
func (n *Vnodes) openLocked() error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("open fsnotify watcher: %w", limits(err))
	}
	n.watcher, n.ended = w, make(chan struct{})
	n.inodes, n.byPath = map[inode]*watched{}, map[string]*watched{}
	var rest sync.WaitGroup
	rest.Go(func() {
		for range w.Errors {
			// An overflow or a failed read: what was missed is found by looking.
			rest.Go(n.lookAtAll)
		}
	})
	go func(ended chan struct{}) {
		defer close(ended)
		for ev := range w.Events {
			n.told(ev)
		}
		rest.Wait()
	}(n.ended)
	return nil
}

// closeLocked closes the watcher when nobody needs it and returns what is
// closed when its goroutines have ended.
func (n *Vnodes) closeLocked() <-chan struct{} {
	if len(n.inodes) > 0 || n.watcher == nil {
		return nil
	}
	if n.mounts != nil {
		n.mounts.Close()
		n.mounts = nil
	}
	if n.names != nil {
		n.names.close()
		n.names = nil
	}
	w := n.watcher
	n.watcher = nil
	go func() { _ = w.Close() }() // waits for its reader, which may wait for told, which waits for mu
	return n.ended
}

func (n *Vnodes) told(ev fsnotify.Event) {
	n.mu.Lock()
	path := ev.Name
	w := n.byPath[path]
	if w == nil { // an entry of a watched directory
		path = path[:max(strings.LastIndexByte(path, '/'), 0)]
		w = n.byPath[path]
	}
	if w == nil {
		n.mu.Unlock()
		return
	}
	if ev.Name == path && ev.Has(fsnotify.Rename) {
		// fsnotify has dropped the watch of what was renamed. Refused, it is asked
		// for again by all that follow the object, whichever of them stays.
		if err := n.watchLocked(w); err != nil {
			w.later(err)
		}
		if w.directory != nil { // behind what its directory has told
			vnodes := w.vnodes
			n.names.queue.Async(func() {
				n.namesTold()
				for _, v := range vnodes {
					v.told(0)
				}
			})
			n.mu.Unlock()
			return
		}
	}
	vnodes := w.vnodes
	n.mu.Unlock()
	var hint VnodeMask
	switch {
	case ev.Name != path && !ev.Has(fsnotify.Write|fsnotify.Chmod):
		hint = VnodeWrite // an entry came or went
	case ev.Name == path && ev.Has(fsnotify.Write):
		hint = VnodeWrite
	case ev.Name == path && ev.Has(fsnotify.Chmod):
		hint = VnodeAttrib
	}
	for _, v := range vnodes {
		v.told(hint)
	}
}

func (n *Vnodes) lookAtAll() {
	for _, v := range n.all() {
		v.told(0)
	}
}

// mountsChanged runs on the queue of the mounts. It finds the objects whose mount
// is gone.
func (n *Vnodes) mountsChanged() {
	all := n.all()
	if len(all) == 0 {
		return
	}
	mounts, err := mountsNow(all[0].source.Reactor().Kernel())
	for _, v := range all {
		switch {
		case !v.mounted:
		case err != nil:
			v.retry.later(err)
		default:
			v.mountsAre(mounts)
		}
	}
}

func (n *Vnodes) all() (all []*vnode) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, w := range n.inodes {
		all = append(all, w.vnodes...)
	}
	return all
}
