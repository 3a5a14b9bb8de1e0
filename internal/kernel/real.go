package kernel

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Real makes the system calls. Its zero value is ready.
type Real struct{}

var _ Kernel = Real{}

// EpollCreate implements Poller.
func (Real) EpollCreate() (int, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return -1, err
	}
	// The Go runtime takes a descriptor into its own poller only when it is
	// non-blocking; for an epoll instance the flag means nothing else.
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// EpollCtl implements Poller.
func (Real) EpollCtl(epfd, op, fd int, ev *unix.EpollEvent) error {
	return unix.EpollCtl(epfd, op, fd, ev)
}

// EpollPoll implements Poller. The call doesn't wait, so the scheduler need
// not be told of it (a raw system call, measured at half the price).
func (Real) EpollPoll(epfd int, evs []unix.EpollEvent) (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(epfd),
		uintptr(unsafe.Pointer(unsafe.SliceData(evs))), uintptr(len(evs)), 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// TimerfdCreate implements Timers.
func (Real) TimerfdCreate(clock int32) (int, error) {
	return unix.TimerfdCreate(int(clock), unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
}

// TimerfdSet implements Timers.
func (Real) TimerfdSet(fd int, clock int32, at int64) error {
	flags := unix.TFD_TIMER_ABSTIME
	if clock == unix.CLOCK_REALTIME {
		flags |= unix.TFD_TIMER_CANCEL_ON_SET
	}
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(at)}
	return unix.TimerfdSettime(fd, flags, &spec, nil)
}

// Read implements Files.
func (Real) Read(fd int, p []byte) (int, error) {
	n, err := unix.Read(fd, p)
	return max(n, 0), err
}

// Write implements Files.
func (Real) Write(fd int, p []byte) (int, error) {
	n, err := unix.Write(fd, p)
	return max(n, 0), err
}

// Close implements Files.
func (Real) Close(fd int) error { return unix.Close(fd) }

// Readable implements Files.
func (Real) Readable(fd int) (int, error) { return unix.IoctlGetInt(fd, unix.TIOCINQ) }

// Writable implements Files.
func (Real) Writable(fd int) (int, error) {
	if size, err := unix.FcntlInt(uintptr(fd), unix.F_GETPIPE_SZ, 0); err == nil {
		unread, err := unix.IoctlGetInt(fd, unix.TIOCINQ)
		return max(size-unread, 0), err
	}
	size, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF)
	if err != nil {
		return 0, err
	}
	queued, err := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
	return max(size-queued, 0), err
}

// Fstat implements Objects.
func (Real) Fstat(fd int, st *unix.Stat_t) error { return unix.Fstat(fd, st) }

// Readlink implements Objects.
func (Real) Readlink(path string) (string, error) {
	var buf [unix.PathMax]byte // longer than any link
	n, err := unix.Readlink(path, buf[:])
	return string(buf[:max(n, 0)]), err
}

// Duplicate implements Objects.
func (Real) Duplicate(fd int) (int, error) {
	return unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
}

// SocketOption implements Objects.
func (Real) SocketOption(fd, level, option int) (int, error) {
	return unix.GetsockoptInt(fd, level, option)
}

// SetSocketOption implements Objects.
func (Real) SetSocketOption(fd, level, option, value int) error {
	return unix.SetsockoptInt(fd, level, option, value)
}

// InotifyInit implements Inotify.
func (Real) InotifyInit() (int, error) {
	return unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
}

// InotifyAdd implements Inotify.
func (Real) InotifyAdd(fd int, path string, mask uint32) (int, error) {
	return unix.InotifyAddWatch(fd, path, mask)
}

// InotifyRemove implements Inotify.
func (Real) InotifyRemove(fd, wd int) error {
	_, err := unix.InotifyRmWatch(fd, uint32(wd))
	return err
}

// PidfdOpen implements Processes.
func (Real) PidfdOpen(pid int) (int, error) { return unix.PidfdOpen(pid, unix.PIDFD_NONBLOCK) }

// PidfdInfo implements Processes.
func (Real) PidfdInfo(fd int, mask uint64) (unix.PidfdInfo, error) {
	info := unix.PidfdInfo{Mask: mask}
	err := unix.IoctlPidfdInfo(fd, &info)
	return info, err
}

// siginfoChild is what waitid(2) fills in for a child (siginfo_t, _sigchld).
type siginfoChild struct {
	signo, errno, code, _ int32
	pid                   int32
	uid                   uint32
	status                int32
	_                     [100]byte
}

// WaitNoReap implements Processes.
func (Real) WaitNoReap(pidfd int) (code, status int, err error) {
	var info siginfoChild
	_, _, errno := unix.Syscall6(unix.SYS_WAITID, unix.P_PIDFD, uintptr(pidfd),
		uintptr(unsafe.Pointer(&info)), unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, 0, 0)
	if errno != 0 {
		return 0, 0, errno
	}
	if info.pid == 0 {
		return 0, 0, unix.EAGAIN
	}
	return int(info.code), int(info.status), nil
}

// Signalfd implements Signals.
func (Real) Signalfd(set *unix.Sigset_t) (int, error) {
	return unix.Signalfd(-1, set, unix.SFD_NONBLOCK|unix.SFD_CLOEXEC)
}

// Open implements Pressures.
func (Real) Open(path string, flags int) (int, error) {
	return unix.Open(path, flags|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
}

// Poll implements Pressures.
func (Real) Poll(fds []unix.PollFd) (int, error) { return unix.Poll(fds, 0) }

// Recvmsg implements Messages. A message's descriptors are close-on-exec.
func (Real) Recvmsg(fd int, p, oob []byte, flags int) (n, oobn, recvflags int, from unix.Sockaddr, err error) {
	return unix.Recvmsg(fd, p, oob, flags|unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC)
}

// Sendmsg implements Messages.
func (Real) Sendmsg(fd int, p, oob []byte, to unix.Sockaddr) error {
	return unix.Sendmsg(fd, p, oob, to, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
}
