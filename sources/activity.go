package sources

import (
	"sync"

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
	in := &activityIntake{kinds: kinds}
	in.source = reactor.NewSource(label, target, &in.pending, in)
	in.drained = newDrained(in.source, "activity", "process connector", in.take)
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

// activityIntake reads the connector dry: its queue in the kernel is short.
type activityIntake struct {
	source  *reactor.Source[Acts]
	pending activityPending
	drained *drained
	kinds   ProcessAct
	look    func(pid int) Sight // nil: nobody looks
	buffer  [connectorRoom]byte
}

// Handle implements reactor.Handled: the process -1, any.
func (*activityIntake) Handle() int { return -1 }

// Mask implements reactor.Handled: the kinds.
func (in *activityIntake) Mask() uint64 { return uint64(in.kinds) }

// Register implements reactor.Intake.
func (in *activityIntake) Register() error {
	k := in.source.Reactor().Kernel()
	fd, err := connectorOpen(k, in.kinds)
	if err != nil {
		return err
	}
	if err := in.drained.begin(fd); err != nil {
		connectorClose(k, fd)
		return err
	}
	return nil
}

func (in *activityIntake) fence(pid int) {
	in.drained.queue.Async(func() {
		in.drained.drain()
		in.pending.add(Act{Kind: ProcessFence, PID: pid})
		in.source.Wake()
	})
}

// take receives once.
func (in *activityIntake) take(fd int) error {
	n, from, err := connectorReceive(in.source.Reactor().Kernel(), fd, in.buffer[:])
	if err == unix.ENOBUFS {
		in.pending.lose()
		in.source.Wake()
		return nil
	}
	if err != nil {
		return err
	}
	e, ok := parseConnector(in.buffer[:n])
	if !ok || !fromKernel(from) {
		return nil
	}
	if act, ok := e.act(); ok && act.Kind&in.kinds != 0 {
		if in.look != nil && act.Kind != ProcessFork {
			act.Seen = in.look(act.PID)
		}
		in.pending.add(act)
		in.source.Wake()
	}
	return nil
}

// Rearm implements reactor.Intake: nothing is held off.
func (*activityIntake) Rearm() {}

// Unregister implements reactor.Intake.
func (in *activityIntake) Unregister() {
	in.drained.end(func(fd int) { connectorClose(in.source.Reactor().Kernel(), fd) })
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
