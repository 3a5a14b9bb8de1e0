package daemon

import (
	"context"
	"time"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/internal/expr"
)

// execute runs the handler for one unit, on the goroutine of its slot, and
// settles how it ended (clause DV7).
func (d *delivery) execute(u *unit) {
	s := d.source
	run := handlers.NewRun(s.daemon.ids.New(s.daemon.now()), &u.event, d.queue.Label(), s.daemon.log)
	began := s.daemon.now()
	outcome := d.handler.Handle(s.daemon.runs, run)
	d.settle(run, outcome, s.daemon.now().Sub(began))
}

// settle counts and logs an outcome.
func (d *delivery) settle(run *handlers.Run, o handlers.Outcome, took time.Duration) {
	d.mu.Lock()
	d.counts.Runs++
	if o.Result != handlers.Done {
		d.counts.Failures++
		d.counts.Last = o.Err.Error()
	}
	d.mu.Unlock()
	if o.Result == handlers.Done {
		run.Log.Debug().Stringer("took", took).Msg("run done")
		return
	}
	line := run.Log.Error().Err(o.Err).Stringer("result", o.Result).Stringer("took", took.Round(time.Microsecond))
	if o.Code != nil {
		line = line.Int("code", *o.Code)
	}
	if o.Signal != "" {
		line = line.Str("signal", o.Signal)
	}
	line.Msg("run failed")
	d.source.daemon.happened(gaveUp, d.source)
}

// handler makes what the configuration describes, with what stands beside the
// action around it.
func (d *Daemon) handler(c *configs.Handler) handlers.Handler {
	var h handlers.Handler
	switch {
	case c.Log != nil:
		h = d.logHandler(c.Log)
	case c.Exec != nil:
		h = d.execHandler(c.Exec)
	}
	if c.Timeout > 0 {
		h = timed{h, c.Timeout}
	}
	if c.When != nil {
		h = conditional{h, c.When}
	}
	return h
}

// timed ends a run that takes too long.
type timed struct {
	handlers.Handler
	after time.Duration
}

func (t timed) Handle(ctx context.Context, run *handlers.Run) handlers.Outcome {
	ctx, cancel := context.WithTimeoutCause(ctx, t.after, handlers.ErrTimeout)
	defer cancel()
	return t.Handler.Handle(ctx, run)
}

// conditional skips a run that isn't wanted.
type conditional struct {
	handlers.Handler
	when *expr.Condition
}

func (c conditional) Handle(ctx context.Context, run *handlers.Run) handlers.Outcome {
	ok, err := c.when.True(run.Fields())
	if err != nil {
		return handlers.Outcome{Result: handlers.Permanent, Err: err}
	}
	if !ok {
		return handlers.Outcome{}
	}
	return c.Handler.Handle(ctx, run)
}
