package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// What a process source tells of, as its configuration and its events name it.
const (
	processExit  = "exit"
	processStart = "start"
	processFork  = "fork"
	processExec  = "exec"
)

// processes is the intake of a process source. The processes it follows are its
// members: one that a number, a pidfile or a unit names, or all that match a
// name, an executable or a cgroup. All of it but Following runs on the intake
// queue.
type processes struct {
	*sources.Process
	source  *source
	config  *configs.Process
	members map[int]*member
	held    map[int]sources.Exit // ends of children, by pid, until it is known what they went on as
	begun   bool                 // members that come from now on have just started

	match sources.Matcher // nil: one process is named
	names names           // nil: none is
	again *reactor.Alarm  // looks again

	activity  *sources.Activity // what processes do; nil: not asked for
	sightings sightings
	noticed   atomic.Bool // it tells
}

// openProcess follows the processes the configuration names.
func openProcess(s *source, ended func()) (intake, error) {
	src, err := sources.NewProcess(s.config.Name, s.queue)
	if err != nil {
		return nil, err
	}
	p := &processes{Process: src, source: s, config: s.config.Process, members: map[int]*member{}, held: map[int]sources.Exit{}}
	if p.match, err = matcher(p.config); err != nil {
		return nil, err
	}
	p.again = s.daemon.reactor.NewAlarm(reactor.Monotonic, func(reactor.Instant) { s.queue.Async(p.lookAgain) })
	src.OnEvent(p.exited)

	var others []canceller
	var otherEnded func() // each of them calls it at its end
	if p.names, err = p.namesOf(func() { otherEnded() }); err != nil {
		return nil, err
	}
	if p.names != nil {
		others = append(others, p.names)
	}
	if kinds := activityOf(p.config); kinds != 0 {
		p.activity = sources.NewActivity(s.config.Name+" activity", s.queue, kinds)
		p.activity.OnEvent(p.acted)
		if p.match != nil {
			p.activity.Look(p.see)
		}
		p.activity.OnCancel(func() { otherEnded() })
		others = append(others, p.activity)
	}
	otherEnded = newEnds(len(others)+1, ended).one
	src.OnCancel(func() {
		for _, o := range others {
			o.Cancel()
		}
		if p.sightings.endings != nil {
			p.sightings.endings.Close()
		}
		otherEnded()
	})
	if p.config.PID != 0 {
		if _, err := os.Stat(filepath.Join("/proc", strconv.Itoa(p.config.PID))); err != nil {
			s.failed(fmt.Errorf("process %d does not exist", p.config.PID)) // clause P2: its exit is told all the same
		}
	}
	return p, nil
}

type canceller interface{ Cancel() }

// matcher tells which processes belong; nil where one is named.
func matcher(c *configs.Process) (sources.Matcher, error) {
	switch {
	case c.Name != "":
		return sources.NameMatcher(c.Name), nil
	case c.Exe != "":
		return sources.ExeMatcher(c.Exe), nil
	case c.Cgroup != "":
		return sources.CgroupMatcher(c.Cgroup)
	}
	return nil, nil
}

// Activate implements intake. Who listens before it looks misses nobody.
func (p *processes) Activate() error {
	err := p.Process.Activate()
	if err == nil && p.activity != nil {
		err = p.activate()
	}
	if err == nil {
		p.look()
		p.begun = p.match != nil // those that names tells of first were there before, too
		if p.names != nil {
			err = p.names.Activate()
		}
	}
	if err != nil {
		p.Cancel()
		return err
	}
	p.begun = true
	return nil
}

// activate begins to hear of what processes do. Where that isn't permitted, and
// there is another way to what is asked for, members are those found at the start
// and when one of them ends.
func (p *processes) activate() error {
	p.remember()
	err := p.activity.Activate()
	if errors.Is(err, sources.ErrNoConnector) && !needsConnector(p.config) {
		p.source.log(zerolog.InfoLevel).Err(err).Msg("a process that starts later is " + noticedLate(p.config))
		return nil
	}
	p.noticed.Store(err == nil)
	return err
}

