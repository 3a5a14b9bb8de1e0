package sources

import (
	"os"
	"sync"
	"syscall"

	"github.com/reactord/reactord/reactor"
)

// Signals is what a signal source delivers: how often each signal came since
// the last call. The Go runtime, and the kernel before it, merge signals of
// one number that come faster than they are taken, so counts are a lower bound
// (clause G2).
type Signals map[syscall.Signal]uint64

// Signal is a source of signals sent to this process (section G of the
// contract). Several sources may observe one signal; each gets all.
type Signal struct {
	*reactor.Source[Signals]
}

// NewSignal returns an inactive source for the signals given. While it is
// active they don't have their default effect; when the last source of a
// signal is cancelled its former disposition is back (clause G3).
func NewSignal(label string, target *reactor.Queue, signals ...syscall.Signal) (*Signal, error) {
	if err := checkSignals(signals); err != nil {
		return nil, err
	}
	in := &signalIntake{pending: signalCounts{counts: Signals{}}}
	for _, s := range signals {
		in.signals = append(in.signals, s)
	}
	src := reactor.NewSource(label, target, &in.pending, in)
	in.wake = src.Wake
	return &Signal{src}, nil
}

// signalIntake takes signals from os/signal. Its goroutine is parked on a
// channel; os/signal never blocks on it, so the channel has room for a burst
// and counting is all the goroutine does.
type signalIntake struct {
	signals []os.Signal
	pending signalCounts
	wake    func()

	in    chan os.Signal
	ended chan struct{}
}

const signalBurst = 256

// Handle implements reactor.Handled: the first signal.
func (s *signalIntake) Handle() int { return int(s.signals[0].(syscall.Signal)) }

// Mask implements reactor.Handled: there is none.
func (s *signalIntake) Mask() uint64 { return 0 }

// Register implements reactor.Intake.
func (s *signalIntake) Register() error {
	s.in = make(chan os.Signal, signalBurst)
	s.ended = make(chan struct{})
	observeSignals(s.in, s.signals)
	go func() {
		defer close(s.ended)
		for sig := range s.in {
			s.pending.add(sig.(syscall.Signal))
			s.wake()
		}
	}()
	return nil
}

// Rearm implements reactor.Intake.
func (*signalIntake) Rearm() {}

// Unregister implements reactor.Intake.
func (s *signalIntake) Unregister() {
	unobserveSignals(s.in, s.signals)
	close(s.in)
	<-s.ended
}

type signalCounts struct {
	mu     sync.Mutex
	counts Signals
}

func (p *signalCounts) add(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts[s]++
}

// Latch implements coalesce.Latcher.
func (p *signalCounts) Latch() (Signals, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	counts := p.counts
	p.counts = Signals{}
	return counts, len(counts) > 0
}
