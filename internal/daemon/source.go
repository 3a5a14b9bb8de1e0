package daemon

import (
	"errors"
	"fmt"
	"sync"

	"github.com/rs/zerolog"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/reactor"
)

// source is one configured source: intake, pending and delivery.
type source struct {
	daemon *Daemon
	config *configs.Source
	kind   kind
	// queue is where the intake's handlers run.
	queue    *reactor.Queue
	pending  *pending
	delivery *delivery

	mu      sync.Mutex
	intake  intake // nil: not open
	reason  string // why it waits, for status
	told    string // why it could not be opened, last
	paused  int    // the intake is suspended while it is above 0
	again   *reactor.Alarm
	backoff backoff
	stopped bool
	errors  uint64
	repeats repeats // of failures
	failing part    // what has failed and not worked since

	holdings holdings
}

// intake is the half of a source that takes events from the kernel (clause
// DV1). Every reactor source is one.
type intake interface {
	Activate() error
	Suspend()
	Resume()
	Cancel()
}

// kind is how an intake of one kind is opened and described.
type kind struct {
	// open makes the intake, inactive. It has ended called in its cancel
	// handler, last, exactly once.
	open func(s *source, ended func()) (intake, error)
	// mode is how data merges.
	mode coalesce.Mode
	// hold has the intake wait until what it told was acknowledged: its
	// handler is meant to change what is told, as one that drains a pipe.
	hold func(*configs.Source) bool
	// detail adds to status what only this kind has to say.
	detail func(intake) map[string]any
	// done is called for each event that was acknowledged, on the goroutine of
	// its last run.
	done func(s *source, e *handlers.Event)
}

func newSource(d *Daemon, c *configs.Source, queue *reactor.Queue) *source {
	k := kinds[c.Kind]
	s := &source{daemon: d, config: c, kind: k,
		queue: d.reactor.NewQueue("intake." + c.Name)}
	s.pending = &pending{mode: k.mode, limit: d.config.Settings.MaxPending, changed: s.full}
	switch {
	case c.Kind == kindCustom:
		s.pending.mode = customModes[c.Custom]
	case c.Write.Sends():
		s.pending.mode = coalesce.Add
	}
	s.delivery = newDelivery(s, c, queue, d.handler(c.Handler))
	s.again = d.reactor.NewAlarm(reactor.Monotonic, func(reactor.Instant) { s.queue.Async(s.open) })
	return s
}

// log is a line about the source. A logger for each would hold half a KiB.
func (s *source) log(level zerolog.Level) *zerolog.Event {
	return s.daemon.log.WithLevel(level).Str("source", s.config.Name)
}

// activate begins delivery and opens the intake. When it returns the intake is
// registered, or the source waits with a reason (clause RL3).
func (s *source) activate() {
	if err := s.delivery.latch.Activate(); err != nil {
		s.failed(err)
	}
	done := make(chan struct{})
	s.queue.Async(func() { defer close(done); s.open() })
	<-done
}

// open runs on the intake queue.
func (s *source) open() {
	s.mu.Lock()
	if s.stopped {
		s.mu.Unlock()
		return
	}
	s.daemon.intakes.Add(1)
	waited := s.reason != ""
	s.reason = ""
	s.mu.Unlock()
	in, err := s.kind.open(s, s.daemon.intakes.Done)
	if err != nil {
		s.daemon.intakes.Done()
	} else {
		err = in.Activate() // a refused source runs its cancel handler
	}
	if err != nil {
		s.retry(err)
		return
	}
	s.mu.Lock()
	former := s.intake
	s.intake, s.told = in, ""
	s.backoff.begun(s.daemon.reactor.Now(reactor.Monotonic))
	if s.paused > 0 {
		in.Suspend()
		if former != nil { // suspension would hold back its end
			former.Resume()
		}
	}
	stopped := s.stopped
	s.mu.Unlock()
	if stopped {
		s.drop()
	}
	if waited {
		s.recovered(taking)
	} else {
		s.works(taking)
	}
}

