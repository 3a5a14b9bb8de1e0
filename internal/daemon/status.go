package daemon

import "time"

// Status is what the daemon is doing, as `reactord status --json` prints it.
type Status struct {
	Config  string    `json:"config"`
	Started time.Time `json:"started"`
	Returns uint64    `json:"loop_returns"`
	// Stopping says that intake has ended and handlers are waited for.
	Stopping bool           `json:"stopping,omitempty"`
	Sources  []SourceStatus `json:"sources"`
	Queues   []QueueStatus  `json:"queues,omitempty"`
}

// SourceStatus is one source.
type SourceStatus struct {
	Name  string `json:"name"`
	Kind  string `json:"kind"`
	State string `json:"state"` // active, waiting, running, suspended
	// Reason says why a source waits.
	Reason string `json:"reason,omitempty"`
	Queue  string `json:"queue"`

	Taken uint64 `json:"taken"` // events from the intake
	// Took counts what these were of: changes by operation, signals by name, ticks,
	// lines and so on.
	Took      map[string]uint64 `json:"took,omitempty"`
	Coalesced uint64            `json:"coalesced"` // of these, merged into one that waited
	Pending   int               `json:"pending"`   // things that wait
	Events    uint64            `json:"events"`    // latched
	Skipped   uint64            `json:"skipped"`   // `when` was false
	Running   int               `json:"running"`
	Waiting   int               `json:"waiting"` // units whose run has not started
	Runs      uint64            `json:"runs"`
	Failures  uint64            `json:"failures"` // of runs
	LastError string            `json:"last_error,omitempty"`
	Errors    uint64            `json:"errors"` // of the source itself

	// Detail is what only this kind has to say.
	Detail map[string]any `json:"detail,omitempty"`
}

// QueueStatus is one configured queue.
type QueueStatus struct {
	Name    string `json:"name"`
	Width   int    `json:"width"`
	Waiting int    `json:"waiting"`
	Running int    `json:"running"`
}

// Status tells what every source and queue is doing. It takes each source's
// locks for a moment, one after the other.
func (d *Daemon) Status() Status {
	st := Status{Config: d.config.File, Started: d.started, Returns: d.reactor.Returns(), Stopping: d.stopping.Load(),
		Sources: make([]SourceStatus, 0, len(d.order))}
	for _, s := range d.order {
		st.Sources = append(st.Sources, s.status())
	}
	for _, c := range d.config.Queues {
		q := d.queues[c.Name].State()
		st.Queues = append(st.Queues, QueueStatus{Name: c.Name, Width: c.Width, Waiting: q.Waiting, Running: q.Running})
	}
	return st
}

func (s *source) status() SourceStatus {
	st := SourceStatus{Name: s.config.Name, Kind: s.config.Kind, Queue: s.delivery.queue.Label()}
	has := s.pending.counts()
	st.Taken, st.Took, st.Coalesced, st.Pending = has.taken, has.took, has.merged, has.things
	d := s.delivery
	d.mu.Lock()
	st.Events, st.Skipped, st.Runs = d.counts.Events, d.counts.Skipped, d.counts.Runs
	st.Failures, st.LastError = d.counts.Failures, d.counts.Last
	st.Running, st.Waiting = d.backlog.out, len(d.backlog.waiting)
	d.mu.Unlock()
	s.mu.Lock()
	in := s.intake
	st.Reason, st.Errors = s.reason, s.errors
	s.mu.Unlock()
	full := st.Reason == "" && has.full
	if full {
		st.Reason = "pending is full: nothing more is taken in until the handler has caught up"
	}
	switch {
	case full && st.Running > 0:
		st.State = "running"
	case st.Reason != "":
		st.State = "waiting"
	case s.config.Suspended:
		st.State = "suspended"
	case st.Running > 0:
		st.State = "running"
	default:
		st.State = "active"
	}
	if s.kind.detail != nil && in != nil {
		st.Detail = s.kind.detail(in)
	}
	return st
}

// Waiting is how many sources wait with a reason.
func (s Status) Waiting() int {
	n := 0
	for _, source := range s.Sources {
		if source.Reason != "" {
			n++
		}
	}
	return n
}
