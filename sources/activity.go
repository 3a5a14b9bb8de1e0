package sources

import (
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
)

// ProcessAct is a kind of thing that processes do, and a bit of a mask of them.
type ProcessAct uint32

// The kinds (clause P1). Ends are told by [Process], with their status.
const (
	ProcessFork ProcessAct = 1 << iota // it started a process, not a thread
	ProcessExec                        // it executes another program
	ProcessName                        // it took another name

	// ProcessFence is none of the kernel's; see Activity.Fence.
	ProcessFence
)

// Act is one thing a process did.
type Act struct {
	Kind ProcessAct // one bit
	PID  int
	// Child is the process that a fork has started.
	Child int
	// Seen is what Activity.Look found out, of an exec or a name.
	Seen Sight
}

// Sight is what was found out about a process as soon as the kernel told what it did:
// by the time a handler is called it may be gone.
type Sight uint8

// What there is to find out.
const (
	Unseen  Sight = iota // nobody looked
	Belongs              // the matcher took it
	Other                // the matcher didn't
	Hidden               // it may not be looked at
	Gone                 // it had ended, and was reaped, before anybody could look
)

// Acts are what a source of activity delivers: what was done since the last call.
type Acts struct {
	// Acts are in the order in which the kernel told them.
	Acts []Act
	// Lost tells that there were more: the kernel's queue or MaxActs didn't hold
	// them. Whoever must know all processes looks through /proc.
	Lost bool
}

// MaxActs is how many one call is told of at most.
const MaxActs = 8192

// Activity is a source of what the processes of the machine do, all of them, as
// the kernel's process connector tells of it (clauses P1, PR2). What isn't asked
// for is filtered in the kernel and wakes nobody, and so is what threads do.
type Activity struct {
	*reactor.Source[Acts]
	intake *activityIntake
}

// NewActivity returns an inactive source of the kinds given. Activate fails with
// ErrNoConnector where it isn't permitted. It costs a descriptor.
func NewActivity(label string, target *reactor.Queue, kinds ProcessAct) *Activity {
	in := &activityIntake{fd: -1, kinds: kinds}
	in.source = reactor.NewSource(label, target, &in.pending, in)
	in.queue = in.source.Reactor().NewQueue("activity." + label)
	in.retry = newRetry(in.source, in.submit)
	return &Activity{in.source, in}
}

// Look has look called for each process that executes another program or takes another
// name, between the kernel's word of it and the next, in place of what comes
// later: many a process ends within a millisecond. It must be quick. It is set before
// the source is active, and called on a queue of the source's own.
func (a *Activity) Look(look func(pid int) Sight) { a.intake.look = look }

// Fence has the handler given a fence with that pid behind all that the kernel
// has told by now. What comes another way, as an exit does, can so be put in its
// place: a process's forks and execs are told before its end.
func (a *Activity) Fence(pid int) { a.intake.fence(pid) }

// activityIntake reads the connector dry as soon as there is something, on a
// queue of its own: its queue in the kernel is short.
type activityIntake struct {
	source  *reactor.Source[Acts]
	pending activityPending
	queue   *reactor.Queue
	waits   atomic.Bool // a drain is on its way
	retry   *retry
	lost    atomic.Bool // fd is somebody else's by now
	kinds   ProcessAct
	look    func(pid int) Sight // nil: nobody looks

	fd    int
	watch *reactor.Watch
}

// Handle implements reactor.Handled: the process -1, any.
func (*activityIntake) Handle() int { return -1 }

// Mask implements reactor.Handled: the kinds.
func (in *activityIntake) Mask() uint64 { return uint64(in.kinds) }

// Register implements reactor.Intake.
func (in *activityIntake) Register() (err error) {
	r := in.source.Reactor()
	if in.fd, err = connectorOpen(r.Kernel(), in.kinds); err != nil {
		return err
	}
	in.watch, err = r.Watch(in.fd, reactor.In, reactor.Edge, in.told)
	if err != nil {
		connectorClose(r.Kernel(), in.fd)
		return err
	}
	in.submit() // what came before the watch
	return nil
}

// told runs on the loop.
func (in *activityIntake) told(ready reactor.Readiness) {
	if ready&reactor.Stale != 0 {
		in.lose()
	}
	in.submit()
}

// lose takes in that somebody closed the descriptor.
func (in *activityIntake) lose() {
	if !in.lost.Swap(true) {
		in.source.Reactor().Tracer().Failed(in.source.Label(), fmt.Errorf("process connector: %w", reactor.ErrStale))
	}
}

func (in *activityIntake) submit() {
	if !in.waits.Swap(true) {
		in.queue.Async(in.drain)
	}
}

func (in *activityIntake) fence(pid int) {
	in.queue.Async(func() {
		in.drain()
		in.pending.add(Act{Kind: ProcessFence, PID: pid})
		in.source.Wake()
	})
}

// drop forgets a descriptor that is not ours any more: it is not for us to read or
// to close (clause R8).
func (in *activityIntake) drop() {
	if in.lost.Load() {
		in.fd = -1
	}
}

// drain reads all there is. The kernel says once that there is something, so what
// can't be read is read later.
func (in *activityIntake) drain() {
	in.waits.Store(false)
	in.drop()
	k := in.source.Reactor().Kernel()
	var buf [connectorRoom]byte
	for in.fd >= 0 {
		n, from, err := connectorReceive(k, in.fd, buf[:])
		switch err {
		case nil:
		case unix.EINTR:
			continue
		case unix.ENOBUFS:
			in.pending.lose()
			in.source.Wake()
			continue
		case unix.EAGAIN:
			in.retry.succeeded()
			return
		case unix.EBADF, unix.ENOTSOCK:
			in.lose()
			in.drop()
			return
		default:
			in.retry.later(fmt.Errorf("process connector: receive: %w", err))
			return
		}
		e, ok := parseConnector(buf[:n])
		if !ok || !fromKernel(from) {
			continue
		}
		if act, ok := e.act(); ok && act.Kind&in.kinds != 0 {
			if in.look != nil && act.Kind != ProcessFork {
				act.Seen = in.look(act.PID)
			}
			in.pending.add(act)
			in.source.Wake()
		}
	}
}

// Rearm implements reactor.Intake: nothing is held off.
func (*activityIntake) Rearm() {}

// Unregister implements reactor.Intake.
func (in *activityIntake) Unregister() {
	in.watch.Close()
	in.queue.Sync(func() { // behind a drain that is on its way
		in.retry.stop()
		if in.drop(); in.fd >= 0 {
			connectorClose(in.source.Reactor().Kernel(), in.fd)
		}
		in.fd = -1
	})
}

// activityPending keeps acts in order. What a process does again and again in a
// row is kept once.
type activityPending struct {
	mu   sync.Mutex
	acts Acts
}

func (p *activityPending) add(a Act) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.acts.Acts)
	switch {
	case n > 0 && p.acts.Acts[n-1] == a:
	case n >= MaxActs && a.Kind != ProcessFence:
		p.acts.Lost = true
	default:
		p.acts.Acts = append(p.acts.Acts, a)
	}
}

func (p *activityPending) lose() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.acts.Lost = true
}

// Latch implements coalesce.Latcher.
func (p *activityPending) Latch() (Acts, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	acts := p.acts
	p.acts = Acts{}
	return acts, acts.Lost || len(acts.Acts) > 0
}
