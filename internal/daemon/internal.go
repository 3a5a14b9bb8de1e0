package daemon

import (
	"time"

	"github.com/rs/zerolog"

	"github.com/reactord/reactord/handlers"
)

// What the daemon tells of itself to sources of the kind internal (clause
// DV13).
const (
	overflow        = "overflow"         // the kernel's queue of file events; what was lost is found again
	gaveUp          = "gave_up"          // a run failed and is not tried again
	sourceFailed    = "source_failed"    // something went wrong with a source
	sourceRecovered = "source_recovered" // a source that couldn't tell of anything does again
	clockSet        = "clock_set"        // the wall clock jumped; about says by how much
)

// clockWasSet tells that the wall clock jumped.
func (d *Daemon) clockWasSet(by time.Duration) {
	d.log.Warn().Stringer("by", by).Msg("the clock was set")
	d.tell(clockSet, by.String())
}

// happened tells the sources that want to know. What concerns one of them is
// not told, or a handler that fails would run for its own failure for ever.
//
// It only merges, and may be called from any goroutine.
func (d *Daemon) happened(what string, about *source) {
	if about.config.Kind != kindInternal {
		d.tell(what, about.config.Name)
	}
}

// tell merges into the sources that want to know. It may be called from any
// goroutine.
func (d *Daemon) tell(what, about string) {
	if d.stopping.Load() {
		return
	}
	for _, s := range d.internal[what] {
		if err := s.take(handlers.Event{What: what, About: about}); err != nil {
			s.log(zerolog.WarnLevel).Err(err).Str("what", what).Str("about", about).Msg("event of the daemon's own dropped")
		}
	}
}
