package daemon

import (
	"errors"

	"github.com/reactord/reactord/sources"
)

// followStarts has the processes that match followed as soon as they execute
// their program or take their name (clause PR2).
func (p *processes) followStarts(ended func()) {
	p.match = sources.NameMatcher(p.source.config.Process.Name)
	if exe := p.source.config.Process.Exe; exe != "" {
		p.match = sources.ExeMatcher(exe)
	}
	p.seen = map[int]uint64{}
	p.starts = sources.NewStarts(p.source.config.Name+" starts", p.source.queue)
	p.starts.OnEvent(func(n sources.Started) {
		if n.Lost {
			p.look()
		}
		for _, pid := range n.PIDs {
			if p.match(pid) {
				p.tellOf(p.follow(pid))
			}
		}
	})
	p.starts.OnCancel(ended)
}

// activateStarts begins to listen. Where that isn't permitted the processes are
// those found at the start and when one of them ends.
func (p *processes) activateStarts() error {
	err := p.starts.Activate()
	if errors.Is(err, sources.ErrNoConnector) {
		p.source.log.Info().Err(err).Msg("a process that starts later is noticed when another of its kind ends")
		return nil
	}
	p.noticed.Store(err == nil)
	return err
}

// follow follows a process, once: one that has ended since and waits to be
// reaped is not followed anew.
func (p *processes) follow(pid int) error {
	started, ok := sources.StartTime(pid)
	if !ok || p.seen[pid] == started {
		return nil
	}
	if err := p.Follow(pid); err != nil {
		return err
	}
	p.seen[pid] = started
	return nil
}

// forget drops what is known of processes that are no more.
func (p *processes) forget() {
	for pid, started := range p.seen {
		if now, ok := sources.StartTime(pid); !ok || now != started {
			delete(p.seen, pid)
		}
	}
}
