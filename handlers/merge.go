package handlers

import (
	"github.com/reactord/reactord/coalesce"
)

// Merge makes one event of e and more, which came after it from the same
// source (clause DV1). Id, time, attempt and scheduled stay those of the
// first. Data merges as mode says, ticks and signals are added, lists are
// appended, end of file sticks; of bytes, resource and level the last is kept.
//
// What says whom the event is about (peer, signal, process and its exit, what
// happened in the daemon and to which source)
// becomes absent when the two differ: a source for which that matters asks
// SameSubject first and lets such events wait one behind the other.
//
// Changes are appended as they are; whoever latches the event folds them. e
// must have its lists to itself: of the copies of an event only one may merge.
// A merge costs what appending costs.
func (e *Event) Merge(more Event, mode coalesce.Mode) {
	if !e.SameSubject(&more) {
		e.Peer, e.Signal, e.PID, e.Name, e.Child, e.Exit, e.What, e.About = nil, "", 0, "", 0, nil, "", ""
	}
	e.Data = mergeData(e.Data, more.Data, mode)
	e.Changes = append(e.Changes, more.Changes...)
	e.Ticks += more.Ticks
	if more.Bytes != nil {
		e.Bytes = more.Bytes
	}
	e.Lines = append(e.Lines, more.Lines...)
	e.EOF = e.EOF || more.EOF
	e.SignalCount += more.SignalCount
	e.Senders = append(e.Senders, more.Senders...)
	e.Items = append(e.Items, more.Items...)
	e.Messages = append(e.Messages, more.Messages...)
	keepLast(&e.Resource, more.Resource)
	keepLast(&e.Level, more.Level)
}

// SameSubject reports whether the two events are about the same peer, signal,
// process and source, so that Merge loses nothing.
func (e *Event) SameSubject(more *Event) bool {
	return e.Signal == more.Signal && e.PID == more.PID && e.Name == more.Name && e.Child == more.Child && e.What == more.What && e.About == more.About && e.Descriptors == more.Descriptors &&
		equalAt(e.Exit, more.Exit, Exit.equal) && equalAt(e.Peer, more.Peer, Peer.equal)
}

// mergeData merges two numbers either of which may be absent.
func mergeData(a, b *uint64, mode coalesce.Mode) *uint64 {
	switch {
	case b == nil:
		return a
	case a == nil || mode == coalesce.Replace:
		return b
	case mode == coalesce.Or:
		return new(*a | *b)
	}
	return new(*a + *b)
}

func keepLast(text *string, last string) {
	if last != "" {
		*text = last
	}
}

func (p Peer) equal(q Peer) bool {
	return p.PID == q.PID && p.Addr == q.Addr && equalValue(p.UID, q.UID) && equalValue(p.GID, q.GID)
}

func (x Exit) equal(y Exit) bool {
	return equalValue(x.Code, y.Code) && x.Signal == y.Signal && x.Core == y.Core
}

func equalValue[T comparable](a, b *T) bool {
	return equalAt(a, b, func(a, b T) bool { return a == b })
}

// equalAt compares what two pointers point at; nil equals nil only.
func equalAt[T any](a, b *T, equal func(a, b T) bool) bool {
	if a == nil || b == nil {
		return a == b
	}
	return equal(*a, *b)
}
