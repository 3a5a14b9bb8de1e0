package sources

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"

	"github.com/reactord/reactord/reactor"
)

// ExactSignals is what an exact signal source delivers: what came since the
// last call. Real-time signals are counted to the last one; of a standard
// signal the kernel keeps one until it is taken, which is at once, whatever the
// handler does (clause G2).
type ExactSignals struct {
	Counts Signals
	// Senders are who sent them, in order. Beyond MaxSenders a call the oldest
	// are left out, and Omitted says how many.
	Senders []SignalSender
	Omitted uint64
}

// SignalSender is one signal that was sent.
type SignalSender struct {
	Signal syscall.Signal
	PID    int    // of the process; 0 for the kernel
	UID    uint32 // its real user
	// Value is what sigqueue(3) sent along, and Queued whether it was that.
	Value  int32
	Queued bool
}

// MaxSenders is how many senders one call is told of at most.
const MaxSenders = 4096

// ExactSignal is a source of signals sent to this process that counts each and
// knows its sender, through a signalfd(2).
//
// The signals must be blocked in every thread of the process, or the kernel
// gives them to one that doesn't, with their default effect: the program calls
// BlockSignals first thing in main. They can't be observed through os/signal,
// nor by NewSignal, at the same time.
type ExactSignal struct {
	*reactor.Source[ExactSignals]
}

// NewExactSignal returns an inactive source for the signals given. Activate
// fails when one of them is not blocked. It costs a descriptor.
func NewExactSignal(label string, target *reactor.Queue, signals ...syscall.Signal) (*ExactSignal, error) {
	if err := checkExact(signals); err != nil {
		return nil, err
	}
	in := &exactIntake{signals: signals}
	in.source = reactor.NewSource(label, target, &in.pending, in)
	in.drained = newDrained(in.source, "signals", "signalfd", in.take)
	return &ExactSignal{in.source}, nil
}

// exactIntake reads a signalfd dry: what stays in the kernel while the handler runs
// would be merged there, one for each standard signal.
type exactIntake struct {
	signals []syscall.Signal
	source  *reactor.Source[ExactSignals]
	pending exactPending
	drained *drained
	records [32 * recordSize]byte
}

// Handle implements reactor.Handled: the first signal.
func (in *exactIntake) Handle() int { return int(in.signals[0]) }

// Mask implements reactor.Handled: there is none.
func (in *exactIntake) Mask() uint64 { return 0 }

// Register implements reactor.Intake.
func (in *exactIntake) Register() error {
	if err := checkBlocked(in.signals); err != nil {
		return err
	}
	set := signalSet(in.signals)
	k := in.source.Reactor().Kernel()
	fd, err := k.Signalfd(&set)
	if err != nil {
		return fmt.Errorf("signalfd: %w", descriptors(err))
	}
	if err := in.drained.begin(fd); err != nil {
		return errors.Join(err, k.Close(fd))
	}
	return nil
}

// Rearm implements reactor.Intake: nothing is held off.
func (*exactIntake) Rearm() {}

// Unregister implements reactor.Intake.
func (in *exactIntake) Unregister() {
	in.drained.end(func(fd int) { _ = in.source.Reactor().Kernel().Close(fd) })
}

// recordSize is the size of a signalfd_siginfo.
const recordSize = 128

// take reads once.
func (in *exactIntake) take(fd int) error {
	n, err := in.source.Reactor().Kernel().Read(fd, in.records[:])
	switch {
	case err != nil:
		return err
	case n < recordSize: // by no kernel, of a signalfd
		return fmt.Errorf("%d bytes: %w", n, io.ErrUnexpectedEOF)
	}
	in.pending.add(in.records[:n-n%recordSize])
	in.source.Wake()
	return nil
}

// exactPending merges signals.
type exactPending struct {
	mu      sync.Mutex
	signals ExactSignals
}

// Where a record of signalfd(2) has what: a uint32 each but the code.
const (
	atSignal = 0
	atCode   = 8
	atPID    = 12
	atUID    = 16
	atValue  = 44
)

// siQueue is the code of what sigqueue(3) sent.
const siQueue = -1

func (p *exactPending) add(records []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.signals.Counts == nil {
		p.signals.Counts = Signals{}
	}
	for ; len(records) >= recordSize; records = records[recordSize:] {
		word := func(at int) uint32 { return binary.NativeEndian.Uint32(records[at:]) }
		s := SignalSender{Signal: syscall.Signal(word(atSignal)), PID: int(word(atPID)), UID: word(atUID),
			Queued: int32(word(atCode)) == siQueue}
		if s.Queued {
			s.Value = int32(word(atValue))
		}
		p.signals.Counts[s.Signal]++
		p.signals.Senders = append(p.signals.Senders, s)
	}
	if more := len(p.signals.Senders) - MaxSenders; more > 0 {
		p.signals.Senders = append(p.signals.Senders[:0], p.signals.Senders[more:]...)
		p.signals.Omitted += uint64(more)
	}
}

// Latch implements coalesce.Latcher.
func (p *exactPending) Latch() (ExactSignals, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	signals := p.signals
	p.signals = ExactSignals{}
	return signals, len(signals.Counts) > 0
}
