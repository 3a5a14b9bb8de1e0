// Package kernel is the seam between the reactor and Linux: the system calls
// it makes, one method each, so that a test can make any of them fail.
//
// Real makes the calls. Faulty makes them through another Kernel and fails
// those it was told to fail. WithClock drives timerfds from a clock that is
// turned by hand.
package kernel

import "golang.org/x/sys/unix"

// Kernel is the set of system calls the reactor and its sources make. Every
// descriptor it returns is non-blocking and close-on-exec; errors are bare
// errno values.
type Kernel interface {
	Poller
	Timers
	Files
	Objects
	Inotify
	Processes
	Signals
	Pressures
	Messages
}

// Poller is what the loop needs of epoll.
type Poller interface {
	EpollCreate() (int, error)
	EpollCtl(epfd, op, fd int, ev *unix.EpollEvent) error
	// EpollPoll collects what is ready and never waits.
	EpollPoll(epfd int, evs []unix.EpollEvent) (int, error)
}

// Timers is what the timer heaps need of timerfd. A clock is given by the
// kernel's number for it.
type Timers interface {
	TimerfdCreate(clock int32) (int, error)
	// TimerfdSet arms fd for an absolute time in nanoseconds on its clock; 0
	// disarms it. On the wall clock a later step of the clock makes the next
	// read fail with ECANCELED.
	TimerfdSet(fd int, clock int32, at int64) error
}

// Files is what is done with a descriptor, whatever it is.
type Files interface {
	Read(fd int, p []byte) (int, error)
	Write(fd int, p []byte) (int, error)
	Close(fd int) error
	// Readable is FIONREAD: bytes that can be read now.
	Readable(fd int) (int, error)
	// Writable is the free space in a pipe's or socket's buffer (clause W2).
	Writable(fd int) (int, error)
}

// Objects is what is asked of the object that a descriptor is open on.
type Objects interface {
	Fstat(fd int, st *unix.Stat_t) error
	Readlink(path string) (string, error)
	// Duplicate makes another descriptor of the same object.
	Duplicate(fd int) (int, error)
	// SocketOption reads an option of a socket that is a number.
	SocketOption(fd, level, option int) (int, error)
	SetSocketOption(fd, level, option, value int) error
}

// Inotify is what the inotify engine needs.
type Inotify interface {
	InotifyInit() (int, error)
	InotifyAdd(fd int, path string, mask uint32) (int, error)
	InotifyRemove(fd, wd int) error
}

// Processes is what watching a process needs.
type Processes interface {
	PidfdOpen(pid int) (int, error)
	// PidfdInfo asks PIDFD_GET_INFO for the mask given; ENOTTY on kernels without it.
	PidfdInfo(fd int, mask uint64) (unix.PidfdInfo, error)
	// WaitNoReap asks for a child's exit and leaves it waitable; ECHILD when
	// the process is no child of ours.
	WaitNoReap(pidfd int) (code, status int, err error)
	// ConnectorOpen makes a socket of the process connector that lets answers and
	// the events given pass (PROC_EVENT_… of linux/cn_proc.h), but for threads that
	// are started. What it is asked and tells goes through Messages.
	ConnectorOpen(events uint32) (int, error)
}

// Signals is what counting signals exactly needs.
type Signals interface {
	Signalfd(set *unix.Sigset_t) (int, error)
}

// Pressures is what watching the kernel's pressure files needs.
type Pressures interface {
	// Open opens a file that exists, with the flags of open(2).
	Open(path string, flags int) (int, error)
	// Poll is poll(2) and never waits.
	Poll(fds []unix.PollFd) (int, error)
}

// Messages is what a socket with messages needs.
type Messages interface {
	// Recvmsg never waits. from is nil when the sender has no address; n is the
	// message's length, also when p is shorter, if flags has MSG_TRUNC.
	Recvmsg(fd int, p, oob []byte, flags int) (n, oobn, recvflags int, from unix.Sockaddr, err error)
	// Sendmsg never waits. to is nil on a connected socket.
	Sendmsg(fd int, p, oob []byte, to unix.Sockaddr) error
}
