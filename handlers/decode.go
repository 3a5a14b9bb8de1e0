package handlers

import (
	"fmt"
	"time"

	"github.com/reactord/reactord/coalesce"
)

// UnmarshalJSON reads an event record, one that was written by MarshalJSON or
// by hand. Unknown names are ignored, as a newer daemon may have written them;
// an unknown operation is an error. Numbers in items stay as they are written.
func (e *Event) UnmarshalJSON(text []byte) error {
	var r record
	if err := decode(text, &r); err != nil {
		return fmt.Errorf("read event record: %w", err)
	}
	changes, err := r.changes()
	if err != nil {
		return fmt.Errorf("read event record: %w", err)
	}
	*e = Event{
		ID: r.ID, Source: r.Source, Kind: r.Kind, Time: time.Time(r.Time), Attempt: r.Attempt,
		Data: r.Data, Changes: changes, Ticks: r.Ticks, Scheduled: time.Time(r.Scheduled),
		Bytes: r.Bytes, Lines: r.lines(), EOF: r.EOF, Peer: r.Peer,
		Signal: r.Signal, SignalCount: r.Count, Senders: r.Senders,
		PID: r.PID, Name: r.Name, Child: r.Child, Exit: r.Exit, Items: r.Items,
		Resource: r.Resource, Level: r.Level, What: r.What, About: r.About,
	}
	e.Messages = converted(r.Messages, func(m message) Message {
		return Message{original(m.Data, m.DataB64), m.Peer, m.Lost}
	})
	return nil
}

func (r *record) changes() ([]coalesce.Change, error) {
	var bad error
	all := converted(r.Changes, func(c change) coalesce.Change {
		op, err := coalesce.ParseOp(c.Op)
		if err != nil {
			bad = err
		}
		return coalesce.Change{
			Op: op, Path: original(c.Path, c.PathB64), From: original(c.From, c.FromB64),
			To: original(c.To, c.ToB64), Dir: c.Dir, Moved: c.Moved, Rescan: c.Rescan, PID: c.PID,
		}
	})
	return all, bad
}

func (r *record) lines() []string {
	if len(r.LinesB64) == 0 {
		return r.Lines
	}
	return converted(r.LinesB64, func(line []byte) string { return string(line) })
}

// original is the text whose readable form and exact bytes are given.
func original(text string, bytes []byte) string {
	if len(bytes) > 0 {
		return string(bytes)
	}
	return text
}
