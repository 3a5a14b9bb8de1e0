package daemon

import (
	"slices"

	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/sources"
)

// member is a process that is followed, or was until it ended.
type member struct {
	since uint64              // when it started: with the pid it is this process and no other (clause PR3)
	name  string              // what it was called when it was seen first, where that was known
	told  bool                // its start, or it was there before us
	exit  *sources.ExitStatus // how it had ended when it was seen first; nil: it hadn't
	ended bool                // its end was told; it may still wait to be reaped
}

// member is what is known of the process that has that number now.
func (p *processes) member(pid int) *member {
	m := p.members[pid]
	if m == nil {
		return nil
	}
	if since, alive := sources.StartTime(pid); alive && since != m.since {
		delete(p.members, pid)
		return nil
	}
	return m
}

// add follows a process, once: one that has ended since and waits to be reaped is
// not followed anew. nil is one that is no more.
func (p *processes) add(pid int) (*member, error) {
	if m := p.member(pid); m != nil {
		return m, nil
	}
	since, alive := sources.StartTime(pid)
	if !alive {
		return nil, nil
	}
	if err := p.Follow(pid); err != nil {
		return nil, err
	}
	m := &member{since: since}
	p.members[pid] = m
	return m, nil
}

// start makes a member of a process that is named or began to match, and tells of
// its start.
func (p *processes) start(pid int) error {
	m, err := p.add(pid)
	if m == nil || m.told {
		return err
	}
	m.told = true
	if p.begun && !m.ended {
		p.tell(processStart, pid, 0)
	}
	return nil
}

// remove drops a process that doesn't match any more.
func (p *processes) remove(pid int) {
	delete(p.members, pid)
	delete(p.held, pid)
	p.Unfollow(pid)
}

// forget drops what is known of processes that are no more.
func (p *processes) forget() {
	for pid, m := range p.members {
		if since, alive := sources.StartTime(pid); !alive || since != m.since {
			delete(p.members, pid)
		}
	}
}

// acted is told what the processes of the machine did.
func (p *processes) acted(n sources.Acts) {
	var err error
	for _, a := range n.Acts {
		switch a.Kind {
		case sources.ProcessFork:
			err = p.forked(a.PID, a.Child)
		case sources.ProcessFence:
			p.fenced(a.PID)
		default:
			err = p.became(a)
		}
		if err != nil {
			p.source.failed(err)
		}
	}
	if n.Lost {
		p.sightings.count(&p.sightings.overflows)
		p.look()
	}
	if p.match != nil {
		p.tellOf(err)
	}
}

// forked follows the child of a member if it matches too. It is no start: the
// child may be about to execute something else.
func (p *processes) forked(pid, child int) (err error) {
	if m := p.member(pid); m == nil || m.ended {
		return nil
	}
	p.tell(processFork, pid, child)
	if p.match != nil && matches(p.match, child) {
		_, err = p.add(child)
	}
	return err
}

// became is told that a process executes another program or took another name.
// Whether it still matches nobody can say if it is gone by now. One that has
// started is taken to, so that its end is told; a child of one that is only known
// by a fork is not, unless it is in the control group that counts.
func (p *processes) became(a sources.Act) error {
	m := p.member(a.PID)
	if m != nil && m.told && a.Kind == sources.ProcessExec {
		p.tell(processExec, a.PID, 0)
	}
	switch {
	case a.Seen == sources.Belongs:
		seen := p.sightings.take(a.PID)
		if m == nil && seen != nil && seen.exit != nil {
			p.passed(a.PID, seen)
			return nil
		}
		if m == nil && seen != nil {
			p.members[a.PID] = seen
		}
		return p.start(a.PID)
	case m == nil, a.Seen == sources.Unseen:
	default: // it may have come to belong since, in another way
		belongs, err := p.match(a.PID)
		switch {
		case belongs:
			return p.start(a.PID)
		case err == nil, !m.told && p.config.Cgroup == "":
			p.remove(a.PID)
		}
	}
	return nil
}

// passed tells of a process that had ended before it could be looked at.
func (p *processes) passed(pid int, m *member) {
	if p.wants(processStart) {
		p.source.put(handlers.Event{What: processStart, PID: pid, Name: m.name})
	}
	if p.wants(processExit) {
		p.source.put(exitEvent(sources.Exit{PID: pid, Name: m.name, Status: m.exit}))
	}
}

func matches(match sources.Matcher, pid int) bool {
	belongs, err := match(pid)
	return belongs && err == nil
}

func (p *processes) wants(what string) bool { return slices.Contains(p.config.Events, what) }

func (p *processes) tell(what string, pid, child int) {
	if p.wants(what) {
		name := sources.CommandName(pid)
		if m := p.members[pid]; name == "" && m != nil {
			name = m.name
		}
		p.source.put(handlers.Event{What: what, PID: pid, Name: name, Child: child})
	}
}
