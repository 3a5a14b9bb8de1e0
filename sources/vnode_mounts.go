package sources

import (
	"bytes"
	"fmt"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
)

// mount is what names a mount while it is there. The number alone may be another
// one's afterwards.
type mount struct {
	id           int
	root         string
	major, minor int
}

// mountOf is the mount of what fd is open on; false on kernels that don't tell
// (before 5.8).
func mountOf(k kernel.Kernel, fd int) (m mount, known bool, err error) {
	var st unix.Statx_t
	err = unix.Statx(fd, "", unix.AT_EMPTY_PATH|unix.AT_SYMLINK_NOFOLLOW, unix.STATX_MNT_ID, &st)
	if err != nil || st.Mask&unix.STATX_MNT_ID == 0 {
		return mount{}, false, nil
	}
	all, err := mountsNow(k)
	if err != nil {
		return mount{}, false, err
	}
	for m := range all {
		if m.id == int(st.Mnt_id) {
			return m, true, nil
		}
	}
	return mount{}, false, nil
}

// mountsFile has a line for each mount of the process's mount namespace.
const mountsFile = "/proc/self/mountinfo"

func mountsNow(k kernel.Kernel) (map[mount]bool, error) {
	text, err := readWhole(k, mountsFile)
	if err != nil {
		return nil, fmt.Errorf("list mounts: %w", descriptors(err))
	}
	infos, err := mountinfo.GetMountsFromReader(bytes.NewReader(text), nil)
	if err != nil {
		return nil, fmt.Errorf("list mounts: %w", err)
	}
	all := make(map[mount]bool, len(infos))
	for _, m := range infos {
		all[mount{m.ID, m.Root, m.Major, m.Minor}] = true
	}
	return all, nil
}

// readWhole reads a file of the kernel's to its end.
func readWhole(k kernel.Kernel, path string) (text []byte, err error) {
	fd, err := k.Open(path, unix.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer func() { _ = k.Close(fd) }()
	var buf [16 << 10]byte
	for {
		n, err := k.Read(fd, buf[:])
		switch {
		case err == unix.EINTR:
		case err != nil:
			return nil, err
		case n == 0:
			return text, nil
		}
		text = append(text, buf[:n]...)
	}
}

// Mounts tells when something is mounted or unmounted. Nothing else does: an object
// that is held open keeps its filesystem, and fsnotify is silent. It costs a
// descriptor.
type Mounts struct {
	reactor *reactor.Reactor
	fd      int
	watch   *reactor.Watch
}

// WatchMounts has changed called, on a serial queue of its own, whenever something
// was mounted or unmounted in the mount namespace of the process.
func WatchMounts(r *reactor.Reactor, changed func()) (*Mounts, error) {
	fd, err := r.Kernel().Open(mountsFile, unix.O_RDONLY|unix.O_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", mountsFile, descriptors(err))
	}
	queue := r.NewQueue("mounts")
	// The file is always readable, so that each wake-up is an edge. That it has
	// changed, EPOLLPRI, is told to whoever asks first, and that may be the epoll
	// instance the loop's is nested in.
	watch, err := r.Watch(fd, reactor.In, reactor.Edge, func(reactor.Readiness) { queue.Async(changed) })
	if err != nil {
		_ = r.Kernel().Close(fd)
		return nil, fmt.Errorf("watch %s: %w", mountsFile, err)
	}
	return &Mounts{r, fd, watch}, nil
}

// Close ends it. A call that is on its way may still come.
func (m *Mounts) Close() {
	m.watch.Close()
	_ = m.reactor.Kernel().Close(m.fd)
}
