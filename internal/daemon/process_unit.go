package daemon

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"github.com/reactord/reactord/internal/unitbus"
	"github.com/reactord/reactord/reactor"
)

const (
	// busPatience bounds the questions to systemd.
	busPatience = 5 * time.Second
	// busPause is between attempts to reach the bus again.
	busPause = time.Second
)

// unitNames makes a member of the main process of a systemd unit, whichever that
// is. When the system bus goes it is asked again until it answers, and the process
// that is known is followed meanwhile.
type unitNames struct {
	processes *processes
	unit      string
	ended     func()
	bus       *unitbus.Follower // nil: not reached
	again     *reactor.Alarm
}

func (p *processes) followUnit(unit string, ended func()) *unitNames {
	u := &unitNames{processes: p, unit: unit, ended: ended}
	u.again = p.source.daemon.reactor.NewAlarm(reactor.Monotonic, func(reactor.Instant) { p.source.queue.Async(u.reach) })
	return u
}

// Activate implements names.
func (u *unitNames) Activate() error { return u.connect() }

func (u *unitNames) connect() error {
	ctx, cancel := context.WithTimeout(context.Background(), busPatience)
	defer cancel()
	bus, pid, err := unitbus.Follow(ctx, u.unit, func(pid int, err error) {
		u.processes.source.queue.Async(func() { u.named(pid, err) })
	})
	if err != nil {
		return err
	}
	u.bus = bus
	u.named(pid, nil)
	return nil
}

// named makes a member of the main process; 0 is none. err is the end of the
// connection.
func (u *unitNames) named(pid int, err error) {
	p := u.processes
	switch {
	case p.Cancelled():
		return
	case err != nil:
		u.close()
		u.lost(err)
		return
	case pid != 0:
		err = p.start(pid)
	}
	p.tellOf(err)
}

func (u *unitNames) lost(err error) {
	s := u.processes.source
	s.failed(err)
	at := s.daemon.reactor.Now(reactor.Monotonic).Add(busPause)
	if err := u.again.Set(at, at.Add(busPause/4)); err != nil {
		s.failed(err)
	}
}

// reach tries to get the bus back.
func (u *unitNames) reach() {
	if u.processes.Cancelled() || u.bus != nil {
		return
	}
	if err := u.connect(); err != nil {
		u.lost(err)
		return
	}
	u.processes.source.log(zerolog.InfoLevel).Msg("the system bus answers again")
	u.processes.source.recovered(taking)
}

// look implements names: the bus tells by itself.
func (u *unitNames) look() { u.processes.tellOf(nil) }

// Cancel implements names. It runs on the intake queue.
func (u *unitNames) Cancel() {
	u.again.Stop()
	u.close()
	u.ended()
}

func (u *unitNames) close() {
	if u.bus == nil {
		return
	}
	if err := u.bus.Close(); err != nil {
		u.processes.source.log(zerolog.DebugLevel).Err(err).Msg("system bus")
	}
	u.bus = nil
}
