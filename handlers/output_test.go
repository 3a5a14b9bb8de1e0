package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
)

func TestXC3_OutputIsLoggedLineByLine(t *testing.T) {
	book := &logbook{}
	x := &handlers.Exec{Reactor: newReactor(t), Shell: `echo one; echo; printf 'two\r\n\ttab'; exec >&-; echo three >&2`}
	if o := x.Handle(t.Context(), newRun(filesEvent("/a"), book)); o.Result != handlers.Done {
		t.Fatalf("outcome %+v", o)
	}
	byStream := map[string][]string{}
	for _, e := range book.all() {
		if e["stream"] == nil {
			continue
		}
		byStream[e.text("stream")] = append(byStream[e.text("stream")], e.text("message"))
		if e["level"] != "info" || e["source"] != "uploads" || e["event"] != "01JD8PZ3Q1V5W7X9Y2A4B6C8D0" ||
			e["run"] != "run-1" || e["pid"].(float64) < 2 {
			t.Errorf("fields %v", e)
		}
	}
	want := map[string][]string{"stdout": {"one", "<nil>", "two", "\ttab"}, "stderr": {"three"}}
	if diff := cmp.Diff(want, byStream); diff != "" {
		t.Error(diff)
	}
}

// Bytes that aren't UTF-8, and those that would mean something to a terminal,
// are escaped in the log and exact in the tail.
func TestXC3_BinaryOutput(t *testing.T) {
	book := &logbook{}
	x := &handlers.Exec{Reactor: newReactor(t), Shell: `printf 'gr\303\274\337e\0\033[31m\\x\n'`}
	o := x.Handle(t.Context(), newRun(filesEvent(), book))
	if got, want := book.printed(), []string{`grü\xdfe\x00\x1b[31m\x`}; !cmp.Equal(got, want) {
		t.Errorf("logged %q, want %q", got, want)
	}
	if got := string(o.Tail); got != "gr\303\274\337e\x00\x1b[31m\\x\n" {
		t.Errorf("tail %q", got)
	}
	x = &handlers.Exec{Reactor: x.Reactor, Shell: `head -c 300000 /dev/urandom`}
	if o := outcomeOf(t, x, filesEvent()); o.Result != handlers.Done || len(o.Tail) != 64<<10 {
		t.Errorf("outcome %s, tail of %d bytes", o.Result, len(o.Tail))
	}
}

// A flood of a hundred megabytes is read, counted and not kept.
func TestXC3_Floods(t *testing.T) {
	tests := []struct {
		name, script string
		lines        int
	}{
		{"of lines", `yes 'a line of output' | head -c 50000000; echo the end`, 50_000_000/17 + 1},
		{"of one line", `head -c 50000000 /dev/zero | tr '\0' x; echo; echo the end`, 50_000_000/(16<<10) + 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			book := &logbook{}
			x := &handlers.Exec{Reactor: newReactor(t), Shell: tt.script}
			o := x.Handle(t.Context(), newRun(filesEvent(), book))
			if o.Result != handlers.Done || len(o.Tail) != 64<<10 || !strings.HasSuffix(string(o.Tail), "the end\n") {
				t.Errorf("outcome %s, %d bytes of tail", o.Result, len(o.Tail))
			}
			logged, left := 0, 0
			for _, e := range book.all() {
				switch {
				case e["stream"] != nil:
					logged++
				case e["message"] == "output left out":
					left += int(e["lines"].(float64))
				}
			}
			if logged+left != tt.lines {
				t.Errorf("%d lines logged and %d left out, want %d together", logged, left, tt.lines)
			}
			if logged < 1000 || logged > 5000 {
				t.Errorf("%d lines logged", logged)
			}
		})
	}
}

func TestXC3_EndlessLinesAreCut(t *testing.T) {
	book := &logbook{}
	x := &handlers.Exec{Reactor: newReactor(t), Shell: `head -c 40000 /dev/zero | tr '\0' x; echo`}
	if o := x.Handle(t.Context(), newRun(filesEvent(), book)); o.Result != handlers.Done {
		t.Fatalf("outcome %+v", o)
	}
	var pieces []string
	for _, e := range book.all() {
		if e["stream"] != nil {
			pieces = append(pieces, fmt.Sprintf("%d %v", len(e.text("message")), e["cut"] == true))
		}
	}
	if want := []string{"16384 true", "16384 true", "7232 false"}; !cmp.Equal(pieces, want) {
		t.Errorf("pieces %q, want %q", pieces, want)
	}
}

// A run that does nothing but write can be ended like any other.
func TestXC3_AFloodCanBeEnded(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	book := &logbook{}
	done := begin(ctx, &handlers.Exec{Reactor: newReactor(t), Command: command(t, "yes")}, filesEvent(), book)
	book.whenPrinted(t, "y")
	cancel(handlers.ErrTimeout)
	if o := ends(t, done); o.Result != handlers.Transient || !errors.Is(o.Err, handlers.ErrTimeout) {
		t.Errorf("outcome %+v", o)
	}
}

