package kernel

import (
	"maps"
	"sync"

	"golang.org/x/sys/unix"
)

// Call names a system call of the interface, for Faulty.
type Call string

// The calls, by the name of their method.
const (
	EpollCreate     Call = "EpollCreate"
	EpollCtl        Call = "EpollCtl"
	EpollPoll       Call = "EpollPoll"
	TimerfdCreate   Call = "TimerfdCreate"
	TimerfdSet      Call = "TimerfdSet"
	Read            Call = "Read"
	Write           Call = "Write"
	Close           Call = "Close"
	Readable        Call = "Readable"
	Writable        Call = "Writable"
	Fstat           Call = "Fstat"
	Readlink        Call = "Readlink"
	Duplicate       Call = "Duplicate"
	SocketOption    Call = "SocketOption"
	SetSocketOption Call = "SetSocketOption"
	InotifyInit     Call = "InotifyInit"
	InotifyAdd      Call = "InotifyAdd"
	InotifyRemove   Call = "InotifyRemove"
	PidfdOpen       Call = "PidfdOpen"
	PidfdInfo       Call = "PidfdInfo"
	WaitNoReap      Call = "WaitNoReap"
	ConnectorOpen   Call = "ConnectorOpen"
	Signalfd        Call = "Signalfd"
	Open            Call = "Open"
	Poll            Call = "Poll"
	Recvmsg         Call = "Recvmsg"
	Sendmsg         Call = "Sendmsg"
)

// Faulty fails the calls it was told to fail and passes on the others. It may
// be used from several goroutines.
type Faulty struct {
	Kernel // where calls go that don't fail

	mu    sync.Mutex
	plan  map[Call][]error
	calls map[Call]int
}

// NewFaulty returns a Faulty over k that fails nothing yet.
func NewFaulty(k Kernel) *Faulty {
	return &Faulty{Kernel: k, plan: map[Call][]error{}, calls: map[Call]int{}}
}

// Fail makes the next calls of that name return the errors given, one each;
// a nil lets one call through.
func (f *Faulty) Fail(call Call, errs ...error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plan[call] = append(f.plan[call], errs...)
}

// Calls is how often the call was made, failed ones included.
func (f *Faulty) Calls(call Call) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[call]
}

// AllCalls is how often each call was made, failed ones included.
func (f *Faulty) AllCalls() map[Call]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.calls)
}

// Heal drops the failures that have not come about.
func (f *Faulty) Heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.plan)
}

func (f *Faulty) next(call Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[call]++
	plan := f.plan[call]
	if len(plan) == 0 {
		return nil
	}
	f.plan[call] = plan[1:]
	return plan[0]
}

// EpollCreate implements Poller.
func (f *Faulty) EpollCreate() (int, error) {
	if err := f.next(EpollCreate); err != nil {
		return -1, err
	}
	return f.Kernel.EpollCreate()
}

// EpollCtl implements Poller.
func (f *Faulty) EpollCtl(epfd, op, fd int, ev *unix.EpollEvent) error {
	if err := f.next(EpollCtl); err != nil {
		return err
	}
	return f.Kernel.EpollCtl(epfd, op, fd, ev)
}

// EpollPoll implements Poller.
func (f *Faulty) EpollPoll(epfd int, evs []unix.EpollEvent) (int, error) {
	if err := f.next(EpollPoll); err != nil {
		return 0, err
	}
	return f.Kernel.EpollPoll(epfd, evs)
}

// TimerfdCreate implements Timers.
func (f *Faulty) TimerfdCreate(clock int32) (int, error) {
	if err := f.next(TimerfdCreate); err != nil {
		return -1, err
	}
	return f.Kernel.TimerfdCreate(clock)
}

// TimerfdSet implements Timers.
func (f *Faulty) TimerfdSet(fd int, clock int32, at int64) error {
	if err := f.next(TimerfdSet); err != nil {
		return err
	}
	return f.Kernel.TimerfdSet(fd, clock, at)
}

// Read implements Files.
func (f *Faulty) Read(fd int, p []byte) (int, error) {
	if err := f.next(Read); err != nil {
		return 0, err
	}
	return f.Kernel.Read(fd, p)
}

// Write implements Files.
func (f *Faulty) Write(fd int, p []byte) (int, error) {
	if err := f.next(Write); err != nil {
		return 0, err
	}
	return f.Kernel.Write(fd, p)
}

// Close implements Files. A failing close still closes, as Linux does.
func (f *Faulty) Close(fd int) error {
	if err := f.next(Close); err != nil {
		_ = f.Kernel.Close(fd)
		return err
	}
	return f.Kernel.Close(fd)
}

