package configs_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/internal/expr"
	"github.com/reactord/reactord/sources/calendar"
)

// same compares what is compiled by its source text.
var same = cmp.Options{
	cmpopts.IgnoreUnexported(configs.Config{}),
	cmp.Transformer("text", func(t *expr.Template) string {
		if t == nil {
			return "none"
		}
		return "text " + t.String()
	}),
	cmp.Transformer("calendar", func(e *calendar.Expression) string {
		if e == nil {
			return "none"
		}
		return "calendar " + e.String()
	}),
	cmp.Transformer("condition", func(c *expr.Condition) string {
		if c == nil {
			return "none"
		}
		return "condition " + c.String()
	}),
	cmpopts.IgnoreFields(configs.Source{}, "Pos"),
	cmpopts.IgnoreFields(configs.Handler{}, "Pos"),
	cmpopts.IgnoreFields(configs.Queue{}, "Pos"),
}

// parse reads a configuration that must be right; it lies in /etc/reactord.
func parse(t *testing.T, text string) *configs.Config {
	t.Helper()
	config, err := configs.Parse("/etc/reactord/reactord.yaml", []byte(text))
	if err != nil {
		t.Fatalf("parse:\n%v", err)
	}
	return config
}

// template compiles a text of an event that has every field.
func template(t *testing.T, text string) *expr.Template {
	t.Helper()
	compiled, err := expr.CompileTemplate(text, expr.EnvFor("files", "path"))
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func TestDefaults(t *testing.T) {
	got := parse(t, `sources: { x: { custom: add, handler: { log: hello } } }`)
	want := &configs.Config{
		File: "/etc/reactord/reactord.yaml",
		Settings: configs.Settings{
			Control: configs.DefaultControl(), State: configs.DefaultState(),
			Log:        configs.LogSettings{Level: "info", Format: "auto"},
			MaxPending: 200_000, StopTimeout: 30 * time.Second,
		},
		Sources: []configs.Source{{
			Name: "x", Kind: "custom", Custom: "add", Each: "event", Parallel: 1,
			Handler: &configs.Handler{Log: &configs.Log{Message: template(t, "hello"), Level: "info"}},
		}},
	}
	if diff := cmp.Diff(want, got, same); diff != "" {
		t.Error(diff)
	}
}

func TestSettings(t *testing.T) {
	t.Setenv("HOME", "/home/me")
	got := parse(t, `
settings: { control: ~/c.sock, state: state, log: { level: debug, format: json }, max_pending: 7, stop_timeout: 0s }
sources:
`)
	want := configs.Settings{
		Control: "/home/me/c.sock", State: "/etc/reactord/state",
		Log: configs.LogSettings{Level: "debug", Format: "json"}, MaxPending: 7,
	}
	if diff := cmp.Diff(want, got.Settings); diff != "" {
		t.Error(diff)
	}
}

func TestQueues(t *testing.T) {
	got := parse(t, `
queues:
  b: { width: 4, qos: background }
  a:
  c: { target: b }
sources: {}
`)
	want := []configs.Queue{
		{Name: "b", Width: 4, QoS: "background", Pos: configs.Position{Line: 3, Col: 3}},
		{Name: "a", Width: 1, QoS: "default", Pos: configs.Position{Line: 4, Col: 3}},
		{Name: "c", Width: 1, QoS: "default", Target: "b", Pos: configs.Position{Line: 5, Col: 3}},
	}
	if diff := cmp.Diff(want, got.Queues); diff != "" {
		t.Error(diff)
	}
}

func TestDelivery(t *testing.T) {
	got := parse(t, `
queues: { q: {} }
sources:
  x:
    files: { paths: [/a] }
    queue: q
    each: path
    parallel: 4
    coalesce: { settle: 200ms, max: 2s, every: 1s, limit: 10/m }
    busy: coalesce
    when: dir == false
    suspended: true
    durable: false
    handler: { log: { message: "${path}", level: warn, fields: { b: "${op}", a: 1 } }, timeout: 5s, when: op == "close" }
    on_cancel: { exec: [true, "${source}"] }
`).Sources[0]
	if got.Queue != "q" || got.Each != "path" || got.Parallel != 4 || !got.Suspended || got.When.String() != "dir == false" {
		t.Errorf("got %+v", got)
	}
	windows := configs.Coalesce{
		Settle: 200 * time.Millisecond, Max: 2 * time.Second, Every: time.Second,
		Limit: configs.Rate{N: 10, Interval: time.Minute},
	}
	if diff := cmp.Diff(windows, got.Coalesce); diff != "" {
		t.Error(diff)
	}
	log := got.Handler.Log
	if got.Handler.Timeout != 5*time.Second || got.Handler.When.String() != `op == "close"` || log.Level != "warn" {
		t.Errorf("got %+v", got.Handler)
	}
	fields := []configs.Pair{{Name: "b", Value: template(t, "${op}")}, {Name: "a", Value: template(t, "1")}}
	if diff := cmp.Diff(fields, log.Fields, same); diff != "" {
		t.Error(diff)
	}
	command := []*expr.Template{template(t, "true"), template(t, "${source}")}
	if diff := cmp.Diff(command, got.OnCancel.Exec.Command, same); diff != "" {
		t.Error(diff)
	}
	if (got.Pos != configs.Position{Line: 4, Col: 3}) || (got.Handler.Pos != configs.Position{Line: 14, Col: 5}) {
		t.Errorf("positions %v, %v", got.Pos, got.Handler.Pos)
	}
}

func TestExec(t *testing.T) {
	t.Setenv("HOME", "/home/me")
	tests := []struct {
		name, text string
		want       configs.Exec
	}{
		{"list", `[a, 5, true, "", "${paths}"]`, configs.Exec{
			Command: []*expr.Template{template(t, "a"), template(t, "5"), template(t, "true"), template(t, ""), template(t, "${paths}")},
		}},
		{"map", `{ command: [a], dir: "${dir(path)}", env: { B: "${op}", A: 1 }, stdin: paths0, output: discard, kill_after: 1s }`, configs.Exec{
			Command: []*expr.Template{template(t, "a")}, Dir: template(t, "${dir(path)}"),
			Env:   []configs.Pair{{Name: "B", Value: template(t, "${op}")}, {Name: "A", Value: template(t, "1")}},
			Stdin: "paths0", Output: "discard", KillAfter: time.Second,
		}},
		{"shell", `{ shell: "echo $REACTORD_PATH $${HOME%/} $$", dir: /tmp }`, configs.Exec{
			Shell: "echo $REACTORD_PATH ${HOME%/} $$", Dir: template(t, "/tmp"),
		}},
		{"relative directory", `{ command: [a], dir: "sub/${op}" }`, configs.Exec{
			Command: []*expr.Template{template(t, "a")}, Dir: template(t, "/etc/reactord/sub/${op}"),
		}},
		{"directory at home", `{ command: [a], dir: "~/${op}" }`, configs.Exec{
			Command: []*expr.Template{template(t, "a")}, Dir: template(t, "/home/me/${op}"),
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := parse(t, "sources: { x: { files: { paths: [/a] }, handler: { exec: "+tt.text+" } } }").Sources[0].Handler.Exec
			if tt.want.Stdin == "" {
				tt.want.Stdin, tt.want.Output, tt.want.KillAfter = "event", "log", 10*time.Second
			}
			if diff := cmp.Diff(&tt.want, got, same); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Aliases and merged maps mean what stands where they point to.
func TestAliases(t *testing.T) {
	got := parse(t, `
queues:
  a: &base { width: 3, qos: utility }
  b: { <<: *base, width: 2 }
  c: *base
sources:
  x: { custom: add, handler: &h { log: "${data}" } }
  y: { timer: { every: 1s }, handler: *h }
  z: { <<: [{ custom: or, queue: a }, { queue: b, handler: *h }] }
`)
	widths := [][2]any{}
	for _, q := range got.Queues {
		widths = append(widths, [2]any{q.Width, q.QoS})
	}
	if diff := cmp.Diff([][2]any{{3, "utility"}, {2, "utility"}, {3, "utility"}}, widths); diff != "" {
		t.Error(diff)
	}
	if z := got.Sources[2]; z.Kind != "custom" || z.Queue != "a" || z.Handler.Log.Message.String() != "${data}" {
		t.Errorf("got %+v", z)
	}
}