// retry has the source opened again after a while. The same reason is told once.
func (s *source) retry(err error) {
	s.mu.Lock()
	same := s.told == err.Error()
	s.told = err.Error()
	if same {
		s.errors++
	}
	s.mu.Unlock()
	if !same {
		s.failed(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reason = err.Error()
	now := s.daemon.reactor.Now(reactor.Monotonic)
	wait := s.backoff.next(now)
	if err := s.again.Set(now.Add(wait), now.Add(wait+wait/4)); err != nil {
		s.log(zerolog.ErrorLevel).Err(err).Msg("source can't be tried again")
	}
}

// failed counts what went wrong with the source, and logs it unless too much is.
// Nothing of it ends the daemon.
func (s *source) failed(err error) { s.failedAt(taking, err) }

func (s *source) failedAt(p part, err error) {
	now := s.daemon.reactor.Now(reactor.Monotonic)
	s.mu.Lock()
	s.errors++
	s.failing |= p
	log, last, held := s.repeats.next(now)
	s.mu.Unlock()
	if log {
		line := s.log(zerolog.WarnLevel).Err(err)
		if held > 0 {
			line = line.Int("not_logged_before", held)
		}
		if last {
			line = line.Stringer("no_more_for", failureSpan)
		}
		line.Msg("source failed")
	}
	s.daemon.happened(sourceFailed, s)
}

// waiting says why an open source has nothing to tell yet, "" that it may have.
// It reports whether that is news.
func (s *source) waiting(why string) (news bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	news = s.reason != why
	s.reason = why
	return news
}

// take is the way from every intake to pending. The event's source, kind and
// time are filled in.
func (s *source) take(e handlers.Event) error {
	if e.Bare(s.config.Each) {
		return nil // no run would get anything of it
	}
	e.Source, e.Kind, e.Time = s.config.Name, s.config.Kind, s.daemon.now()
	if err := s.pending.Merge(&e); err != nil {
		return fmt.Errorf("source %s: %w: %d wait", s.config.Name, err, s.pending.Len())
	}
	if s.kind.hold != nil && s.kind.hold(s.config) {
		s.pause(true)
	}
	s.works(taking)
	s.delivery.arrived()
	return nil
}

// put takes an event of an intake, which is paused before pending refuses.
func (s *source) put(e handlers.Event) {
	if err := s.take(e); err != nil {
		e.Descriptors.Close()
		s.failed(err)
	}
}

// full pauses the intake while pending has no room (clause DV1).
func (s *source) full(full bool) {
	if s.config.Kind == kindCustom || s.config.Kind == kindInternal {
		return // emit is answered instead, and the daemon tells what it drops
	}
	if full {
		has := s.pending.counts()
		s.log(zerolog.WarnLevel).Int("pending", has.things).Int("max_pending", s.pending.limit).
			Int("bytes", has.bytes).Int("max_bytes", mostBytes).Msg("pending is full: intake paused")
	}
	s.pause(full)
}

// acknowledged has the kind take note, and lets a held intake tell again.
func (s *source) acknowledged(e *handlers.Event) {
	if s.kind.done != nil {
		s.kind.done(s, e)
	}
	e.Descriptors.Close()
	if s.kind.hold != nil && s.kind.hold(s.config) {
		s.pause(false)
	}
}

func (s *source) pause(pause bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.paused > 0
	if pause {
		s.paused++
	} else {
		s.paused-- // maybe before the pause that it takes back
	}
	is := s.paused > 0
	switch {
	case s.intake == nil || is == was:
	case is:
		s.intake.Suspend()
	default:
		s.intake.Resume()
	}
}

// finished ends the intake for good: nothing more will come.
func (s *source) finished(why string) {
	s.drop()
	s.waiting(why)
	s.log(zerolog.InfoLevel).Str("reason", why).Msg("source ended")
}

// reopen opens the intake anew before it lets the old one go, so that there is
// no moment without one. It runs on the intake queue.
func (s *source) reopen() {
	s.mu.Lock()
	old := s.intake
	s.mu.Unlock()
	s.open()
	s.mu.Lock()
	same := s.intake == old
	s.mu.Unlock()
	if same { // it can't be opened now, and will be tried again
		s.drop()
		return
	}
	old.Cancel()
}

// lost ends an intake that failed and opens it anew after a while.
func (s *source) lost(err error) {
	s.drop()
	s.retry(err)
}

// drop cancels the intake. One that is paused is resumed for it: suspension
// holds a cancel handler back (clause C5).
func (s *source) drop() {
	s.mu.Lock()
	in, paused := s.intake, s.paused > 0
	s.intake = nil // nobody pauses or resumes it any more
	s.mu.Unlock()
	if in == nil {
		return
	}
	in.Cancel()
	if paused {
		in.Resume()
	}
}

// errNoData is the answer to an emit that a source has no use for.
var errNoData = errors.New("is not a custom source: only these take what is emitted")

// stopIntake ends the intake: nothing more is taken in.
func (s *source) stopIntake() {
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	s.again.Stop()
	s.drop()
}
