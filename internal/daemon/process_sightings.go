package daemon

import (
	"errors"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/rs/zerolog"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/sources"
)

// sightings is what was found out about processes as soon as the kernel told of
// them, ahead of the intake queue.
type sightings struct {
	mu    sync.Mutex
	found map[int]*member // that belong, until the intake queue has come to them
	// endings tell of those that nobody could look at; nil where that isn't permitted.
	endings *sources.Endings
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
	if end, known := p.ending(pid, belongs || err == nil); known {
		if end.Asked || !p.was(end) {
			return sources.Other
		}
		p.sightings.add(pid, &member{name: end.Name, exit: &end.Status})
		return sources.Belongs
	}
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

// butBrief says what is missed of processes that end at once; "" nothing.
func butBrief(c *configs.Process) string {
	why := "of a control group it isn't known afterwards"
	if c.Cgroup == "" {
		endings, err := sources.OpenEndings()
		if err == nil {
			endings.Close()
			return ""
		}
		why = err.Error()
	}
	return ", but one that ends within a millisecond or so may be gone before it can be looked at, which status counts: " + why
}

// remember has the kernel tell how processes end, where that is permitted and says
// whether they belonged.
func (p *processes) remember() {
	if p.match == nil || p.config.Cgroup != "" {
		return
	}
	endings, err := sources.OpenEndings()
	if err != nil {
		p.source.log(zerolog.DebugLevel).Err(err).Msg("a process that ends at once may be missed")
		return
	}
	p.sightings.endings = endings
}

// ending is how a process ended that was gone before it could be looked at.
func (p *processes) ending(pid int, seen bool) (sources.Ending, bool) {
	e := p.sightings.endings
	switch {
	case e == nil:
		return sources.Ending{}, false
	case seen:
		e.Read()
		return sources.Ending{}, false
	}
	end, known := e.Of(pid)
	return end, known && (p.config.Exe == "" || end.Inode != 0)
}

// was reports whether a process that ended like that belonged.
func (p *processes) was(end sources.Ending) bool {
	if p.config.Name != "" {
		return end.Name == sources.KeptName(p.config.Name)
	}
	file, err := os.Stat(p.config.Exe)
	if err != nil {
		return false
	}
	st, ok := file.Sys().(*syscall.Stat_t)
	return ok && st.Ino == end.Inode && uint64(st.Dev) == end.Device
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
