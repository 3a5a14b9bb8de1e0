package files

import (
	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
)

// mountTable is what shows that something was mounted or unmounted, which no
// directory tells: a root may have come, gone or been covered by that (FS9).
const mountTable = "/proc/self/mountinfo"

// mounts is the watch on the table of mounts.
type mounts struct {
	fd      int // -1: not open
	watch   *reactor.Watch
	changed *errand
}

// watchMounts has the roots sought whenever the mounts change.
func (in *intake) watchMounts() {
	fd, err := unix.Open(mountTable, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err == nil {
		in.mounts.fd = fd
		in.mounts.watch, err = in.reactor.Watch(fd, reactor.Pri, reactor.Edge, func(reactor.Readiness) {
			in.mounts.changed.submit()
		})
	}
	if err != nil {
		in.report(Problem{Kind: Failed, Path: mountTable, Err: err,
			Remedy: "a root that is mounted later will be noticed late"})
	}
}

// remounted is submitted when the mounts have changed.
func (in *intake) remounted() {
	in.doubtRoots()
	in.read()
}

func (m *mounts) close() {
	if m.watch != nil {
		m.watch.Close()
	}
	if m.fd >= 0 {
		_ = unix.Close(m.fd)
	}
	m.watch, m.fd = nil, -1
}
