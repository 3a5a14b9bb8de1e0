package daemon

import (
	"time"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

var clocks = map[string]reactor.Clock{
	"boottime": reactor.Boottime, "monotonic": reactor.Monotonic, "wall": reactor.Wall,
}

func openTimer(s *source, ended func()) (intake, error) {
	c := s.config.Timer
	if c.At != nil {
		return openCalendarTimer(s, ended)
	}
	clock := clocks[c.Clock]
	t := sources.NewTimer(s.config.Name, s.queue, clock)
	t.OnEvent(func(ticks sources.Ticks) {
		r := s.daemon.reactor
		late := time.Duration(r.Now(clock) - ticks.Scheduled)
		s.put(handlers.Event{Data: &ticks.Count, Ticks: ticks.Count, Scheduled: s.daemon.now().Add(-late)})
	})
	t.OnCancel(ended)
	now, wall := s.daemon.reactor.Now(clock), s.daemon.now()
	sc := schedule(c, hostJitter(s.config.Name, c.Jitter), now, wall, clock)
	if c.CatchUp {
		sc.Start = s.resume(sc, now, wall)
	}
	if sc.Start == reactor.Forever {
		s.waiting("its time has passed: it will not fire")
	}
	return t, t.SetSchedule(sc)
}

func openCalendarTimer(s *source, ended func()) (intake, error) {
	c := s.config.Timer
	t := sources.NewCalendarTimer(s.config.Name, s.queue, almanac(s), time.Local, c.Leeway)
	if c.CatchUp {
		t.Since(s.handledUntil(s.daemon.now()))
	}
	t.OnEvent(func(ticks sources.Ticks) {
		s.put(handlers.Event{Data: &ticks.Count, Ticks: ticks.Count, Scheduled: time.Unix(0, int64(ticks.Scheduled))})
	})
	t.OnRegister(func() {
		if _, ok := t.Upcoming(); !ok {
			s.waiting("its time has passed: it will not fire")
		}
	})
	t.OnCancel(ended)
	return t, nil
}

// almanac has the times of a calendar timer on this machine.
func almanac(s *source) sources.Almanac {
	c := s.config.Timer
	if by := hostJitter(s.config.Name, c.Jitter); by > 0 {
		return delayed{c.At, by}
	}
	return c.At
}

// resume is where a grid goes on after the daemon was down: ticks that were
// missed are before now, and counted in the first.
func (s *source) resume(sc sources.Schedule, now reactor.Instant, wall time.Time) reactor.Instant {
	c := s.config.Timer
	var first time.Time
	notional := wall.Add(time.Duration(sc.Start-now) - c.Every) // the tick before the first
	if at := c.Start.At; !at.IsZero() {
		first, notional = at.Add(hostJitter(s.config.Name, c.Jitter)), wall
	}
	until := s.handledUntil(notional)
	if until.After(wall.Add(c.Every)) {
		until = wall // the clock was set back: the stamp is of no use
	}
	next, ok := resumed(c, first, until)
	if !ok {
		return reactor.Forever
	}
	return now + reactor.Instant(next.Sub(wall))
}

// timerDetail tells when a timer is due.
func timerDetail(in intake) map[string]any {
	var next time.Time
	var ok bool
	switch t := in.(type) {
	case *sources.CalendarTimer:
		next, ok = t.Upcoming()
	case *sources.Timer:
		var in time.Duration
		in, ok = t.Upcoming()
		next = time.Unix(0, int64(t.Reactor().Now(reactor.Wall))).Add(in).Round(time.Millisecond)
	}
	if !ok {
		return nil
	}
	return map[string]any{"next": next.Format(time.RFC3339Nano)}
}

// schedule is the grid of a timer that is activated at now, and late by jitter
// (clause CF5). Grid points before now are not caught up.
func schedule(c *configs.Timer, jitter time.Duration, now reactor.Instant, wall time.Time, clock reactor.Clock) sources.Schedule {
	sc := sources.Schedule{Interval: c.Every, Leeway: c.Leeway}
	if c.Once() {
		sc.Interval = sources.Once
	}
	switch start := c.Start; {
	case start.Now:
		sc.Start = now.Add(jitter)
	case start.After > 0:
		sc.Start = now.Add(start.After + jitter)
	case !start.At.IsZero():
		sc.Start = reactor.WallInstant(start.At)
		if clock != reactor.Wall {
			sc.Start = now + reactor.Instant(start.At.Sub(wall))
		}
		sc.Start = sc.Start.Add(jitter)
		if sc.Start < now {
			sc.Start = missed(sc, now)
		}
	default:
		sc.Start = now.Add(c.Every + jitter)
	}
	return sc
}

// missed is the first grid point that is not before now.
func missed(sc sources.Schedule, now reactor.Instant) reactor.Instant {
	if sc.Interval == sources.Once {
		return reactor.Forever
	}
	step := reactor.Instant(sc.Interval)
	return sc.Start + (now-sc.Start+step-1)/step*step
}
