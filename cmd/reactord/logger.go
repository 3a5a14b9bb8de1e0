package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/reactor"
)

// waitingLines is how many log lines may wait for a reader that is slow. More
// are dropped and counted: whoever doesn't read the log must not hold up
// handlers (clause XC3).
const waitingLines = 16 << 10

// newLogger writes to standard error: for people when that is a terminal, else
// JSON, unless the settings say which. flush waits a moment until what was
// logged is written; it is called last.
func newLogger(s configs.LogSettings) (log zerolog.Logger, flush func()) {
	zerolog.TimeFieldFormat = time.RFC3339Nano
	queue := newLogQueue(os.Stderr, waitingLines, func(missed int) {
		fmt.Fprintf(os.Stderr, "{\"level\":\"warn\",\"lines\":%d,\"message\":\"log lines dropped: nobody read them in time\"}\n", missed)
	})
	var out io.Writer = queue
	if s.Format == "console" || (s.Format == "auto" && isatty.IsTerminal(os.Stderr.Fd())) {
		out = zerolog.ConsoleWriter{Out: queue, TimeFormat: "15:04:05.000",
			NoColor: os.Getenv("NO_COLOR") != "" || !isatty.IsTerminal(os.Stderr.Fd())}
	}
	level, err := zerolog.ParseLevel(s.Level)
	if err != nil {
		level = zerolog.InfoLevel
	}
	return zerolog.New(out).Level(level).With().Timestamp().Logger(), func() {
		done := make(chan struct{})
		go func() { defer close(done); queue.close() }()
		select {
		case <-done:
		case <-time.After(flushPatience):
		}
	}
}

// flushPatience is what a reader of the log gets when the daemon ends.
const flushPatience = 2 * time.Second

// tracer logs what the reactor reports.
type tracer struct{ log zerolog.Logger }

func (t tracer) Panicked(p reactor.Panic) {
	line := t.log.Error().Str("queue", p.Queue)
	if p.Source != "" {
		line = line.Str("source", p.Source)
	}
	line.Interface("panic", p.Value).Bytes("stack", p.Stack).Msg("a handler panicked: please report this")
}

func (t tracer) Failed(label string, err error) {
	t.log.Error().Str("on", label).Err(err).Msg("reactor failed")
}
