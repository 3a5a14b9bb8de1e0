package daemon

import (
	"github.com/rs/zerolog"

	"github.com/reactord/reactord/reactor"
)

// part is a part of a source that fails, and works again, on its own.
type part uint8

const (
	taking  part = 1 << iota // events from the kernel
	judging                  // them, by `when`
)

// works tells that a part has done its work. A source that told that it failed tells
// once that it has recovered, when all of it works: with the next event it takes
// in, the next connection it accepts, when its file was made anew. Whoever may send
// to it could have it fail and recover without end: while failures are held back
// from the log it has not recovered.
func (s *source) works(p part) {
	s.mu.Lock()
	open := s.intake != nil || p != taking
	again := s.failing&p != 0 && open && !s.repeats.holding(s.daemon.reactor.Now(reactor.Monotonic))
	s.mu.Unlock()
	if again {
		s.recovered(p)
	}
}

// recovered is works for what leaves no doubt.
func (s *source) recovered(p part) {
	s.mu.Lock()
	was := s.failing
	s.failing &^= p
	over := was != 0 && s.failing == 0
	s.mu.Unlock()
	if over {
		s.log(zerolog.InfoLevel).Msg("source recovered")
		s.daemon.happened(sourceRecovered, s)
	}
}
