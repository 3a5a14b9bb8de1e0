package configs

import (
	"time"

	"github.com/reactord/reactord/configs/internal/form"
)

// Config is a configuration as the daemon uses it: checked, with its defaults
// filled in and its expressions compiled. It never changes once loaded.
type Config struct {
	// File is the path the configuration was read from, as it was given.
	File string
	// Settings are those of the daemon as a whole.
	Settings Settings
	// Queues are the named queues, in the order of the file.
	Queues []Queue
	// Sources are the event sources, in the order of the file.
	Sources []Source

	lines *form.Lines
}

// Fault is a fault at a place of the configuration that only whoever runs it can
// see.
func (c *Config) Fault(pos Position, msg, hint string) Fault {
	return newFault(c.File, c.lines, pos, msg, hint)
}

// Settings are the daemon's own.
type Settings struct {
	// Control is the absolute path of the control socket.
	Control string
	// State is the absolute path of the directory for what must outlive the daemon.
	State string
	// Log says what the daemon logs and how.
	Log LogSettings
	// MaxPending bounds the events a source holds back (DV1).
	MaxPending int
	// StopTimeout is how long running handlers get when the daemon stops (DV12).
	StopTimeout time.Duration
}

// LogSettings say what the daemon logs and how.
type LogSettings struct {
	// Level is the least severe level that is written: debug, info, warn or error.
	Level string
	// Format is auto, json, console or journal.
	Format string
}

// Queue is a named queue on which handlers run.
type Queue struct {
	// Name is the queue's name in the configuration and its label.
	Name string
	// Width is how many runs may be out at once; 1 is a serial queue.
	Width int
	// QoS is user-interactive, user-initiated, default, utility or background.
	QoS string
	// Target is the name of the queue this one runs on; empty is the root of its QoS.
	Target string
	// Pos is where the queue's name stands in the file.
	Pos Position
}

// Position is a place in the configuration file: line and column count from 1,
// the column in characters.
type Position = form.Position
