package handlers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/internal/expr"
	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/reactor"
)

// newReactor returns a reactor for one test. When the test ends nothing may be
// left: no goroutine, no descriptor, no child, not even a zombie.
func newReactor(t testing.TB, options ...reactor.Option) *reactor.Reactor {
	t.Helper()
	leak.Check(t)
	r := reactor.New(options...)
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("close the reactor: %v", err)
		}
		err := unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.ECHILD) {
			t.Errorf("children left: waitid says %v", err)
		}
	})
	return r
}

// templates compiles texts over the fields of a kind.
func templates(t testing.TB, kind string, texts ...string) []*expr.Template {
	t.Helper()
	env := expr.EnvFor(kind, "line")
	all := make([]*expr.Template, len(texts))
	for i, text := range texts {
		compiled, err := expr.CompileTemplate(text, env)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		all[i] = compiled
	}
	return all
}

func template(t testing.TB, kind, text string) *expr.Template {
	t.Helper()
	return templates(t, kind, text)[0]
}

// command is a command without templates.
func command(t testing.TB, argv ...string) []*expr.Template {
	t.Helper()
	return templates(t, "files", argv...)
}

// filesEvent is an event with a change of each path.
func filesEvent(paths ...string) *handlers.Event {
	e := &handlers.Event{ID: "01JD8PZ3Q1V5W7X9Y2A4B6C8D0", Source: "uploads", Kind: "files", Attempt: 1,
		Time: time.Date(2026, 11, 22, 4, 31, 5, 120, time.UTC)}
	for _, path := range paths {
		e.Changes = append(e.Changes, coalesce.Change{Op: coalesce.Close, Path: path})
	}
	return e
}

// newRun is a run for e that logs to book.
func newRun(e *handlers.Event, book *logbook) *handlers.Run {
	return handlers.NewRun("run-1", e, "images", zerolog.New(book))
}

// outcomeOf runs x for an event, in the test's context.
func outcomeOf(t testing.TB, x *handlers.Exec, e *handlers.Event) handlers.Outcome {
	t.Helper()
	return x.Handle(t.Context(), newRun(e, &logbook{}))
}

// output runs x and is what it wrote.
func output(t testing.TB, x *handlers.Exec, e *handlers.Event) string {
	t.Helper()
	o := outcomeOf(t, x, e)
	if o.Result != handlers.Done {
		t.Fatalf("outcome %+v, output %q", o, o.Tail)
	}
	return string(o.Tail)
}

// entry is a line of the log.
type entry map[string]any

func (e entry) text(name string) string { return fmt.Sprint(e[name]) }

// logbook is a log one can wait on. The zero value is ready.
type logbook struct {
	mu      sync.Mutex
	entries []entry
	waiters []waiter
}

type waiter struct {
	wants func(entry) bool
	found chan entry
}

// Write takes one line of JSON.
func (l *logbook) Write(line []byte) (int, error) {
	var e entry
	if err := json.Unmarshal(bytes.TrimSpace(line), &e); err != nil {
		return 0, fmt.Errorf("a log line that is no JSON: %q", line)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, e)
	for _, w := range l.waiters {
		if w.wants(e) {
			select {
			case w.found <- e:
			default:
			}
		}
	}
	return len(line), nil
}

// when returns a channel that gets the first entry that is wanted, logged
// before or after.
func (l *logbook) when(wants func(entry) bool) <-chan entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := waiter{wants, make(chan entry, 1)}
	for _, e := range l.entries {
		if wants(e) {
			w.found <- e
			return w.found
		}
	}
	l.waiters = append(l.waiters, w)
	return w.found
}

// whenPrinted waits for a line of output that begins so, and returns the rest.
func (l *logbook) whenPrinted(t testing.TB, begins string) string {
	t.Helper()
	select {
	case e := <-l.when(func(e entry) bool { return e["stream"] != nil && strings.HasPrefix(e.text("message"), begins) }):
		return strings.TrimPrefix(e.text("message"), begins)
	case <-time.After(20 * time.Second):
		t.Fatalf("never printed: %q; log: %v", begins, l.all())
		return ""
	}
}

func (l *logbook) all() []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]entry(nil), l.entries...)
}

// printed are the messages of the lines of output.
func (l *logbook) printed() []string {
	var lines []string
	for _, e := range l.all() {
		if e["stream"] != nil {
			lines = append(lines, e.text("message"))
		}
	}
	return lines
}

// begin handles e on a goroutine of its own.
func begin(ctx context.Context, x *handlers.Exec, e *handlers.Event, book *logbook) <-chan handlers.Outcome {
	done := make(chan handlers.Outcome, 1)
	go func() { done <- x.Handle(ctx, newRun(e, book)) }()
	return done
}

// ends waits for a run.
func ends(t testing.TB, done <-chan handlers.Outcome) handlers.Outcome {
	t.Helper()
	select {
	case o := <-done:
		return o
	case <-time.After(30 * time.Second):
		t.Fatal("the run doesn't end")
		return handlers.Outcome{}
	}
}

// alive reports whether a process runs, which a zombie doesn't.
func alive(t testing.TB, pid string) bool {
	t.Helper()
	if _, err := strconv.Atoi(pid); err != nil {
		t.Fatalf("%q is no pid", pid)
	}
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return false
	}
	return !strings.HasPrefix(string(stat[bytes.LastIndexByte(stat, ')')+1:]), " Z")
}
