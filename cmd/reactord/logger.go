package main

import (
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"

	"github.com/reactord/reactord/configs"
)

// newLogger writes to standard error: for people when that is a terminal, else
// JSON, unless the settings say which.
func newLogger(s configs.LogSettings) zerolog.Logger {
	zerolog.TimeFieldFormat = time.RFC3339Nano
	zerolog.DurationFieldUnit = time.Millisecond
	var out io.Writer = os.Stderr
	if s.Format == "console" || (s.Format == "auto" && isatty.IsTerminal(os.Stderr.Fd())) {
		out = zerolog.ConsoleWriter{Out: os.Stderr, TimeFormat: "15:04:05.000",
			NoColor: os.Getenv("NO_COLOR") != "" || !isatty.IsTerminal(os.Stderr.Fd())}
	}
	level, err := zerolog.ParseLevel(s.Level)
	if err != nil {
		level = zerolog.InfoLevel
	}
	return zerolog.New(out).Level(level).With().Timestamp().Logger()
}

// tracer logs what the reactor reports.
type tracer struct{ log zerolog.Logger }

func (t tracer) Panicked(label string, value any, stack []byte) {
	t.log.Error().Str("queue", label).Interface("panic", value).Bytes("stack", stack).Msg("a handler panicked: please report this")
}

func (t tracer) Failed(label string, err error) {
	t.log.Error().Str("on", label).Err(err).Msg("reactor failed")
}