// And so can what it left behind, outside its group and still writing.
func TestXC3_AFloodFromOutside(t *testing.T) {
	book := &logbook{}
	path, release := fifo(t)
	x := &handlers.Exec{Reactor: newReactor(t), Shell: fmt.Sprintf(`setsid sh -c 'echo escaped $$; exec yes' & read go <%s`, path)}
	done := begin(t.Context(), x, filesEvent(), book)
	pid := book.whenPrinted(t, "escaped ")
	book.whenPrinted(t, "y")
	release()
	if o := ends(t, done); o.Result != handlers.Done {
		t.Errorf("outcome %+v", o)
	}
	awaitExit(t, pid) // by SIGPIPE
}

// A log that doesn't take any more holds up the run, whose processes wait, and
// nobody else.
func TestXC3_ABlockedLogBlocksTheRunOnly(t *testing.T) {
	r := newReactor(t)
	log := &blockedLog{entered: make(chan struct{}, 1), open: make(chan struct{})}
	run := handlers.NewRun("run-1", filesEvent(), "", zerolog.New(log).Level(zerolog.InfoLevel))
	done := make(chan handlers.Outcome, 1)
	go func() { done <- (&handlers.Exec{Reactor: r, Shell: `echo a; echo b`}).Handle(t.Context(), run) }()
	<-log.entered
	if got := output(t, &handlers.Exec{Reactor: r, Shell: `echo other`}, filesEvent()); got != "other\n" {
		t.Errorf("got %q", got)
	}
	close(log.open)
	if o := ends(t, done); o.Result != handlers.Done || string(o.Tail) != "a\nb\n" {
		t.Errorf("outcome %+v", o)
	}
}

type blockedLog struct{ entered, open chan struct{} }

func (l *blockedLog) Write(p []byte) (int, error) {
	select {
	case l.entered <- struct{}{}:
	default:
	}
	<-l.open
	return len(p), nil
}

func TestXC3_DiscardedOutput(t *testing.T) {
	book := &logbook{}
	file := t.TempDir() + "/streams"
	x := &handlers.Exec{Reactor: newReactor(t), Output: handlers.OutputDiscard,
		Shell: fmt.Sprintf(`echo a; echo b >&2; readlink /proc/self/fd/1 /proc/$$/fd/2 >%s`, file)}
	o := x.Handle(t.Context(), newRun(filesEvent(), book))
	if o.Result != handlers.Done || len(o.Tail) > 0 || len(book.printed()) > 0 {
		t.Errorf("outcome %+v, log %v", o, book.all())
	}
	if got, err := os.ReadFile(file); err != nil || !strings.HasSuffix(string(got), "/dev/null\n") {
		t.Errorf("streams %q, %v", got, err)
	}
}

func TestXC3_InheritedOutput(t *testing.T) {
	book := &logbook{}
	file := t.TempDir() + "/streams"
	x := &handlers.Exec{Reactor: newReactor(t), Output: handlers.OutputInherit,
		Shell: fmt.Sprintf(`out=$(readlink /proc/$$/fd/1) err=$(readlink /proc/$$/fd/2); printf '%%s\n' "$out" "$err" >%s`, file)}
	if o := x.Handle(t.Context(), newRun(filesEvent(), book)); o.Result != handlers.Done || len(o.Tail) > 0 {
		t.Errorf("outcome %+v", o)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want string
	for _, fd := range []string{"1", "2"} {
		target, err := os.Readlink("/proc/self/fd/" + fd)
		if err != nil {
			t.Fatal(err)
		}
		want += target + "\n"
	}
	if string(got) != want {
		t.Errorf("streams %q, want %q", got, want)
	}
}

// A read that fails ends the stream, not the run; one that was interrupted is
// done again.
func TestXC3_ReadErrors(t *testing.T) {
	faulty := kernel.NewFaulty(kernel.Real{})
	r := newReactor(t, reactor.WithKernel(faulty))
	faulty.Fail(kernel.Read, unix.EINTR, unix.EINTR)
	if got := output(t, &handlers.Exec{Reactor: r, Shell: `echo a`}, filesEvent()); got != "a\n" {
		t.Errorf("after an interrupt: %q", got)
	}
	faulty.Fail(kernel.Read, unix.EIO, unix.EIO)
	if o := outcomeOf(t, &handlers.Exec{Reactor: r, Shell: `trap '' PIPE; echo a; exit 0`}, filesEvent()); o.Result != handlers.Done {
		t.Errorf("outcome %+v", o)
	}
}