// Readable implements Files.
func (f *Faulty) Readable(fd int) (int, error) {
	if err := f.next(Readable); err != nil {
		return 0, err
	}
	return f.Kernel.Readable(fd)
}

// Writable implements Files.
func (f *Faulty) Writable(fd int) (int, error) {
	if err := f.next(Writable); err != nil {
		return 0, err
	}
	return f.Kernel.Writable(fd)
}

// Fstat implements Objects.
func (f *Faulty) Fstat(fd int, st *unix.Stat_t) error {
	if err := f.next(Fstat); err != nil {
		return err
	}
	return f.Kernel.Fstat(fd, st)
}

// Readlink implements Objects.
func (f *Faulty) Readlink(path string) (string, error) {
	if err := f.next(Readlink); err != nil {
		return "", err
	}
	return f.Kernel.Readlink(path)
}

// Duplicate implements Objects.
func (f *Faulty) Duplicate(fd int) (int, error) {
	if err := f.next(Duplicate); err != nil {
		return -1, err
	}
	return f.Kernel.Duplicate(fd)
}

// SocketOption implements Objects.
func (f *Faulty) SocketOption(fd, level, option int) (int, error) {
	if err := f.next(SocketOption); err != nil {
		return 0, err
	}
	return f.Kernel.SocketOption(fd, level, option)
}

// SetSocketOption implements Objects.
func (f *Faulty) SetSocketOption(fd, level, option, value int) error {
	if err := f.next(SetSocketOption); err != nil {
		return err
	}
	return f.Kernel.SetSocketOption(fd, level, option, value)
}

// InotifyInit implements Inotify.
func (f *Faulty) InotifyInit() (int, error) {
	if err := f.next(InotifyInit); err != nil {
		return -1, err
	}
	return f.Kernel.InotifyInit()
}

// InotifyAdd implements Inotify.
func (f *Faulty) InotifyAdd(fd int, path string, mask uint32) (int, error) {
	if err := f.next(InotifyAdd); err != nil {
		return -1, err
	}
	return f.Kernel.InotifyAdd(fd, path, mask)
}

// InotifyRemove implements Inotify.
func (f *Faulty) InotifyRemove(fd, wd int) error {
	if err := f.next(InotifyRemove); err != nil {
		return err
	}
	return f.Kernel.InotifyRemove(fd, wd)
}

// PidfdOpen implements Processes.
func (f *Faulty) PidfdOpen(pid int) (int, error) {
	if err := f.next(PidfdOpen); err != nil {
		return -1, err
	}
	return f.Kernel.PidfdOpen(pid)
}

// PidfdInfo implements Processes.
func (f *Faulty) PidfdInfo(fd int, mask uint64) (unix.PidfdInfo, error) {
	if err := f.next(PidfdInfo); err != nil {
		return unix.PidfdInfo{}, err
	}
	return f.Kernel.PidfdInfo(fd, mask)
}

// WaitNoReap implements Processes.
func (f *Faulty) WaitNoReap(pidfd int) (code, status int, err error) {
	if err := f.next(WaitNoReap); err != nil {
		return 0, 0, err
	}
	return f.Kernel.WaitNoReap(pidfd)
}

// ConnectorOpen implements Processes.
func (f *Faulty) ConnectorOpen(events uint32) (int, error) {
	if err := f.next(ConnectorOpen); err != nil {
		return -1, err
	}
	return f.Kernel.ConnectorOpen(events)
}

// Signalfd implements Signals.
func (f *Faulty) Signalfd(set *unix.Sigset_t) (int, error) {
	if err := f.next(Signalfd); err != nil {
		return -1, err
	}
	return f.Kernel.Signalfd(set)
}

// Open implements Pressures.
func (f *Faulty) Open(path string, flags int) (int, error) {
	if err := f.next(Open); err != nil {
		return -1, err
	}
	return f.Kernel.Open(path, flags)
}

// Poll implements Pressures.
func (f *Faulty) Poll(fds []unix.PollFd) (int, error) {
	if err := f.next(Poll); err != nil {
		return 0, err
	}
	return f.Kernel.Poll(fds)
}

// Recvmsg implements Messages.
func (f *Faulty) Recvmsg(fd int, p, oob []byte, flags int) (n, oobn, recvflags int, from unix.Sockaddr, err error) {
	if err := f.next(Recvmsg); err != nil {
		return 0, 0, 0, nil, err
	}
	return f.Kernel.Recvmsg(fd, p, oob, flags)
}

// Sendmsg implements Messages.
func (f *Faulty) Sendmsg(fd int, p, oob []byte, to unix.Sockaddr) error {
	if err := f.next(Sendmsg); err != nil {
		return err
	}
	return f.Kernel.Sendmsg(fd, p, oob, to)
}
