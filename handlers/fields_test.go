package handlers_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
	"pgregory.net/rapid"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/internal/expr"
)

func TestEV6_FieldsOfASingleChange(t *testing.T) {
	e := filesEvent("/srv/\xff\n")
	e.Changes[0] = coalesce.Change{Op: coalesce.Rename, Path: "/srv/\xff\n", From: "/srv/a", Dir: true, PID: 4}
	change := map[string]any{"op": "rename", "path": "/srv/\xff\n", "from": "/srv/a",
		"dir": true, "moved": false, "rescan": false, "pid": 4}
	want := expr.Fields{
		"id": e.ID, "source": "uploads", "kind": "files", "time": "2026-11-22T04:31:05.000000120Z",
		"attempt": 1, "count": 1, "changes": []map[string]any{change}, "paths": []string{"/srv/\xff\n"},
		"op": "rename", "path": "/srv/\xff\n", "from": "/srv/a", "dir": true, "moved": false,
	}
	if diff := cmp.Diff(want, e.Fields()); diff != "" {
		t.Error(diff)
	}
}

// With two changes the names of the single one are absent.
func TestEV6_FieldsOfSeveralChanges(t *testing.T) {
	f := filesEvent("/a", "/b", "/a").Fields()
	for _, name := range []string{"op", "path", "from", "to", "dir", "moved"} {
		if value, has := f[name]; has {
			t.Errorf("%s is %v", name, value)
		}
	}
	if diff := cmp.Diff([]string{"/a", "/b"}, f["paths"]); diff != "" {
		t.Error(diff)
	}
	if f["count"] != 3 {
		t.Errorf("count %v", f["count"])
	}
}

// Every field of every kind has a name that expressions know, but for those of
// kinds they don't know yet.
func TestEV6_FieldsAreThoseOfTheLanguage(t *testing.T) {
	unknown := []string{"port", "pressure", "internal"}
	for _, kind := range kindNames() {
		if slices.Contains(unknown, kind) {
			continue
		}
		t.Run(kind, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				e := events(kind).Draw(t, "event")
				env := kind
				if len(e.Items) > 0 {
					env = "custom list"
				}
				known := expr.EnvFor(env, "line").Names()
				for name, value := range e.Fields() {
					if !slices.Contains(known, name) {
						t.Errorf("expressions don't know %s", name)
					}
					if value == nil {
						t.Errorf("%s is there without a value", name)
					}
				}
			})
		})
	}
}

// Kinds the language doesn't know yet have their fields too.
func TestEV6_FieldsOfOtherKinds(t *testing.T) {
	tests := []struct {
		event handlers.Event
		want  expr.Fields
	}{
		{handlers.Event{Messages: []handlers.Message{{Data: "\xff", Peer: &handlers.Peer{PID: 7, GID: new(uint32(5))}}, {Data: ""}}},
			expr.Fields{"count": 2, "messages": []map[string]any{
				{"data": "\xff", "peer": map[string]any{"pid": 7, "gid": uint32(5)}}, {"data": ""}}}},
		{handlers.Event{Resource: "io", Level: "high"}, expr.Fields{"count": 1, "resource": "io", "level": "high"}},
		{handlers.Event{What: "overflow", About: "uploads"}, expr.Fields{"count": 1, "what": "overflow", "about": "uploads"}},
	}
	for _, tt := range tests {
		tt.event.Source, tt.event.Kind = "s", "k"
		tt.want["source"], tt.want["kind"] = "s", "k"
		if diff := cmp.Diff(tt.want, tt.event.Fields()); diff != "" {
			t.Error(diff)
		}
	}
}

// What the fields say, the language reads.
func TestEV6_ExpressionsReadTheFields(t *testing.T) {
	tests := []struct {
		name, kind, text string
		event            handlers.Event
		want             string
	}{
		{"a number", "custom", "${data + 1}", handlers.Event{Data: new(uint64(41))}, "42"},
		{"a known zero", "process", "left with ${exit.code}", handlers.Event{Exit: &handlers.Exit{Code: new(0)}}, "left with 0"},
		{"an absent member", "process", "[${exit.signal}]", handlers.Event{Exit: &handlers.Exit{Code: new(0)}}, "[]"},
		{"an absent object", "process", "[${exit.code}]", handlers.Event{}, "[]"},
		{"a peer", "read", "${peer.uid} ${peer.addr}", handlers.Event{Peer: &handlers.Peer{UID: new(uint32(0)), Addr: "@a"}}, "0 @a"},
		{"the only line", "read", "${line}", handlers.Event{Lines: []string{"a b"}}, "a b"},
		{"all lines", "read", `${join(lines, ",")}`, handlers.Event{Lines: []string{"a", "b"}}, "a,b"},
		{"a member of each change", "files", `${join(map(changes, .op), " ")}`,
			handlers.Event{Changes: []coalesce.Change{{Op: coalesce.Create}, {Op: coalesce.Close}}}, "create close"},
		{"senders", "signal", "${senders[0].pid} of ${count} ${signal}",
			handlers.Event{Signal: "SIGHUP", SignalCount: 2, Senders: []handlers.Sender{{PID: 7}}}, "7 of 2 SIGHUP"},
		{"ticks", "timer", "${ticks > 1}", handlers.Event{Ticks: 2}, "true"},
		{"the run", "files", "${run}", handlers.Event{}, "run-1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run := handlers.NewRun("run-1", &tt.event, "", zerolog.Nop())
			got, err := template(t, tt.kind, tt.text).Text(run.Fields())
			if err != nil || got != tt.want {
				t.Errorf("%q, %v; want %q", got, err, tt.want)
			}
		})
	}
}
