package handlers_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/handlers"
)

// kinds are the kinds of events, and how one of each is made up.
var kinds = map[string]func(*rapid.T, *handlers.Event){
	"files": func(t *rapid.T, e *handlers.Event) { e.Changes = changes(t) },
	"vnode": func(t *rapid.T, e *handlers.Event) { e.Changes, e.Data = changes(t), number(t) },
	"timer": func(t *rapid.T, e *handlers.Event) {
		e.Ticks = rapid.Uint64Range(1, 1e6).Draw(t, "ticks")
		e.Data, e.Scheduled = &e.Ticks, moment(t)
	},
	"read": func(t *rapid.T, e *handlers.Event) {
		e.EOF, e.Peer, e.Data = rapid.Bool().Draw(t, "eof"), peer(t), number(t)
		if rapid.Bool().Draw(t, "framed") {
			e.Lines = rapid.SliceOfN(raw(), 1, 5).Draw(t, "lines")
		} else {
			e.Bytes = number(t)
		}
	},
	"write": func(t *rapid.T, e *handlers.Event) { e.Data = number(t) },
	"signal": func(t *rapid.T, e *handlers.Event) {
		e.Signal = rapid.SampledFrom([]string{"SIGHUP", "SIGUSR1", "SIGRTMIN", "SIGRTMIN+3", "SIGRTMAX-1"}).Draw(t, "signal")
		e.SignalCount = rapid.Uint64Range(1, 1e6).Draw(t, "count")
		e.Senders = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) handlers.Sender {
			s := handlers.Sender{PID: pid(t), UID: uid(t)}
			if rapid.Bool().Draw(t, "queued") {
				s.Value = new(rapid.Int32().Draw(t, "value"))
			}
			return s
		}), 0, 3).Draw(t, "senders")
	},
	"process": func(t *rapid.T, e *handlers.Event) {
		e.PID, e.Name = 1+pid(t), text().Draw(t, "name")
		if e.What = rapid.SampledFrom([]string{"exit", "start", "fork", "exec"}).Draw(t, "what"); e.What != "exit" {
			e.Child = pid(t)
			return
		}
		e.Exit = rapid.SampledFrom([]*handlers.Exit{nil, {Code: new(0)}, {Code: new(255)}, {Signal: "SIGSEGV", Core: true}}).Draw(t, "exit")
	},
	"custom": func(t *rapid.T, e *handlers.Event) {
		if rapid.Bool().Draw(t, "list") {
			e.Items = rapid.SliceOfN(item(), 1, 4).Draw(t, "items")
		} else {
			e.Data = number(t)
		}
	},
	"port": func(t *rapid.T, e *handlers.Event) {
		e.Messages = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) handlers.Message {
			return handlers.Message{Data: raw().Draw(t, "data"), Peer: peer(t), DescriptorsLost: rapid.Bool().Draw(t, "lost")}
		}), 1, 4).Draw(t, "messages")
	},
	"pressure": func(t *rapid.T, e *handlers.Event) {
		e.Resource = rapid.SampledFrom([]string{"memory", "cpu", "io"}).Draw(t, "resource")
		e.Level = rapid.SampledFrom([]string{"high", "normal"}).Draw(t, "level")
	},
	"internal": func(t *rapid.T, e *handlers.Event) { e.What, e.About = "overflow", text().Draw(t, "about") },
}

// events makes up events of a kind.
func events(kind string) *rapid.Generator[handlers.Event] {
	return rapid.Custom(func(t *rapid.T) handlers.Event {
		e := handlers.Event{ID: ids.New(moment(t)), Source: text().Draw(t, "source"), Kind: kind,
			Time: moment(t), Attempt: rapid.IntRange(1, 9).Draw(t, "attempt")}
		kinds[kind](t, &e)
		return e
	})
}

// anyEvents makes up events of all kinds.
func anyEvents() *rapid.Generator[handlers.Event] {
	var all []*rapid.Generator[handlers.Event]
	for _, kind := range kindNames() {
		all = append(all, events(kind))
	}
	return rapid.OneOf(all...)
}

func kindNames() []string {
	var names []string
	for name := range kinds {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

var ids handlers.IDs

func changes(t *rapid.T) []coalesce.Change {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) coalesce.Change {
		c := coalesce.Change{
			Op:   coalesce.Op(rapid.IntRange(int(coalesce.Create), int(coalesce.Revoke)).Draw(t, "op")),
			Path: path(t), PID: pid(t),
			Dir: rapid.Bool().Draw(t, "dir"), Moved: rapid.Bool().Draw(t, "moved"), Rescan: rapid.Bool().Draw(t, "rescan"),
		}
		if rapid.Bool().Draw(t, "moved within") {
			c.From, c.To = path(t), path(t)
		}
		return c
	}), 1, 6).Draw(t, "changes")
}

// path is an absolute path of any bytes but NUL, often one of a few.
func path(t *rapid.T) string {
	if rapid.Bool().Draw(t, "common") {
		return fmt.Sprintf("/srv/%d", rapid.IntRange(0, 2).Draw(t, "which"))
	}
	bytes := rapid.SliceOf(rapid.ByteRange(1, 255)).Draw(t, "path")
	return "/" + string(bytes)
}

// raw makes texts of any bytes.
func raw() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		if rapid.Bool().Draw(t, "text") {
			return rapid.String().Draw(t, "text")
		}
		return string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
	})
}

// text makes texts of characters, never empty.
func text() *rapid.Generator[string] { return rapid.StringN(1, 20, -1) }

// item makes payloads as JSON has them.
func item() *rapid.Generator[any] {
	return rapid.OneOf(
		text().AsAny(), rapid.Bool().AsAny(), rapid.SampledFrom([]json.Number{"0", "-7", "1.50", "1234567890123456789", "1e400"}).AsAny(),
		rapid.Just(any(nil)), rapid.Just(any(map[string]any{"host": "a", "load": json.Number("1.5")})),
		rapid.Just(any([]any{"a", json.Number("2.0")})),
	)
}

func moment(t *rapid.T) time.Time {
	return time.Unix(0, rapid.Int64Range(1, 4e18).Draw(t, "time")).UTC()
}

func number(t *rapid.T) *uint64 {
	return rapid.SampledFrom([]*uint64{nil, new(uint64(0)), new(uint64(7)), new(^uint64(0))}).Draw(t, "number")
}

func pid(t *rapid.T) int { return rapid.IntRange(0, 1<<22).Draw(t, "pid") }

func uid(t *rapid.T) *uint32 {
	return rapid.SampledFrom([]*uint32{nil, new(uint32(0)), new(uint32(1000))}).Draw(t, "uid")
}

func peer(t *rapid.T) *handlers.Peer {
	if rapid.Bool().Draw(t, "no peer") {
		return nil
	}
	return &handlers.Peer{PID: pid(t), UID: uid(t), GID: uid(t),
		Addr: rapid.SampledFrom([]string{"", "/run/a.sock", "127.0.0.1:4711"}).Draw(t, "addr")}
}
