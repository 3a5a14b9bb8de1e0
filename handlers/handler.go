package handlers

import (
	"context"
	"sync"

	"github.com/rs/zerolog"

	"github.com/reactord/reactord/internal/expr"
)

// Handler is what a source does with an event (clause DV9).
//
// Handle is called on the goroutine of a queue's slot and holds the slot until
// it returns (clause DV2): it may block, and a handler that waits for a process
// or a peer should. One Handler serves many runs, several at once where the
// source is parallel.
//
// The context is cancelled when the run must end: with the cause ErrTimeout
// when it takes too long, ErrStopping when the daemon stops. Handle then ends
// what it began, waits until that is gone, and returns a transient failure that
// wraps the cause. It never returns while something of the run remains.
type Handler interface {
	Handle(ctx context.Context, run *Run) Outcome
}

// Run is one execution of a handler for one event, or for one unit of it.
// Methods may be called from any goroutine; fields don't change.
type Run struct {
	// ID names the run, as an event's id names the event.
	ID string
	// Event is what the run is for: the event, or the path, line or message
	// that it was divided into (clause DV3).
	Event *Event
	// Queue is the label of the queue the run holds a slot of.
	Queue string
	// Log has the fields source, event and run.
	Log zerolog.Logger

	once   sync.Once
	fields expr.Fields
}

// NewRun returns a run that logs to log, with the fields source, event and run.
func NewRun(id string, event *Event, queue string, log zerolog.Logger) *Run {
	return &Run{ID: id, Event: event, Queue: queue, Log: log.With().
		Str("source", event.Source).Str("event", event.ID).Str("run", id).Logger()}
}

// Fields are the event's fields and `run`, for templates and conditions. They
// are made once, when they are first asked for.
func (r *Run) Fields() expr.Fields {
	r.once.Do(func() {
		r.fields = r.Event.Fields()
		r.fields["run"] = r.ID
	})
	return r.fields
}
