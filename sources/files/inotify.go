package files

import (
	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
)

// inotify is the default engine: one watch for each directory.
type inotify struct {
	kernel kernel.Kernel
	fd     int
	tree   uint32 // the mask of a directory in a tree
	buffer []byte
	taken  uint64 // bytes read so far, the position in the stream
}

var _ engine = (*inotify)(nil)

const (
	treeMask = unix.IN_CREATE | unix.IN_CLOSE_WRITE | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO |
		unix.IN_ATTRIB | unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_ONLYDIR | unix.IN_EXCL_UNLINK
	pathMask = unix.IN_CREATE | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO | unix.IN_ONLYDIR |
		// Added: the directory may lie in a tree that is watched for more.
		unix.IN_MASK_ADD
	selfMask = unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_ONLYDIR | unix.IN_DONT_FOLLOW | unix.IN_MASK_ADD
)

// newInotify returns an engine that isn't open. writes asks for every write,
// which is a storm where files are written.
func newInotify(k kernel.Kernel, writes bool) *inotify {
	e := &inotify{kernel: k, fd: -1, tree: treeMask}
	if writes {
		e.tree |= unix.IN_MODIFY
	}
	return e
}

func (e *inotify) name() string { return "inotify" }

const (
	// bufferSize holds some 2,000 records with short names. The kernel hands
	// over whole records only.
	bufferSize = 64 << 10
	// longestRecord is one with a name of NAME_MAX and its end.
	longestRecord = unix.SizeofInotifyEvent + 256
)

func (e *inotify) open() (int, error) {
	fd, err := e.kernel.InotifyInit()
	if err != nil {
		return -1, err
	}
	e.fd = fd
	e.buffer = make([]byte, bufferSize)
	return fd, nil
}

func (e *inotify) watch(path string, fd int, what interest) (watchID, error) {
	mask := e.tree
	switch what {
	case onPath:
		mask = pathMask
	case itself:
		mask = selfMask
	case removals:
		mask = unix.IN_DELETE | unix.IN_ONLYDIR | unix.IN_MASK_ADD
	}
	if fd >= 0 {
		path = byDescriptor(fd)
	}
	wd, err := e.kernel.InotifyAdd(e.fd, path, mask)
	for err == unix.EINTR {
		wd, err = e.kernel.InotifyAdd(e.fd, path, mask)
	}
	if err != nil {
		return 0, err
	}
	return watchID(wd), nil
}

func (e *inotify) unwatch(id watchID) {
	// inotify_rm_watch gives EINVAL when the directory is gone and IN_IGNORED
	// is queued: the watch ended by itself.
	_ = e.kernel.InotifyRemove(e.fd, int(id))
}

func (e *inotify) read(to []record, now reactor.Instant) ([]record, int, error) {
	n, err := e.kernel.Read(e.fd, e.buffer)
	for err == unix.EINTR {
		n, err = e.kernel.Read(e.fd, e.buffer)
	}
	if err != nil {
		return to, 0, err
	}
	to = decode(e.buffer[:n], e.taken, now, to)
	e.taken += uint64(n)
	if n <= bufferSize-longestRecord {
		return to, n, unix.EAGAIN // there was room for another
	}
	return to, n, nil
}

// filled counts what waits in the kernel.
func (e *inotify) filled() (uint64, error) {
	n, err := e.kernel.Readable(e.fd)
	for err == unix.EINTR {
		n, err = e.kernel.Readable(e.fd)
	}
	return e.taken + uint64(n), err
}

func (e *inotify) close() error {
	if e.fd < 0 {
		return nil
	}
	fd := e.fd
	e.fd = -1
	return e.kernel.Close(fd)
}
