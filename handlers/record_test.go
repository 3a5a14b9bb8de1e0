package handlers_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/handlers"
)

func TestEV1_RecordIsTheOneWritten(t *testing.T) {
	at := time.Date(2026, 11, 22, 4, 31, 5, 120_000_000, time.FixedZone("CET", 3600))
	common := handlers.Event{ID: "01JD8PZ3Q1V5W7X9Y2A4B6C8D0", Source: "s", Time: at, Attempt: 1}
	const begin = `{"id":"01JD8PZ3Q1V5W7X9Y2A4B6C8D0","source":"s","kind":"`
	const middle = `","time":"2026-11-22T03:31:05.120000000Z","attempt":1`
	tests := []struct {
		name, kind string
		event      handlers.Event
		want       string
	}{
		{"nothing known", "custom", handlers.Event{}, ``},
		{"data that is zero", "read", handlers.Event{Data: new(uint64(0)), Bytes: new(uint64(0)), EOF: true},
			`,"data":0,"bytes":0,"eof":true`},
		{"a timer", "timer", handlers.Event{Data: new(uint64(3)), Ticks: 3, Scheduled: at},
			`,"data":3,"ticks":3,"scheduled":"2026-11-22T03:31:05.120000000Z"`},
		{"a rename", "files", handlers.Event{Changes: []coalesce.Change{
			{Op: coalesce.Rename, Path: "/a/new", From: "/a/old", Dir: true, PID: 7}}},
			`,"changes":[{"op":"rename","path":"/a/new","from":"/a/old","dir":true,"pid":7}]`},
		{"a move out", "files", handlers.Event{Changes: []coalesce.Change{
			{Op: coalesce.Delete, Path: "/a/x", To: "/b/x", Moved: true, Rescan: true}}},
			`,"changes":[{"op":"delete","path":"/a/x","to":"/b/x","moved":true,"rescan":true}]`},
		{"lines of root's", "read", handlers.Event{Lines: []string{"", "<a&b>"},
			Peer: &handlers.Peer{PID: 4, UID: new(uint32(0)), GID: new(uint32(0)), Addr: "@x"}},
			`,"lines":["","<a&b>"],"peer":{"pid":4,"uid":0,"gid":0,"addr":"@x"}`},
		{"signals", "signal", handlers.Event{Data: new(uint64(2)), Signal: "SIGUSR1", SignalCount: 2,
			Senders: []handlers.Sender{{PID: 1, UID: new(uint32(0))}}},
			`,"data":2,"signal":"SIGUSR1","count":2,"senders":[{"pid":1,"uid":0}]`},
		{"an exit with 0", "process", handlers.Event{PID: 9, Name: "sh", Exit: &handlers.Exit{Code: new(0)}},
			`,"pid":9,"name":"sh","exit":{"code":0}`},
		{"a crash", "process", handlers.Event{PID: 9, Exit: &handlers.Exit{Signal: "SIGSEGV", Core: true}},
			`,"pid":9,"exit":{"signal":"SIGSEGV","core":true}`},
		{"a fork", "process", handlers.Event{What: "fork", PID: 9, Name: "sh", Child: 10},
			`,"pid":9,"name":"sh","child":10,"what":"fork"`},
		{"items", "custom", handlers.Event{Items: []any{"a", 1.5, map[string]any{"k": nil}}},
			`,"items":["a",1.5,{"k":null}]`},
		{"messages", "port", handlers.Event{Messages: []handlers.Message{{Data: "hi"}, {}}},
			`,"messages":[{"data":"hi"},{"data":""}]`},
		{"pressure", "pressure", handlers.Event{Resource: "memory", Level: "high"},
			`,"resource":"memory","level":"high"`},
		{"the daemon", "internal", handlers.Event{What: "gave-up", About: "uploads"},
			`,"what":"gave-up","about":"uploads"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := tt.event
			e.ID, e.Source, e.Kind, e.Time, e.Attempt = common.ID, common.Source, tt.kind, common.Time, common.Attempt
			got, err := e.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(begin+tt.kind+middle+tt.want+"}", string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A value, a pointer and a field marshal alike.
func TestEV1_RecordWhereverItAppears(t *testing.T) {
	e := filesEvent("/a")
	want, err := e.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]any{"value": *e, "pointer": e} {
		got, err := json.Marshal(struct{ Event any }{in})
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != `{"Event":`+string(want)+"}" {
			t.Errorf("%s: %s", name, got)
		}
	}
	var line bytes.Buffer
	if err := e.WriteLine(&line); err != nil {
		t.Fatal(err)
	}
	if line.String() != string(want)+"\n" {
		t.Errorf("line %q", line.String())
	}
}

func TestEV1_WriteErrors(t *testing.T) {
	e := &handlers.Event{ID: "1", Source: "s", Items: []any{func() {}}}
	if _, err := e.MarshalJSON(); err == nil || !strings.Contains(err.Error(), "source s") {
		t.Errorf("a function as an item: %v", err)
	}
}

func TestEV3_RecordsFitTheSchema(t *testing.T) {
	schema := eventSchema(t)
	for _, kind := range kindNames() {
		t.Run(kind, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				e := events(kind).Draw(t, "event")
				text, err := e.MarshalJSON()
				if err != nil {
					t.Fatal(err)
				}
				if err := schema.Validate(decoded(t, text)); err != nil {
					t.Fatalf("%s\n%v", text, err)
				}
			})
		})
	}
}

func TestEV3_RecordsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyEvents().Draw(t, "event")
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got handlers.Event
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got, absentLists); diff != "" {
			t.Fatalf("%s\n%s", text, diff)
		}
	})
}

// absentLists takes an empty list and none for the same.
var absentLists = cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Senders" },
	cmp.Comparer(func(a, b []handlers.Sender) bool { return len(a) == len(b) && (len(a) == 0 || cmp.Equal(a, b)) }))

func TestEV3_ReadErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"no JSON", `{`, "unexpected end"},
		{"an unknown operation", `{"source":"s","kind":"files","changes":[{"op":"chmod","path":"/a"}]}`, `unknown operation "chmod"`},
		{"a bad time", `{"time":"noon"}`, `"noon"`},
		{"a negative count", `{"data":-1}`, "data"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var e handlers.Event
			if err := json.Unmarshal([]byte(tt.text), &e); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// The schema and the record have the same names: what the schema doesn't know
// it refuses, and what it describes the record writes.
func TestEventSchemaIsComplete(t *testing.T) {
	var schema struct {
		Properties map[string]any `json:"properties"`
	}
	if err := json.Unmarshal(handlers.EventSchema, &schema); err != nil {
		t.Fatal(err)
	}
	missing := schema.Properties
	for _, kind := range kindNames() {
		for i := range 50 {
			e := events(kind).Example(i)
			if kind == "read" {
				e.Lines = append(e.Lines, "\xff")
			}
			text, err := e.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			for name := range decoded(t, text).(map[string]any) {
				delete(missing, name)
			}
		}
	}
	for name := range missing {
		t.Errorf("the schema has %q, which no record has", name)
	}
}

func TestEV4_PathsAreEscapedAndExact(t *testing.T) {
	tests := []struct{ name, path, readable string }{
		{"plain", "/a b", "/a b"},
		{"characters", "/grüße/世界", "/grüße/世界"},
		{"newline and quotes", "/a\nb\"'\\x", "/a\nb\"'\\x"},
		{"latin-1", "/gr\xfc\xdfe", `/gr\xfc\xdfe`},
		{"a backslash beside a stray byte", "/\\x41\xff", `/\x5cx41\xff`},
		{"half a character", "/世\xe4\xb8", `/世\xe4\xb8`},
		{"the character for what is none", "/\uFFFD", "/\uFFFD"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := filesEvent(tt.path)
			e.Changes[0].Op, e.Changes[0].From, e.Changes[0].To = coalesce.Rename, tt.path, tt.path
			text, err := e.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			change := decoded(t, text).(map[string]any)["changes"].([]any)[0].(map[string]any)
			for _, name := range []string{"path", "from", "to"} {
				if got := change[name]; got != tt.readable {
					t.Errorf("%s is %q, want %q", name, got, tt.readable)
				}
				exact, has := change[name+"_b64"]
				if has == utf8.ValidString(tt.path) {
					t.Errorf("%s_b64 is there: %v", name, has)
				}
				if has && exact != base64.StdEncoding.EncodeToString([]byte(tt.path)) {
					t.Errorf("%s_b64 is %v", name, exact)
				}
			}
		})
	}
}

func eventSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(handlers.EventSchema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	compiler.AssertContent()
	if err := compiler.AddResource("event.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("event.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// decoded is JSON as the validator wants it.
func decoded(t interface{ Fatal(...any) }, text []byte) any {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return value
}
