package configs

import (
	"time"

	"github.com/reactord/reactord/internal/expr"
)

// Handler is what a run does: exactly one of its actions is set (DV9).
type Handler struct {
	// Log writes a line into the daemon's log.
	Log *Log
	// Exec runs a command.
	Exec *Exec
	// Timeout ends a run that takes longer; 0 is never.
	Timeout time.Duration
	// When skips the run if it is false; nil is always true.
	When *expr.Condition
	// Pos is where the handler stands in the file.
	Pos Position
}

// Log writes a line into the daemon's log.
type Log struct {
	// Message is the line's text.
	Message *expr.Template
	// Level is debug, info, warn or error.
	Level string
	// Fields go beside the message, in the order of the file.
	Fields []Pair
}

// Exec runs a command, never through a shell unless Shell is set.
type Exec struct {
	// Command is the program and its arguments: each template is one argument,
	// but one that is a list is an argument an element (EV6). With Shell it is
	// empty.
	Command []*expr.Template
	// Shell is a text for /bin/sh -c, taken literally; empty is no shell.
	Shell string
	// Dir is the working directory; nil is the daemon's.
	Dir *expr.Template
	// Env are variables added to the environment, in the order of the file.
	Env []Pair
	// Stdin says what the command reads: event, none, paths, paths0 or lines (XC2).
	Stdin string
	// Output says where what it prints goes: log or discard.
	Output string
	// KillAfter is the time between TERM and KILL (XC1).
	KillAfter time.Duration
}

// Pair is a name and the text it stands for.
type Pair struct {
	// Name is the name of the field or of the variable.
	Name string
	// Value is its text.
	Value *expr.Template
}
