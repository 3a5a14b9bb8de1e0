package daemon

import (
	"errors"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/sources"
)

// sightings is what was found out about processes as soon as the kernel told of
// them, ahead of the intake queue.
type sightings struct {
	mu    sync.Mutex
	found map[int]*member // that belong, until the intake queue has come to them
	// Those of whom nobody can say whether they belong:
	gone   uint64 // they ended and were reaped first
	hidden uint64 // they are others', and this process may not look at them
	// overflows are how often the kernel had told more than its queue held.
	overflows uint64
}

// see looks at a process that has just become another one, and follows it if it
// belongs. It runs on the queue that reads the kernel's word, so that what comes first
// here is what a process that ends soon loses first.
func (p *processes) see(pid int) sources.Sight {
	belongs, err := p.match(pid)
	switch {
	case belongs:
		_ = p.Follow(pid) // tried again, and told, on the intake queue
		m := &member{}
		m.since, _ = sources.StartTime(pid)
		m.name = sources.CommandName(pid)
		p.sightings.add(pid, m)
		return sources.Belongs
	case err == nil:
		return sources.Other
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		p.sightings.count(&p.sightings.hidden)
		return sources.Hidden
	}
	p.sightings.count(&p.sightings.gone)
	return sources.Gone
}

func (s *sightings) add(pid int, m *member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.found == nil {
		s.found = map[int]*member{}
	}
	s.found[pid] = m
}

// take is what was found of a process that belongs; nil: it was taken before.
func (s *sightings) take(pid int) *member {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.found[pid]
	delete(s.found, pid)
	return m
}

func (s *sightings) count(which *uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*which++
}

// detail adds to status of how many nobody can say whether they belong.
func (s *sightings) detail(d map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d["ended_unseen"], d["not_permitted"], d["overflows"] = s.gone, s.hidden, s.overflows
}