// look makes members of all that are named or match now.
func (p *processes) look() {
	switch {
	case p.Cancelled():
	case p.config.PID != 0 && !p.begun:
		err := p.start(p.config.PID)
		if p.Following() == 0 { // clause P2: what is no more has ended
			err = p.Follow(p.config.PID)
		}
		p.tellOf(err)
	case p.match != nil:
		p.forget()
		pids, err := sources.FindProcesses(p.match)
		for _, pid := range pids {
			err = errors.Join(err, p.start(pid))
		}
		p.tellOf(err)
	}
}

// successorDelay is how long those that take the place of a process that has
// ended are given to start. To look for a name is to read all of /proc, which
// must not stand between the next exit and its handler.
const successorDelay = 100 * time.Millisecond

// lookSoon has lookAgain called, once for all that end until then.
func (p *processes) lookSoon() {
	at := p.source.daemon.reactor.Now(reactor.Monotonic).Add(successorDelay)
	if err := p.again.Set(at, at.Add(successorDelay)); err != nil {
		p.source.failed(err)
		p.lookAgain()
	}
}

// lookAgain finds those that took the place of one that has ended. Who is told of
// starts needs no search.
func (p *processes) lookAgain() {
	switch {
	case p.Cancelled() || p.config.PID != 0:
	case p.match != nil && p.noticed.Load():
		p.forget()
		p.tellOf(nil)
	case p.names != nil:
		p.names.look()
	default:
		p.look()
	}
}

// exited tells of ends.
func (p *processes) exited(exits []sources.Exit) {
	for _, e := range exits {
		m := p.members[e.PID]
		if m != nil {
			m.ended = true
		}
		if end, known := p.ending(e.PID, e.Status != nil); known {
			e.Status = &end.Status
		}
		switch {
		case !p.wants(processExit):
		case m != nil && !m.told, m == nil && p.match != nil && p.noticed.Load():
			p.held[e.PID] = e
			p.activity.Fence(e.PID)
		default:
			p.source.put(exitEvent(e))
		}
	}
	p.lookSoon()
}

// fenced tells of the end of a child: what it executed before was told.
func (p *processes) fenced(pid int) {
	if e, ok := p.held[pid]; ok {
		delete(p.held, pid)
		p.source.put(exitEvent(e))
	}
}

// Suspend implements intake.
func (p *processes) Suspend() {
	p.Process.Suspend()
	if p.activity != nil {
		p.activity.Suspend()
	}
}

// Resume implements intake.
func (p *processes) Resume() {
	if p.activity != nil {
		p.activity.Resume()
	}
	p.Process.Resume()
}

// exitEvent makes an event of an exit.
func exitEvent(e sources.Exit) handlers.Event {
	ev := handlers.Event{What: processExit, PID: e.PID, Name: e.Name}
	if st := e.Status; st != nil {
		ev.Exit = &handlers.Exit{Core: st.Core}
		if st.Signal != 0 {
			ev.Exit.Signal = handlers.SignalName(st.Signal)
		} else {
			ev.Exit.Code = &st.Code
		}
	}
	return ev
}

// tellOf says in status why nothing is followed.
func (p *processes) tellOf(err error) {
	why := ""
	switch c := p.config; {
	case err != nil:
		why = err.Error()
	case p.Following() > 0 || c.PID != 0:
	case c.Exe != "":
		why = fmt.Sprintf("no process executes %s", c.Exe)
	case c.Cgroup != "":
		why = fmt.Sprintf("no process is in %s", c.Cgroup)
	case c.Unit != "":
		why = fmt.Sprintf("unit %s has no main process", c.Unit)
	default:
		why = fmt.Sprintf("no process is called %q", c.Name)
	}
	if p.source.waiting(why) && why != "" {
		p.source.log(zerolog.WarnLevel).Str("reason", why).Msg("source waits")
	}
}

func processDetail(in intake) map[string]any {
	p, ok := in.(*processes)
	if !ok {
		return nil
	}
	detail := map[string]any{"following": p.Following()}
	if p.match != nil {
		detail["starts"] = noticedAtOnce
		if !p.noticed.Load() {
			detail["starts"] = noticedLate(p.config)
		}
		p.sightings.detail(detail)
		if what := unseen(p.config); what != "" {
			detail["unseen"] = what
		}
	}
	return detail
}
