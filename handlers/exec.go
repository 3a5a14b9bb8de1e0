package handlers

import (
	"context"
	"sync"
	"time"

	"github.com/reactord/reactord/internal/expr"
	"github.com/reactord/reactord/internal/stack"
	"github.com/reactord/reactord/reactor"
)

// What Exec.Stdin may be (clause XC2).
const (
	StdinEvent  = "event"  // the event record, one line of JSON
	StdinPaths  = "paths"  // the paths of the changes, a newline after each
	StdinPaths0 = "paths0" // the same with NUL, for names with newlines in them
	StdinLines  = "lines"  // the lines that were read, a newline after each
	StdinNone   = "none"   // nothing

	// StdinConnection is the connection that was accepted, which is its standard
	// output too (clause XC5).
	StdinConnection = "connection"
)

// What Exec.Output may be (clause XC3).
const (
	OutputLog     = "log"     // line by line into the log
	OutputDiscard = "discard" // nowhere
	OutputInherit = "inherit" // where the daemon's own output goes
)

// Exec is the handler that runs a command (clauses EV5, EV6 and XC1 to XC3).
//
// The command is a process group of its own, with all signals at their
// defaults and, with Launcher, none blocked. When the context of the run is
// cancelled the group gets TERM and, KillAfter later, KILL. When the command ends
// by itself, what is left of its group is ended the same way. Handle returns when
// no process of the group is left and the command has been reaped; what left the
// group (by setsid, as daemons do) is out of reach.
//
// Outcomes: done for exit code 0; transient for any other, for death by a
// signal, for a run that was ended, and for a machine out of processes, memory
// or descriptors; permanent for a command that can't be started.
//
// Handle keeps its goroutine for the whole run, parked, and no thread. One Exec
// serves any number of runs at once. A run costs a fork, which is most of it,
// and some twenty cheaper system calls.
type Exec struct {
	// Reactor watches the processes and their output; nil is the default one.
	// It must not be closed while a run is out.
	Reactor *reactor.Reactor
	// Command is the program and its arguments: each template is one argument,
	// one that is a list is an argument an element (clause EV6). A program
	// without a slash is looked up in the PATH the command will have.
	Command []*expr.Template
	// Shell is a text for /bin/sh -c, taken literally, in place of Command.
	// The event reaches it in its environment and on its standard input.
	Shell string
	// Dir is the working directory; nil is the daemon's.
	Dir *expr.Template
	// Env are variables added to the environment; they win over all others.
	Env []Var
	// Stdin says what the command reads; empty is the event.
	Stdin string
	// Output says where what it writes goes; empty is the log. With
	// StdinConnection that is its standard error only.
	Output string
	// Pipes is where its pipes come from; nil makes them when a run needs them.
	Pipes *Pipes
	// Launcher says that the program calls Launch first thing in main: then no
	// command inherits signals that the program blocks.
	Launcher bool
	// KillAfter is how long after TERM KILL follows; 0 is at once.
	KillAfter time.Duration

	once      sync.Once
	inherited []string  // what every run gets of the daemon's environment
	buffers   sync.Pool // of *[readSize]byte
	seams     seams
}

var _ Handler = (*Exec)(nil)

// Handle implements Handler.
func (x *Exec) Handle(ctx context.Context, run *Run) Outcome {
	if ctx.Err() != nil {
		return ended(ctx)
	}
	stack.Grow()
	c, err := x.command(run)
	if err != nil {
		return failed(Permanent, err)
	}
	s := newSupervisor(x, run)
	defer s.close()
	if err := s.start(c); err != nil {
		return startFailure(c, run.Event, err)
	}
	run.Log.Debug().Int("pid", s.process.pid).Str("command", c.argv[0]).Msg("process started")
	return s.supervise(ctx)
}

func (x *Exec) reactor() *reactor.Reactor {
	if x.Reactor != nil {
		return x.Reactor
	}
	return reactor.Default()
}
