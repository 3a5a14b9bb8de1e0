package sources

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
)

// names follows the names of objects through the directories these are in, by an
// inotify instance of its own. So each rename within a directory is told, however
// fast they follow each other, and that a directory is gone, which one that is held
// open doesn't tell itself. fsnotify can do neither: it doesn't tell which two
// halves are one rename, and drops what was renamed.
//
// What is read is dealt with on its queue, under the lock of Vnodes.
type names struct {
	reactor *reactor.Reactor
	fd      int
	watch   *reactor.Watch
	queue   *reactor.Queue
	waits   atomic.Bool // a drain is on its way

	buffer      []byte
	directories map[int]*directory  // by watch descriptor
	leaving     map[uint32]*watched // between the halves of a rename, by its cookie
}

// directory is one that is watched for the names in it.
type directory struct {
	id      int
	names   map[string]*watched
	members int // those in it, also between the halves of a rename
}

// place is where an object has its name, as the records that were read have it.
type place struct {
	directory *directory // nil: not followed
	name      string
	cookie    uint32 // of the rename whose first half was read; 0: none
	path      string
}

// nameMask is what is told of a directory.
const nameMask = unix.IN_MOVED_FROM | unix.IN_MOVED_TO | unix.IN_DELETE | unix.IN_ONLYDIR

// namesBuffer holds some 500 records with short names.
const namesBuffer = 16 << 10

// followNames makes names; told is called on its queue when there is something to
// read.
func followNames(r *reactor.Reactor, told func()) (*names, error) {
	k := r.Kernel()
	fd, err := k.InotifyInit()
	if err != nil {
		return nil, fmt.Errorf("vnode: open inotify: %w", limits(err))
	}
	s := &names{reactor: r, fd: fd, queue: r.NewQueue("vnode names"), buffer: make([]byte, namesBuffer),
		directories: map[int]*directory{}, leaving: map[uint32]*watched{}}
	s.watch, err = r.Watch(fd, reactor.In, reactor.Edge, func(reactor.Readiness) {
		if !s.waits.Swap(true) {
			s.queue.Async(func() { s.waits.Store(false); told() })
		}
	})
	if err != nil {
		_ = k.Close(fd)
		return nil, fmt.Errorf("vnode: watch inotify: %w", err)
	}
	return s, nil
}

func (s *names) close() {
	s.watch.Close()
	_ = s.reactor.Kernel().Close(s.fd)
}

// enter follows the name of w, which is path, from now on. Where the directory
// can't be watched it isn't followed.
func (s *names) enter(w *watched, path string) error {
	k := s.reactor.Kernel()
	id, err := k.InotifyAdd(s.fd, filepath.Dir(path), nameMask)
	for errors.Is(err, unix.EINTR) {
		id, err = k.InotifyAdd(s.fd, filepath.Dir(path), nameMask)
	}
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR), errors.Is(err, unix.EACCES), errors.Is(err, unix.ELOOP):
		s.leave(w)
		return nil
	case err != nil:
		s.leave(w)
		return fmt.Errorf("watch the directory of %s: %w", path, limits(err))
	}
	d := s.directories[id]
	if d == nil {
		d = &directory{id: id, names: map[string]*watched{}}
		s.directories[id] = d
	}
	d.members++
	s.leave(w)
	w.place = place{directory: d, path: path}
	s.rename(w, filepath.Base(path))
	return nil
}

// rename gives w another name in its directory.
func (s *names) rename(w *watched, name string) {
	w.name, w.cookie, w.place.path = name, 0, filepath.Join(filepath.Dir(w.place.path), name)
	w.directory.names[name] = w
}

// leave stops following the name of w.
func (s *names) leave(w *watched) {
	d := w.directory
	if d == nil {
		return
	}
	if d.names[w.name] == w {
		delete(d.names, w.name)
	}
	delete(s.leaving, w.cookie)
	w.place = place{}
	if d.members--; d.members == 0 && s.directories[d.id] == d {
		delete(s.directories, d.id)
		_ = s.reactor.Kernel().InotifyRemove(s.fd, d.id)
	}
}

// take takes in a record. It returns the object that was renamed within its
// directory, and one that may have lost its name or gone elsewhere.
func (s *names) take(h happened) (renamed, unsure *watched) {
	d := s.directories[h.directory]
	if d == nil {
		return nil, nil
	}
	w := d.names[h.name]
	switch {
	case h.mask&unix.IN_MOVED_FROM != 0 && w != nil:
		delete(d.names, h.name)
		w.cookie = h.cookie
		s.leaving[h.cookie] = w
	case h.mask&unix.IN_MOVED_TO != 0:
		unsure = w // another object has taken its name
		if came := s.leaving[h.cookie]; came != nil {
			delete(s.leaving, h.cookie)
			if came.directory != d {
				return nil, came
			}
			s.rename(came, h.name)
			renamed = came
		}
	case h.mask&unix.IN_DELETE != 0:
		unsure = w
	}
	return renamed, unsure
}

// happened is what one record is about.
type happened struct {
	directory int
	mask      uint32
	cookie    uint32
	name      string
}

// read takes one buffer of records off; nil: there are none.
func (s *names) read() (some []happened, err error) {
	buf := s.buffer
	n, err := s.reactor.Kernel().Read(s.fd, buf)
	for errors.Is(err, unix.EINTR) {
		n, err = s.reactor.Kernel().Read(s.fd, buf)
	}
	if err != nil {
		if errors.Is(err, unix.EAGAIN) {
			err = nil
		}
		return nil, err
	}
	word := func(at int) uint32 { return binary.NativeEndian.Uint32(buf[at:]) }
	for at := 0; n-at >= unix.SizeofInotifyEvent; {
		end := at + unix.SizeofInotifyEvent + int(word(at+12))
		if end > n {
			break
		}
		name, _, _ := strings.Cut(string(buf[at+unix.SizeofInotifyEvent:end]), "\x00")
		some = append(some, happened{int(int32(word(at))), word(at + 4), word(at + 8), name})
		at = end
	}
	return some, nil
}
