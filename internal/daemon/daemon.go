package daemon

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// Daemon is a configuration at work. New, Start and Stop are called once, in
// that order; the other methods from any goroutine.
type Daemon struct {
	config  *configs.Config
	log     zerolog.Logger
	reactor *reactor.Reactor
	ids     handlers.IDs
	vnodes  sources.Vnodes
	queues  map[string]*reactor.Queue
	order   []*source
	sources map[string]*source
	// internal are the sources that want to know what happens in the daemon, by
	// what it is.
	internal map[string][]*source
	started  time.Time

	runs    context.Context // every run's
	endRuns context.CancelCauseFunc
	pipes   handlers.Pipes // of commands
	intakes sync.WaitGroup // open ones: their cancel handlers have not run

	inherited inherited

	stopping atomic.Bool
}

// New makes the queues and sources of c. Nothing starts yet. The reactor is
// the caller's, who closes it after Stop.
func New(c *configs.Config, r *reactor.Reactor, log zerolog.Logger) *Daemon {
	d := &Daemon{config: c, log: log, reactor: r, sources: map[string]*source{}, internal: map[string][]*source{}}
	d.runs, d.endRuns = context.WithCancelCause(context.Background())
	d.queues = makeQueues(r, c.Queues)
	var err error
	if d.inherited, err = inheritedNow(); err != nil {
		log.Error().Err(err).Msg("descriptors the daemon was started with can't be used")
	}
	for i := range c.Sources {
		sc := &c.Sources[i]
		// Without a queue a source runs beside the others, one at a time for
		// itself unless it is parallel.
		q := d.queues[sc.Queue]
		if q == nil {
			q = r.Global(reactor.DefaultQoS)
		}
		s := newSource(d, sc, q)
		d.order = append(d.order, s)
		d.sources[sc.Name] = s
		for _, what := range sc.Internal {
			d.internal[what] = append(d.internal[what], s)
		}
	}
	return d
}

// now is the time of day by the reactor's clock.
func (d *Daemon) now() time.Time { return time.Unix(0, int64(d.reactor.Now(reactor.Wall))) }

// Start opens every source. When it returns each is registered or waits with
// a reason that Status tells (clause RL3). A source that can't be opened
// doesn't keep the others from it, and is tried again.
func (d *Daemon) Start() {
	d.started = d.now()
	if err := d.reactor.OnClockSet(func(by time.Duration) {
		d.reactor.Global(reactor.DefaultQoS).Async(func() { d.clockWasSet(by) })
	}); err != nil {
		d.log.Warn().Err(err).Msg("the clock's being set won't be noticed")
	}
	for _, s := range d.order {
		s.activate()
	}
}

// Stop ends intake, gives the runs that are out until ctx ends, then ends
// them with its cause: handlers.ErrStopping or ErrAtOnce (clause DV12). What was pending is told in the log. It returns when no
// run and no process of one is left.
func (d *Daemon) Stop(ctx context.Context) {
	d.stopping.Store(true)
	_ = d.reactor.OnClockSet(nil)
	for _, s := range d.order {
		s.stopIntake()
	}
	d.intakes.Wait()
	for _, s := range d.order {
		s.delivery.stop()
	}
	unblock := context.AfterFunc(ctx, func() { d.endRuns(context.Cause(ctx)) })
	defer unblock()
	for _, s := range d.order {
		dropped := s.delivery.wait() + s.pending.Len()
		if dropped > 0 {
			s.log(zerolog.WarnLevel).Int("count", dropped).Msg("events not handled: the daemon stops")
		}
		s.closeHeld()
	}
	for _, s := range d.order {
		d.cancelled(s)
	}
	d.endRuns(handlers.ErrStopping)
	d.pipes.Close()
}

// cancelPatience is what an on_cancel gets when the daemon stops, whatever the
// handlers before it took.
const cancelPatience = 10 * time.Second

// cancelled runs a source's on_cancel.
func (d *Daemon) cancelled(s *source) {
	if s.config.OnCancel == nil {
		return
	}
	now := d.now()
	e := &handlers.Event{ID: d.ids.New(now), Source: s.config.Name, Kind: s.config.Kind, Time: now, Attempt: 1}
	run := handlers.NewRun(d.ids.New(now), e, s.delivery.queue.Label(), d.log)
	ctx, cancel := context.WithTimeoutCause(context.Background(), cancelPatience, handlers.ErrTimeout)
	defer cancel()
	if o := d.handler(s.config.OnCancel).Handle(ctx, run); o.Result != handlers.Done {
		run.Log.Error().Err(o.Err).Msg("on_cancel failed")
	}
}

// ErrNoSource is the answer for a name the configuration doesn't have.
var ErrNoSource = errors.New("no source")

// ErrStopping is the answer to an emit that comes too late.
var ErrStopping = errors.New("the daemon stops and takes no more events")

// Emit merges data into the custom source of that name: a number for add, or
// and replace, absent is 1; JSON or a text for a list.
func (d *Daemon) Emit(name, data string) error {
	s := d.sources[name]
	if s == nil {
		return fmt.Errorf("%w %q", ErrNoSource, name)
	}
	if d.stopping.Load() {
		return ErrStopping
	}
	if s.config.Kind != kindCustom {
		return fmt.Errorf("source %q %w", name, errNoData)
	}
	var e handlers.Event
	if s.config.Custom == customList {
		e.Items = []any{handlers.Payload(data)}
		return s.take(e)
	}
	n := uint64(1)
	if data != "" {
		var err error
		if n, err = strconv.ParseUint(data, 0, 64); err != nil {
			return fmt.Errorf("source %q takes a number, not %q", name, data)
		}
	}
	e.Data = &n
	return s.take(e)
}
