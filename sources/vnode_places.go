package sources

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// want takes in what v wants to know of w.
func (w *watched) want(v *vnode) {
	if v.named() {
		w.named, w.unplaced = true, true
	}
}

// moved looks for the name of an object that isn't where it was.
func (n *Vnodes) moved(v *vnode) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if w := n.inodes[v.inode]; w != nil && w.named {
		return n.placeLocked(w)
	}
	return nil
}

// placings bounds the attempts to find an object that is being renamed.
const placings = 8

// placeLocked looks where w is and follows its name from there on.
func (n *Vnodes) placeLocked(w *watched) error {
	w.unplaced = true
	for range placings {
		now, err := w.vnodes[0].look(w.fd)
		if err != nil {
			return err
		}
		for _, v := range w.vnodes {
			v.placed(now)
		}
		if !now.named() {
			n.names.leave(w)
			break
		}
		if w.directory != nil && w.place.path == now.path {
			break
		}
		if err := n.names.enter(w, now.path); err != nil {
			w.follow(false)
			return err
		}
		if w.directory == nil {
			break
		}
		// What lies below a mount has a path that leads elsewhere.
		var st unix.Stat_t
		if err := unix.Lstat(now.path, &st); err != nil || (inode{st.Dev, st.Ino}) != w.vnodes[0].inode {
			n.names.leave(w)
		}
	}
	w.follow(w.directory != nil)
	w.unplaced = false
	return nil
}

// follow says whether what names tells is all there is to know of renames within
// the directory.
func (w *watched) follow(followed bool) {
	for _, v := range w.vnodes {
		v.follow(followed)
	}
}

// namesTold reads what names has, on its queue.
func (n *Vnodes) namesTold() {
	for n.readNames() {
	}
}

// readNames reads a buffer of names and reports whether there may be more.
func (n *Vnodes) readNames() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.names == nil {
		return false
	}
	some, err := n.names.read()
	if err != nil {
		for _, w := range n.inodes {
			w.unplaced = w.named
			w.later(fmt.Errorf("vnode: read inotify: %w", err))
		}
		return false
	}
	for _, h := range some {
		n.nameLocked(h)
	}
	return len(some) > 0
}

// nameLocked deals with one record.
func (n *Vnodes) nameLocked(h happened) {
	again := func(w *watched) {
		if err := n.placeLocked(w); err != nil {
			w.later(err)
		}
	}
	switch {
	case h.mask&unix.IN_Q_OVERFLOW != 0:
		for _, w := range n.inodes {
			if w.named {
				n.names.leave(w) // what was read is not where it is
				again(w)
			}
		}
	case h.mask&unix.IN_IGNORED != 0:
		d := n.names.directories[h.directory]
		delete(n.names.directories, h.directory)
		for _, w := range n.inodes {
			if d != nil && w.directory == d {
				n.names.leave(w)
				again(w)
			}
		}
	default:
		renamed, unsure := n.names.take(h)
		if renamed != nil {
			for _, v := range renamed.vnodes {
				v.renamed(renamed.name)
			}
		}
		if unsure != nil && unsure != renamed {
			again(unsure)
		}
	}
}

// later tries again what went wrong.
func (w *watched) later(err error) {
	for _, v := range w.vnodes {
		v.retry.later(err)
	}
}
