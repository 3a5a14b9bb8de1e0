package daemon

import (
	"syscall"

	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/sources"
)

func openSignal(s *source, ended func()) (intake, error) {
	var numbers []syscall.Signal
	for _, sig := range s.config.Signal.Signals {
		numbers = append(numbers, sig.Number)
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
