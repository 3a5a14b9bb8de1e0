package handlers

import (
	"context"
	"fmt"

	"github.com/rs/zerolog"

	"github.com/reactord/reactord/internal/expr"
)

// Var is a name and the text it stands for: a field of a log line, a variable
// of a command.
type Var struct {
	Name  string
	Value *expr.Template
}

// Log is the handler that writes a line into the daemon's log, with the run's
// fields and its own (clause DV9). It never blocks but on the log itself, and
// ignores the context.
//
// A text that can't be made of this event is a permanent failure. Bytes that
// aren't UTF-8 and control characters are written \xNN, so that a file's name
// can't forge lines.
//
// A line costs two microseconds when a text reads fields of the event, a tenth of
// that when all are constant, next to nothing when its level is off.
type Log struct {
	// Message is the line's text.
	Message *expr.Template
	// Level is trace, debug, info, warn or error; empty is info.
	Level string
	// Fields stand beside the message, in this order.
	Fields []Var
}

var _ Handler = (*Log)(nil)

// Handle implements Handler.
func (l *Log) Handle(_ context.Context, run *Run) Outcome {
	level := zerolog.InfoLevel
	if l.Level != "" {
		var err error
		if level, err = zerolog.ParseLevel(l.Level); err != nil {
			return failed(Permanent, fmt.Errorf("log: %w", err))
		}
	}
	line := run.Log.WithLevel(level)
	if !line.Enabled() {
		return Outcome{}
	}
	for _, field := range l.Fields {
		value, err := run.text(field.Value)
		if err != nil {
			return failed(Permanent, fmt.Errorf("log: field %s: %w", field.Name, err))
		}
		line.Str(field.Name, printable(value))
	}
	message, err := run.text(l.Message)
	if err != nil {
		return failed(Permanent, fmt.Errorf("log: %w", err))
	}
	line.Msg(printable(message))
	return Outcome{}
}

// text is a template's text for this run. The event's fields are made only
// when the template reads one.
func (r *Run) text(t *expr.Template) (string, error) {
	if text, ok := t.Constant(); ok {
		return text, nil
	}
	return t.Text(r.Fields())
}
