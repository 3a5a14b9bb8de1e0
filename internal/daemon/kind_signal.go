package daemon

import (
	"syscall"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/sources"
)

func openSignal(s *source, ended func()) (intake, error) {
	numbers := signalNumbers(s.config.Signal)
	if s.config.Signal.Exact {
		return openExactSignal(s, numbers, ended)
	}
	src, err := sources.NewSignal(s.config.Name, s.queue, numbers...)
	if err != nil {
		return nil, err
	}
	src.OnEvent(func(came sources.Signals) {
		for _, sig := range s.config.Signal.Signals {
			if n := came[sig.Number]; n > 0 {
				s.put(handlers.Event{Signal: sig.Name, SignalCount: n, Data: &n})
			}
		}
	})
	src.OnCancel(ended)
	return src, nil
}

func openExactSignal(s *source, numbers []syscall.Signal, ended func()) (intake, error) {
	src, err := sources.NewExactSignal(s.config.Name, s.queue, numbers...)
	if err != nil {
		return nil, err
	}
	src.OnEvent(func(came sources.ExactSignals) {
		for _, sig := range s.config.Signal.Signals {
			n := came.Counts[sig.Number]
			if n == 0 {
				continue
			}
			e := handlers.Event{Signal: sig.Name, SignalCount: n, Data: &n}
			for _, from := range came.Senders {
				if from.Signal != sig.Number {
					continue
				}
				sender := handlers.Sender{PID: from.PID, UID: &from.UID}
				if from.Queued {
					sender.Value = &from.Value
				}
				e.Senders = append(e.Senders, sender)
			}
			s.put(e)
		}
	})
	src.OnCancel(ended)
	return src, nil
}

func signalNumbers(c *configs.Signal) []syscall.Signal {
	var numbers []syscall.Signal
	for _, sig := range c.Signals {
		numbers = append(numbers, sig.Number)
	}
	return numbers
}

// BlockSignals has the signals that a configuration wants counted exactly
// blocked in the whole process, which may execute it anew: to be called before
// anything else is begun.
func BlockSignals(c *configs.Config) error {
	var exact []syscall.Signal
	for i := range c.Sources {
		if sig := c.Sources[i].Signal; sig != nil && sig.Exact {
			exact = append(exact, signalNumbers(sig)...)
		}
	}
	if len(exact) == 0 {
		return nil
	}
	return sources.BlockSignals(exact...)
}
