package daemon

import (
	"sync"

	"github.com/rs/zerolog"

	"github.com/reactord/reactord/handlers"
)

// mostHeld is how many descriptors the events of a source may hold. With that
// many its intake is paused until half of them were handled.
const mostHeld = 1024

// holdings are the descriptors that a source's events brought along and that were
// not handled yet.
type holdings struct {
	mu     sync.Mutex
	sets   map[*handlers.Descriptors]struct{}
	count  int
	paused bool
}

// hold makes descriptors part of an event that is about to be put. They are closed
// when it is acknowledged, or when the daemon has stopped.
func (s *source) hold(fds ...int) *handlers.Descriptors {
	h := &s.holdings
	var set *handlers.Descriptors
	set = handlers.NewDescriptors(func() { s.release(set, len(fds)) }, fds...)
	h.mu.Lock()
	if h.sets == nil {
		h.sets = map[*handlers.Descriptors]struct{}{}
	}
	h.sets[set] = struct{}{}
	h.count += len(fds)
	pause := h.count >= mostHeld && !h.paused
	h.paused = h.paused || pause
	h.mu.Unlock()
	if pause {
		s.log(zerolog.WarnLevel).Int("descriptors", mostHeld).Msg("as many descriptors wait for handlers as may be: intake paused")
		s.pause(true)
	}
	return set
}

func (s *source) release(set *handlers.Descriptors, n int) {
	h := &s.holdings
	h.mu.Lock()
	delete(h.sets, set)
	h.count -= n
	resume := h.paused && h.count <= mostHeld/2
	h.paused = h.paused && !resume
	h.mu.Unlock()
	if resume {
		s.pause(false)
	}
}

// held is how many descriptors wait for handlers or are with them.
func (s *source) held() int {
	s.holdings.mu.Lock()
	defer s.holdings.mu.Unlock()
	return s.holdings.count
}

// closeHeld closes what no handler will get.
func (s *source) closeHeld() {
	s.holdings.mu.Lock()
	var sets []*handlers.Descriptors
	for set := range s.holdings.sets {
		sets = append(sets, set)
	}
	s.holdings.mu.Unlock()
	for _, set := range sets {
		set.Close()
	}
}
