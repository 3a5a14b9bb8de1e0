package daemon

import (
	"fmt"
	"os"
	"strings"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/sources"
)

func openPressure(s *source, ended func()) (intake, error) {
	c := s.config.Pressure
	src, err := sources.NewPressure(s.config.Name, s.queue, sources.PressureOptions{
		Resource: sources.Resource(c.Resource), Cgroup: c.Cgroup, Calm: c.Calm,
		Warn: trigger(c.Some, false), Critical: trigger(c.Full, true),
		Environ: c.Cgroup == "" && c.Some == (configs.Stall{}) && c.Full == (configs.Stall{}), // whoever says what and when means it
	})
	if err != nil {
		return nil, err
	}
	if src.Path() == "" {
		s.waiting(fmt.Sprintf("%s_PRESSURE_WATCH=%s turns it off: nothing is watched", strings.ToUpper(c.Resource), os.DevNull))
	}
	src.OnEvent(func(e sources.PressureEvent) {
		s.put(handlers.Event{Resource: string(e.Resource), Level: e.Level.String()})
		if e.Err != nil {
			s.lost(e.Err)
		}
	})
	src.OnCancel(ended)
	return src, nil
}

// trigger is the zero value, which stands for a default, when nothing was said.
func trigger(s configs.Stall, full bool) sources.PressureTrigger {
	if s == (configs.Stall{}) {
		return sources.PressureTrigger{}
	}
	return sources.PressureTrigger{Full: full, Stall: s.Of, Window: s.Window}
}

func pressureDetail(in intake) map[string]any {
	src, ok := in.(*sources.Pressure)
	if !ok {
		return nil
	}
	return map[string]any{"level": src.Level().String(), "file": src.Path()}
}
