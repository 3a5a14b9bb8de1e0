package daemon

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/reactord/reactord/internal/unitbus"
	"github.com/reactord/reactord/sources"
)

// busPatience bounds the questions to systemd when a source is opened.
const busPatience = 5 * time.Second

// unitProcess is the intake of a process source that follows the main process
// of a systemd unit, whichever that is.
type unitProcess struct {
	*sources.Process
	source *source
	bus    atomic.Pointer[unitbus.Follower]
}

func openUnit(s *source, ended func()) (intake, error) {
	src, err := sources.NewProcess(s.config.Name, s.queue)
	if err != nil {
		return nil, err
	}
	u := &unitProcess{Process: src, source: s}
	src.OnEvent(func(exits []sources.Exit) {
		for _, e := range exits {
			s.put(exited(e))
		}
	})
	src.OnCancel(func() {
		if bus := u.bus.Load(); bus != nil {
			_ = bus.Close()
		}
		ended()
	})
	return u, nil
}

// Activate implements intake: the bus is asked once the source can follow what
// it answers.
func (u *unitProcess) Activate() error {
	if err := u.Process.Activate(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), busPatience)
	defer cancel()
	bus, err := unitbus.Follow(ctx, u.source.config.Process.Unit, u.mainPID)
	if err != nil {
		u.Process.Cancel()
		return err
	}
	u.bus.Store(bus)
	return nil
}

// mainPID follows the unit's main process.
func (u *unitProcess) mainPID(pid int) {
	if pid == 0 {
		u.source.waiting(fmt.Sprintf("unit %s has no main process", u.source.config.Process.Unit))
		return
	}
	u.source.waiting("")
	if err := u.Follow(pid); err != nil {
		u.source.failed(err)
	}
}
