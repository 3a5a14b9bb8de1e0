package handlers_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/handlers"
)

func TestDV1_Merge(t *testing.T) {
	early, late := time.Unix(10, 0), time.Unix(20, 0)
	change := func(path string) coalesce.Change { return coalesce.Change{Op: coalesce.Close, Path: path} }
	tests := []struct {
		name        string
		mode        coalesce.Mode
		first, more handlers.Event
		want        handlers.Event
	}{
		{"what is the first's", coalesce.Add,
			handlers.Event{ID: "1", Source: "s", Kind: "timer", Time: early, Attempt: 2, Ticks: 2, Scheduled: early},
			handlers.Event{ID: "2", Source: "s", Kind: "timer", Time: late, Attempt: 1, Ticks: 3, Scheduled: late},
			handlers.Event{ID: "1", Source: "s", Kind: "timer", Time: early, Attempt: 2, Ticks: 5, Scheduled: early}},
		{"a sum", coalesce.Add, handlers.Event{Data: new(uint64(5))}, handlers.Event{Data: new(uint64(3))}, handlers.Event{Data: new(uint64(8))}},
		{"bits", coalesce.Or, handlers.Event{Data: new(uint64(5))}, handlers.Event{Data: new(uint64(3))}, handlers.Event{Data: new(uint64(7))}},
		{"the last value", coalesce.Replace, handlers.Event{Data: new(uint64(5))}, handlers.Event{Data: new(uint64(3))}, handlers.Event{Data: new(uint64(3))}},
		{"absent data first", coalesce.Add, handlers.Event{}, handlers.Event{Data: new(uint64(3))}, handlers.Event{Data: new(uint64(3))}},
		{"absent data last", coalesce.Replace, handlers.Event{Data: new(uint64(5))}, handlers.Event{}, handlers.Event{Data: new(uint64(5))}},
		{"reading", coalesce.Replace,
			handlers.Event{Bytes: new(uint64(5)), Lines: []string{"a"}, EOF: true},
			handlers.Event{Bytes: new(uint64(0)), Lines: []string{"b", "c"}},
			handlers.Event{Bytes: new(uint64(0)), Lines: []string{"a", "b", "c"}, EOF: true}},
		{"lists", coalesce.Add,
			handlers.Event{Changes: []coalesce.Change{change("/a")}, Items: []any{1}, Messages: []handlers.Message{{Data: "a"}}},
			handlers.Event{Changes: []coalesce.Change{change("/a"), change("/b")}, Items: []any{2}, Messages: []handlers.Message{{Data: "b"}}},
			handlers.Event{Changes: []coalesce.Change{change("/a"), change("/a"), change("/b")}, Items: []any{1, 2},
				Messages: []handlers.Message{{Data: "a"}, {Data: "b"}}}},
		{"signals", coalesce.Add,
			handlers.Event{Signal: "SIGHUP", SignalCount: 1, Senders: []handlers.Sender{{PID: 1}}},
			handlers.Event{Signal: "SIGHUP", SignalCount: 2, Senders: []handlers.Sender{{PID: 2}}},
			handlers.Event{Signal: "SIGHUP", SignalCount: 3, Senders: []handlers.Sender{{PID: 1}, {PID: 2}}}},
		{"one peer", coalesce.Add,
			handlers.Event{Peer: &handlers.Peer{PID: 1, UID: new(uint32(0))}},
			handlers.Event{Peer: &handlers.Peer{PID: 1, UID: new(uint32(0))}},
			handlers.Event{Peer: &handlers.Peer{PID: 1, UID: new(uint32(0))}}},
		{"two peers", coalesce.Add, handlers.Event{Peer: &handlers.Peer{PID: 1}}, handlers.Event{Peer: &handlers.Peer{PID: 2}}, handlers.Event{}},
		{"two processes", coalesce.Add,
			handlers.Event{PID: 1, Name: "a", Exit: &handlers.Exit{Code: new(0)}},
			handlers.Event{PID: 2, Name: "a", Exit: &handlers.Exit{Code: new(0)}}, handlers.Event{}},
		{"levels", coalesce.Add,
			handlers.Event{Resource: "memory", Level: "high"},
			handlers.Event{Resource: "io", Level: "normal"},
			handlers.Event{Resource: "io", Level: "normal"}},
		{"the daemon's own", coalesce.Add,
			handlers.Event{What: "overflow", About: "a"},
			handlers.Event{What: "overflow", About: "a"},
			handlers.Event{What: "overflow", About: "a"}},
		{"the daemon's own about another", coalesce.Add,
			handlers.Event{What: "overflow", About: "a"},
			handlers.Event{What: "overflow", About: "b"},
			handlers.Event{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.first
			got.Merge(tt.more, tt.mode)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDV1_SameSubject(t *testing.T) {
	code := func(n int) *handlers.Exit { return &handlers.Exit{Code: &n} }
	tests := []struct {
		name string
		a, b handlers.Event
		want bool
	}{
		{"nobody", handlers.Event{}, handlers.Event{Lines: []string{"a"}}, true},
		{"the same exit", handlers.Event{PID: 1, Exit: code(3)}, handlers.Event{PID: 1, Exit: code(3)}, true},
		{"another exit", handlers.Event{PID: 1, Exit: code(3)}, handlers.Event{PID: 1, Exit: code(4)}, false},
		{"an unknown exit", handlers.Event{PID: 1, Exit: code(3)}, handlers.Event{PID: 1}, false},
		{"another signal", handlers.Event{Signal: "SIGHUP"}, handlers.Event{Signal: "SIGUSR1"}, false},
		{"another user", handlers.Event{Peer: &handlers.Peer{UID: new(uint32(0))}}, handlers.Event{Peer: &handlers.Peer{}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.a.SameSubject(&tt.b); got != tt.want {
				t.Errorf("same subject: %v", got)
			}
		})
	}
}

// However events are grouped before they merge, the result is the same, and
// nothing that was in one of them is missing.
func TestDV1_MergeIsAssociative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(kindNames()).Draw(t, "kind")
		mode := rapid.SampledFrom([]coalesce.Mode{coalesce.Add, coalesce.Or, coalesce.Replace}).Draw(t, "mode")
		abc := rapid.SliceOfN(events(kind), 3, 3).Draw(t, "events")
		left, right, tail := copied(abc[0]), copied(abc[0]), copied(abc[1])
		left.Merge(abc[1], mode)
		left.Merge(abc[2], mode)
		tail.Merge(abc[2], mode)
		right.Merge(tail, mode)
		if kind != "process" && kind != "read" && kind != "signal" { // whose subjects may differ
			if diff := cmp.Diff(left, right); diff != "" {
				t.Fatal(diff)
			}
		}
		things := func(e handlers.Event) int {
			return len(e.Changes) + len(e.Lines) + len(e.Items) + len(e.Messages) + len(e.Senders) + int(e.Ticks) + int(e.SignalCount)
		}
		if got, want := things(left), things(abc[0])+things(abc[1])+things(abc[2]); got != want {
			t.Fatalf("%d things, want %d", got, want)
		}
	})
}

// copied is e with lists of its own.
func copied(e handlers.Event) handlers.Event {
	e.Changes = append([]coalesce.Change(nil), e.Changes...)
	e.Lines = append([]string(nil), e.Lines...)
	e.Items = append([]any(nil), e.Items...)
	e.Messages = append([]handlers.Message(nil), e.Messages...)
	e.Senders = append([]handlers.Sender(nil), e.Senders...)
	return e
}
