package handlers

import (
	"time"

	"github.com/reactord/reactord/coalesce"
)

// Event is the event record: what happened, as a handler gets it, as the
// history keeps it and as the control socket tells it (clauses EV1 to EV4).
// MarshalJSON is its only form outside the process.
//
// What is not known is absent (clause EV1). Absent is the zero value where
// zero can't be a known value: a pid, a count, a text, a time. Where 0 says
// something (no bytes left, exit code 0, the user root), the field is a
// pointer and nil is absent. A flag that is false is not written.
//
// Texts are bytes in the clothes of a string: paths, lines and messages need
// not be UTF-8 (clause EV4).
//
// An Event is a value: it may be read by any number of goroutines, and while
// one changes it nobody else may use it. Copies share their lists, which
// nobody changes in place.
type Event struct {
	// ID sorts in the order of events and never repeats, over restarts either.
	ID string
	// Source is the name of the source in the configuration.
	Source string
	// Kind is the kind of the source: files, timer, read and so on.
	Kind string
	// Time is when the first of the merged events was taken in.
	Time time.Time
	// Attempt counts deliveries of the event, from 1.
	Attempt int

	// Data is the number a source of the library gives its handler (clause
	// EV2): sum, bits or last value of a custom source; ticks; bytes; signals;
	// bits of a vnode.
	Data *uint64

	// Changes is what happened to files, in order (files, vnode).
	Changes []coalesce.Change

	// Ticks is how many ticks of the timer are in this event (timer).
	Ticks uint64
	// Scheduled is when the first of them was due (timer).
	Scheduled time.Time

	// Bytes is how many bytes can be read (read without framing).
	Bytes *uint64
	// Lines are the lines that were read, without their ends (read).
	Lines []string
	// EOF tells that nothing will come any more: in the last event of a connection
	// or descriptor, which may hold nothing else (read), or that a connection's
	// other end has gone (port, write). A FIFO outlives its writers and has no end.
	EOF bool
	// Peer is who is at the other end (read), or has gone (port).
	Peer *Peer

	// Signal is the signal's name, as SIGHUP (signal).
	Signal string
	// SignalCount is how many of it came: `count` in the record (signal).
	SignalCount uint64
	// Senders are who sent them, where known, in order; of more than 4096 the last
	// (signal).
	Senders []Sender

	// PID is the process's number (process).
	PID int
	// Name is the process's name (process).
	Name string
	// Exit is how the process ended (process).
	Exit *Exit
	// Child is the process that it has started by a fork (process).
	Child int

	// Items are the payloads of a custom list, in order, as Payload makes them
	// (custom).
	Items []any

	// Messages are the messages that came, in order (port, read).
	Messages []Message

	// Resource is what is short: memory, cpu or io (pressure).
	Resource string
	// Level is how short it is (pressure).
	Level string

	// What is what happened in the daemon (internal), or what the process did:
	// exit, start, fork or exec (process).
	What string
	// Descriptors are those it brings along, nil without. They are in no record,
	// and no other event merges with one that has some (read, port).
	Descriptors *Descriptors

	// About is whom it concerns, as the name of a source, or by how much the clock was set (internal).
	About string
}

// Peer is a process at the other end of a socket, as far as the kernel tells.
type Peer struct {
	PID  int     `json:"pid,omitempty"`
	UID  *uint32 `json:"uid,omitempty"` // 0 is root
	GID  *uint32 `json:"gid,omitempty"`
	Addr string  `json:"addr,omitempty"` // as package net writes it
}

// Sender is who sent a signal.
type Sender struct {
	PID   int     `json:"pid,omitempty"`
	UID   *uint32 `json:"uid,omitempty"`   // 0 is root
	Value *int32  `json:"value,omitempty"` // what sigqueue(3) sent along, nil: it wasn't that
}

// Exit is how a process ended: with a code, or by a signal.
type Exit struct {
	Code   *int   `json:"code,omitempty"`
	Signal string `json:"signal,omitempty"` // its name, as SIGKILL
	Core   bool   `json:"core,omitempty"`   // the kernel wrote a core
}

// Message is one datagram or packet, and who sent it.
type Message struct {
	Data string
	Peer *Peer
	// DescriptorsLost says that it carried descriptors, which the daemon was to take
	// and could not (port).
	DescriptorsLost bool
}

// Count is how many things the event holds (REACTORD_COUNT, clause EV5): its
// changes, lines, items, messages, signals or ticks; otherwise 1.
func (e *Event) Count() int {
	switch {
	case len(e.Changes) > 0:
		return len(e.Changes)
	case len(e.Lines) > 0:
		return len(e.Lines)
	case len(e.Items) > 0:
		return len(e.Items)
	case len(e.Messages) > 0:
		return len(e.Messages)
	case e.SignalCount > 0:
		return int(e.SignalCount)
	case e.Ticks > 0:
		return int(e.Ticks)
	}
	return 1
}

// Paths are the paths of the changes, each once, in the order in which they
// first occur. Nil when there are none.
func (e *Event) Paths() []string {
	switch len(e.Changes) {
	case 0:
		return nil
	case 1:
		return []string{e.Changes[0].Path}
	}
	seen := make(map[string]struct{}, len(e.Changes))
	paths := make([]string, 0, len(e.Changes))
	for i := range e.Changes {
		path := e.Changes[i].Path
		if _, ok := seen[path]; !ok {
			seen[path] = struct{}{}
			paths = append(paths, path)
		}
	}
	return paths
}

// single is the only change of the event, nil when there is none or more than
// one.
func (e *Event) single() *coalesce.Change {
	if len(e.Changes) != 1 {
		return nil
	}
	return &e.Changes[0]
}
