// Package daemon turns a configuration into running sources.
//
// Each configured source is two halves that meet in a store (clause DV1):
//
//	kernel -> intake -> pending -> delivery -> run -> outcome
//
// The intake is a source of package sources, of the kind the configuration
// names. Its handler runs on a queue of its own, makes an event record of what
// it was told and puts it into pending, where records merge. The delivery is a
// reactor source over pending, whose target is the configured queue: when its
// turn comes it latches what is pending, gives it an id, divides it into units
// and starts runs. A run holds a slot of the queue until its handler has
// answered with an outcome; then what was latched is acknowledged.
//
// Either half can be exchanged without the other: that is what a reload does.
//
// kinds.go has the table of kinds, the only place that knows them all.
package daemon
