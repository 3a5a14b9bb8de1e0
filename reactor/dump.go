package reactor

import "time"

// Dump is what a reactor is doing: everything of it that exists, in the order
// in which it was made (dispatch_debug). It costs a lock an object, and may be
// taken at any time.
type Dump struct {
	Queues          []QueueState
	Sources         []SourceState
	Groups          []GroupState // those that were made with a label
	OperationQueues []OperationQueueState
	Operations      []OperationStatus // in the queues, and not finished
}

// QueueState is what a queue is doing.
type QueueState struct {
	Label     string
	Target    string // the label of its target, "" for a root
	QoS       QoS
	Width     int
	Waiting   int  // items that have not started; see State
	Running   int  // slots that run an item
	Suspended int  // how often it is suspended
	Inactive  bool // it was not activated yet
	// Busy is for how long it has had something to do, without a break, in
	// whole milliseconds and up to 49 days; 0 for a global queue, and while one
	// Sync is all there is.
	Busy time.Duration
}

// SourceState is what a source is doing.
type SourceState struct {
	Label  string
	Target string
	State  string // see Source.State
	Calls  uint64 // of the event handler
}

// Dump tells what the reactor is doing.
func (r *Reactor) Dump() Dump {
	var d Dump
	for _, q := range r.roots {
		d.Queues = append(d.Queues, q.State())
	}
	for _, q := range r.queues.live() {
		d.Queues = append(d.Queues, q.State())
	}
	for _, s := range r.sources.live() {
		d.Sources = append(d.Sources, SourceState{Label: s.label,
			Target: s.target.Load().label, State: s.State(), Calls: s.Calls()})
	}
	for _, g := range r.groups.live() {
		d.Groups = append(d.Groups, g.State())
	}
	for _, q := range r.operations.live() {
		d.OperationQueues = append(d.OperationQueues, q.State())
		for _, o := range q.Operations() {
			d.Operations = append(d.Operations, o.Status())
		}
	}
	return d
}

// State tells what the queue is doing. Of the items of a serial queue that
// follow each other at once up to 15 may count as waiting that have run.
func (q *Queue) State() QueueState {
	s := QueueState{Label: q.label, QoS: q.QoS(), Width: q.Width()}
	if t := q.target.Load(); t != nil {
		s.Target = t.label
	}
	switch q.kind {
	case globalRoot:
		s.Waiting, s.Running = q.Reactor().crew.state(q.class)
		return s
	case mainRoot:
		return s
	}
	switch q.gate.word.Load() {
	case idle:
		return s
	case held, heldAlone:
		s.Running = 1
		return s
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if s.Running = int(q.slots); q.starting {
		s.Running--
	}
	s.Waiting, s.Suspended, s.Inactive = q.items.len(), int(q.suspends), q.inactive
	if q.fetched {
		s.Waiting -= max(int(q.ran.Load()), 1) // those that have run, or the one that does
	}
	s.Busy = time.Duration(q.now()-q.since) * time.Millisecond
	return s
}
