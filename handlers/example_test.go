package handlers_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/internal/expr"
)

// compile compiles templates as the configuration does.
func compile(kind string, texts ...string) []*expr.Template {
	var all []*expr.Template
	for _, text := range texts {
		t, err := expr.CompileTemplate(text, expr.EnvFor(kind, "event"))
		if err != nil {
			panic(err)
		}
		all = append(all, t)
	}
	return all
}

func Example() {
	x := &handlers.Exec{Command: compile("files", "printf", `<%s>\n`, "${paths}"), KillAfter: time.Second}
	event := handlers.Event{ID: "01JD8PZ3Q1V5W7X9Y2A4B6C8D0", Source: "uploads", Kind: "files", Attempt: 1,
		Changes: []coalesce.Change{
			{Op: coalesce.Close, Path: "/srv/uploads/a b.jpg"},
			{Op: coalesce.Close, Path: "/srv/uploads/$(rm -rf ~).jpg"},
		}}
	o := x.Handle(context.Background(), handlers.NewRun("run-1", &event, "images", zerolog.Nop()))
	fmt.Printf("%s, exit code %d\n%s", o.Result, *o.Code, o.Tail)
	// Output:
	// done, exit code 0
	// </srv/uploads/a b.jpg>
	// </srv/uploads/$(rm -rf ~).jpg>
}

// The event is on standard input as JSON, and its main fields are in the
// environment.
func ExampleExec_shell() {
	x := &handlers.Exec{Shell: `echo "$REACTORD_KIND of $REACTORD_SOURCE"; cat`}
	event := handlers.Event{Source: "tickets", Kind: "custom", Attempt: 1, Data: new(uint64(3))}
	o := x.Handle(context.Background(), handlers.NewRun("run-1", &event, "", zerolog.Nop()))
	fmt.Printf("%s", o.Tail)
	// Output:
	// custom of tickets
	// {"source":"tickets","kind":"custom","attempt":1,"data":3}
}

// A run is ended through its context, whose cause becomes part of the outcome.
func ExampleExec_timeout() {
	x := &handlers.Exec{Command: compile("timer", "sleep", "1000"), KillAfter: time.Second}
	ctx, cancel := context.WithTimeoutCause(context.Background(), time.Millisecond, handlers.ErrTimeout)
	defer cancel()
	o := x.Handle(ctx, handlers.NewRun("run-1", &handlers.Event{Source: "nightly", Kind: "timer"}, "", zerolog.Nop()))
	fmt.Println(o.Result, errors.Is(o.Err, handlers.ErrTimeout))
	// Output:
	// transient true
}

func ExampleLog() {
	l := &handlers.Log{Message: compile("signal", "asked to rotate, ${count} times")[0], Level: "warn"}
	event := handlers.Event{ID: "01JD8PZ3Q1V5W7X9Y2A4B6C8D0", Source: "usr", Kind: "signal", Signal: "SIGUSR1", SignalCount: 2}
	l.Handle(context.Background(), handlers.NewRun("run-1", &event, "", zerolog.New(os.Stdout)))
	// Output:
	// {"level":"warn","source":"usr","event":"01JD8PZ3Q1V5W7X9Y2A4B6C8D0","run":"run-1","message":"asked to rotate, 2 times"}
}

func ExampleEvent_Units() {
	event := handlers.Event{Kind: "files", Changes: []coalesce.Change{
		{Op: coalesce.Create, Path: "/srv/a"},
		{Op: coalesce.Create, Path: "/srv/b"},
		{Op: coalesce.Close, Path: "/srv/a"},
	}}
	for _, unit := range event.Units("path") {
		var ops []string
		for _, c := range unit.Changes {
			ops = append(ops, c.Op.String())
		}
		fmt.Println(unit.Changes[0].Path, strings.Join(ops, " "))
	}
	// Output:
	// /srv/a create close
	// /srv/b create
}

// Names are bytes: what isn't UTF-8 is legible in path and exact in path_b64.
func ExampleEvent_MarshalJSON() {
	event := handlers.Event{Source: "uploads", Kind: "files",
		Changes: []coalesce.Change{{Op: coalesce.Create, Path: "/srv/gr\xfc\xdfe"}}}
	text, err := json.Marshal(event)
	fmt.Println(string(text), err)
	// Output:
	// {"source":"uploads","kind":"files","changes":[{"op":"create","path":"/srv/gr\\xfc\\xdfe","path_b64":"L3Nydi9ncvzfZQ=="}]} <nil>
}
