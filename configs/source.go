package configs

import (
	"time"

	"github.com/reactord/reactord/internal/expr"
)

// Source is one event source with its delivery: what is taken in and what runs
// for it (DV1).
type Source struct {
	// Name is the source's name in the configuration and its label.
	Name string
	// Pos is where the name stands in the file.
	Pos Position
	// Kind names the one of the following kinds that is set: timer, read, write,
	// vnode, files, signal, process, pressure, port, custom or internal.
	Kind string
	// Timer is set for the kind timer.
	Timer *Timer
	// Read is set for the kind read.
	Read *Read
	// Write is set for the kind write.
	Write *Write
	// Vnode is set for the kind vnode.
	Vnode *Vnode
	// Files is set for the kind files.
	Files *Files
	// Signal is set for the kind signal.
	Signal *Signal
	// Process is set for the kind process.
	Process *Process
	// Pressure is set for the kind pressure.
	Pressure *Pressure
	// Port is set for the kind port.
	Port *Port
	// Internal are overflow, gave_up, source_failed, source_recovered and
	// clock_set, those that are wanted, for the kind internal.
	Internal []string
	// Custom is add, or, replace or list for the kind custom, otherwise empty.
	Custom string

	// Queue is the name of the queue the handler runs on; empty is the global
	// default queue.
	Queue string
	// Each says what one run gets (DV3): event, path, line or message.
	Each string
	// Parallel is how many runs of this source may be out at once, at least 1.
	Parallel int
	// Coalesce holds the windows in which events merge (DV4).
	Coalesce Coalesce
	// When is evaluated once on the latched event (DV6); nil is always true.
	When *expr.Condition
	// Suspended sources are registered and collect, but run nothing until resumed.
	Suspended bool
	// Handler is what runs for an event; it is never nil.
	Handler *Handler
	// OnCancel runs once after the source was cancelled; nil is nothing.
	OnCancel *Handler
}

// Coalesce holds the windows of a source; a zero field is a window that is
// always open. A run starts when every window allows it (DV4).
type Coalesce struct {
	// Settle waits until nothing new has come for so long.
	Settle time.Duration
	// Max bounds the waiting of Settle.
	Max time.Duration
	// Every is the least time between the starts of two runs.
	Every time.Duration
	// Limit is the most runs in an interval.
	Limit Rate
}

// Rate is a number of runs in an interval; the zero Rate is no limit.
type Rate struct {
	// N is how many runs an interval may have.
	N int
	// Interval is the length of the interval.
	Interval time.Duration
}
