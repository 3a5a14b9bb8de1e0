package handlers

import (
	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/internal/expr"
)

// Fields is the event as expressions see it: the names of the record, and for
// a single change, line or message also its own (clause EV6). Texts are exact bytes.
// What is absent has no key.
//
// It costs a map, and for a list of changes one more a change.
func (e *Event) Fields() expr.Fields {
	f := expr.Fields{"source": e.Source, "kind": e.Kind, "count": e.Count()}
	put(f, "id", e.ID)
	if !e.Time.IsZero() {
		f["time"] = formatTime(e.Time)
	}
	put(f, "attempt", e.Attempt)
	putKnown(f, "data", e.Data)
	e.putChanges(f)
	put(f, "ticks", e.Ticks)
	if !e.Scheduled.IsZero() {
		f["scheduled"] = formatTime(e.Scheduled)
	}
	e.putRead(f)
	put(f, "signal", e.Signal)
	put(f, "pid", e.PID)
	put(f, "name", e.Name)
	put(f, "child", e.Child)
	if len(e.Senders) > 0 {
		f["senders"] = objects(e.Senders, Sender.fields)
	}
	if e.Exit != nil {
		f["exit"] = e.Exit.fields()
	}
	if len(e.Items) > 0 {
		f["items"] = converted(e.Items, computable)
	}
	put(f, "resource", e.Resource)
	put(f, "level", e.Level)
	put(f, "what", e.What)
	put(f, "about", e.About)
	return f
}

func (e *Event) putChanges(f expr.Fields) {
	if len(e.Changes) == 0 {
		return
	}
	changes := objects(e.Changes, changeFields)
	f["changes"], f["paths"] = changes, e.Paths()
	if e.single() == nil {
		return
	}
	for _, name := range [...]string{"op", "path", "from", "to", "dir", "moved"} {
		if value, known := changes[0][name]; known {
			f[name] = value
		}
	}
}

func (e *Event) putRead(f expr.Fields) {
	putKnown(f, "bytes", e.Bytes)
	if len(e.Lines) > 0 {
		f["lines"] = e.Lines
	}
	if len(e.Lines) == 1 {
		f["line"] = e.Lines[0]
	}
	if len(e.Messages) > 0 {
		f["messages"] = objects(e.Messages, Message.fields)
	}
	peer := e.Peer
	if len(e.Messages) == 1 {
		f["message"] = e.Messages[0].Data
		if peer == nil {
			peer = e.Messages[0].Peer
		}
	}
	put(f, "eof", e.EOF)
	if peer != nil {
		f["peer"] = peer.fields()
	}
}

func changeFields(c coalesce.Change) map[string]any {
	f := map[string]any{"op": c.Op.String(), "path": c.Path,
		"dir": c.Dir, "moved": c.Moved, "rescan": c.Rescan}
	put(f, "from", c.From)
	put(f, "to", c.To)
	put(f, "pid", c.PID)
	return f
}

func (p *Peer) fields() map[string]any {
	f := map[string]any{}
	put(f, "pid", p.PID)
	putKnown(f, "uid", p.UID)
	putKnown(f, "gid", p.GID)
	put(f, "addr", p.Addr)
	return f
}

func (s Sender) fields() map[string]any {
	f := map[string]any{}
	put(f, "pid", s.PID)
	putKnown(f, "uid", s.UID)
	putKnown(f, "value", s.Value)
	return f
}

func (x *Exit) fields() map[string]any {
	f := map[string]any{}
	putKnown(f, "code", x.Code)
	put(f, "signal", x.Signal)
	put(f, "core", x.Core)
	return f
}

func (m Message) fields() map[string]any {
	f := map[string]any{"data": m.Data}
	if m.Peer != nil {
		f["peer"] = m.Peer.fields()
	}
	put(f, "descriptors_lost", m.DescriptorsLost)
	return f
}

// objects are the fields of each element of a list.
func objects[T any](list []T, fields func(T) map[string]any) []map[string]any {
	all := make([]map[string]any, len(list))
	for i, element := range list {
		all[i] = fields(element)
	}
	return all
}

// put sets a value whose zero is absent.
func put[T comparable](f map[string]any, name string, value T) {
	var absent T
	if value != absent {
		f[name] = value
	}
}

// putKnown sets a value whose zero says something.
func putKnown[T any](f map[string]any, name string, value *T) {
	if value != nil {
		f[name] = *value
	}
}
