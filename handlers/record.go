package handlers

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/reactord/reactord/coalesce"
)

// EventSchema is the JSON Schema (draft 2020-12) of the event record.
//
//go:embed event.schema.json
var EventSchema []byte

// record is the event as JSON: the names, their order, and what is left out
// when absent (clauses EV1 to EV4). The schema says the same to others; a test
// keeps the two equal.
type record struct {
	ID        string    `json:"id,omitempty"`
	Source    string    `json:"source"`
	Kind      string    `json:"kind"`
	Time      instant   `json:"time,omitzero"`
	Attempt   int       `json:"attempt,omitempty"`
	Data      *uint64   `json:"data,omitempty"`
	Changes   []change  `json:"changes,omitempty"`
	Ticks     uint64    `json:"ticks,omitempty"`
	Scheduled instant   `json:"scheduled,omitzero"`
	Bytes     *uint64   `json:"bytes,omitempty"`
	Lines     []string  `json:"lines,omitempty"`
	LinesB64  [][]byte  `json:"lines_b64,omitempty"`
	EOF       bool      `json:"eof,omitempty"`
	Peer      *Peer     `json:"peer,omitempty"`
	Signal    string    `json:"signal,omitempty"`
	Count     uint64    `json:"count,omitempty"`
	Senders   []Sender  `json:"senders,omitempty"`
	PID       int       `json:"pid,omitempty"`
	Name      string    `json:"name,omitempty"`
	Child     int       `json:"child,omitempty"`
	Exit      *Exit     `json:"exit,omitempty"`
	Items     []any     `json:"items,omitempty"`
	Messages  []message `json:"messages,omitempty"`
	Resource  string    `json:"resource,omitempty"`
	Level     string    `json:"level,omitempty"`
	What      string    `json:"what,omitempty"`
	About     string    `json:"about,omitempty"`
}

// change is a coalesce.Change as JSON.
type change struct {
	Op      string `json:"op"`
	Path    string `json:"path"`
	PathB64 []byte `json:"path_b64,omitempty"`
	From    string `json:"from,omitempty"`
	FromB64 []byte `json:"from_b64,omitempty"`
	To      string `json:"to,omitempty"`
	ToB64   []byte `json:"to_b64,omitempty"`
	Dir     bool   `json:"dir,omitempty"`
	Moved   bool   `json:"moved,omitempty"`
	Rescan  bool   `json:"rescan,omitempty"`
	PID     int    `json:"pid,omitempty"`
}

// message is a Message as JSON.
type message struct {
	Data    string `json:"data"`
	DataB64 []byte `json:"data_b64,omitempty"`
	Peer    *Peer  `json:"peer,omitempty"`
	Lost    bool   `json:"descriptors_lost,omitempty"`
}

// MarshalJSON is the event record (clause EV1). A text that isn't UTF-8 is
// written readably, each stray byte as \xNN and each backslash as \x5c, and
// where its bytes matter they stand beside it in base64: path_b64, from_b64,
// to_b64, data_b64, and lines_b64, which has all lines when one needs it.
func (e Event) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	if err := e.WriteLine(&b); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), nil
}

// WriteLine writes the event record as one line of JSON, with its end. It
// costs one Write, some microseconds, and per change half a microsecond.
func (e *Event) WriteLine(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e.record()); err != nil {
		return fmt.Errorf("write event %s of source %s: %w", e.ID, e.Source, err)
	}
	return nil
}

func (e *Event) record() *record {
	r := &record{
		ID: e.ID, Source: e.Source, Kind: e.Kind, Time: instant(e.Time), Attempt: e.Attempt,
		Data: e.Data, Ticks: e.Ticks, Scheduled: instant(e.Scheduled),
		Bytes: e.Bytes, EOF: e.EOF, Peer: e.Peer,
		Signal: e.Signal, Count: e.SignalCount, Senders: e.Senders,
		PID: e.PID, Name: readable(e.Name), Child: e.Child, Exit: e.Exit,
		Resource: e.Resource, Level: e.Level, What: e.What, About: readable(e.About),
	}
	r.Changes = converted(e.Changes, changeRecord)
	r.Lines = converted(e.Lines, readable)
	if slices.ContainsFunc(e.Lines, func(s string) bool { return !utf8.ValidString(s) }) {
		r.LinesB64 = converted(e.Lines, func(s string) []byte { return []byte(s) })
	}
	r.Items = converted(e.Items, func(item any) any {
		if s, ok := item.(string); ok {
			return readable(s)
		}
		return item
	})
	r.Messages = converted(e.Messages, func(m Message) message {
		return message{readable(m.Data), exact(m.Data), m.Peer, m.DescriptorsLost}
	})
	return r
}

func changeRecord(c coalesce.Change) change {
	return change{
		Op:   c.Op.String(),
		Path: readable(c.Path), PathB64: exact(c.Path),
		From: readable(c.From), FromB64: exact(c.From),
		To: readable(c.To), ToB64: exact(c.To),
		Dir: c.Dir, Moved: c.Moved, Rescan: c.Rescan, PID: c.PID,
	}
}

// exact is what stands beside readable(s): nothing when s is UTF-8.
func exact(s string) []byte {
	if utf8.ValidString(s) {
		return nil
	}
	return []byte(s)
}

// converted is convert of each element; nil for none.
func converted[A, B any](list []A, convert func(A) B) []B {
	if len(list) == 0 {
		return nil
	}
	all := make([]B, len(list))
	for i, element := range list {
		all[i] = convert(element)
	}
	return all
}

// instant is a time as the record writes it: RFC 3339 in UTC with all nine
// digits, so that times sort as text (clause EV1).
type instant time.Time

const instantFormat = "2006-01-02T15:04:05.000000000Z07:00"

func formatTime(t time.Time) string { return t.UTC().Format(instantFormat) }

// IsZero tells encoding/json that the time is absent.
func (i instant) IsZero() bool { return time.Time(i).IsZero() }

// MarshalText implements encoding.TextMarshaler.
func (i instant) MarshalText() ([]byte, error) { return []byte(formatTime(time.Time(i))), nil }

// UnmarshalText implements encoding.TextUnmarshaler; any RFC 3339 will do.
func (i *instant) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.RFC3339Nano, string(text))
	*i = instant(t)
	return err
}
