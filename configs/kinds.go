package configs

import (
	"syscall"
	"time"

	"github.com/reactord/reactord/sources/calendar"
)

// Timer fires on a fixed grid (CF5), or at times of the calendar.
type Timer struct {
	// At is a calendar expression; nil is a grid, and then the others count.
	At *calendar.Expression
	// Every is the interval; 0 is a timer that fires once, at Start.
	Every time.Duration
	// Start says when it first fires.
	Start Start
	// Leeway is how late it may fire so that wake-ups can be shared.
	Leeway time.Duration
	// Jitter bounds how late the whole schedule is on this machine.
	Jitter time.Duration
	// Clock is boottime, monotonic or wall.
	Clock string
	// CatchUp makes up for ticks missed while the daemon was down (CF5).
	CatchUp bool
}

// Once reports whether the timer fires a single time.
func (t *Timer) Once() bool { return t.At == nil && t.Every == 0 }

// Start says when a timer first fires: at most one field is set, and none of
// them means one interval after activation (CF5).
type Start struct {
	// Now fires at once.
	Now bool
	// After fires so long after activation.
	After time.Duration
	// At fires at a time of the wall clock.
	At time.Time
}

// Read watches a descriptor for bytes to read: exactly one of Fifo, Listen, FD
// and Path is set.
type Read struct {
	// Fifo is the absolute path of a named pipe, which is made if it is missing.
	Fifo string
	// Listen is the address to accept connections on.
	Listen *Listen
	// FD is the number of a descriptor the daemon was started with.
	FD *int
	// Path is the absolute path of a device or another file that can be polled.
	Path string
	// Framing says how the bytes become events: none, lines, or one of the
	// framings of messages: nul, netstrings, length16, length32, whole.
	Framing string
	// Limit is the longest line or message in bytes; 0 with framing none.
	Limit int64
}

// connections reports whether its events are connections, which never merge.
func (r *Read) connections() bool { return r != nil && r.Listen != nil && r.Framing == "none" }

// messages reports whether its events have messages.
func (r *Read) messages() bool { return r.Framing != "none" && r.Framing != "lines" }

// Listen is an address on which connections are accepted.
type Listen struct {
	// Network is unix, unixgram (for a port), unixpacket (for seqpacket) or tcp, as
	// package net names them, or systemd.
	Network string
	// Address is an absolute path, HOST:PORT, or the name of a descriptor.
	Address string
}

// Write watches a descriptor for room to write: exactly one of Fifo, FD and Path
// is set.
type Write struct {
	// Fifo is the absolute path of a named pipe, which is made if it is missing.
	Fifo string
	// FD is the number of a descriptor the daemon was started with.
	FD *int
	// Path is the absolute path of a device or another file that can be polled.
	Path string
	// From is the absolute path of a directory whose files are sent into Fifo, or of
	// one file; empty is none.
	From string
}

// Stall is how long tasks are held up within a time.
type Stall struct{ Of, Window time.Duration }

// Sends reports whether the source sends files: then it tells of those that were read,
// and not of room. A nil one doesn't.
func (w *Write) Sends() bool { return w != nil && w.From != "" }

// Vnode watches one file or directory, through renames.
type Vnode struct {
	// Path is the absolute path at which the object is found.
	Path string
	// Events are delete, write, extend, attrib, link, rename and revoke, never none.
	Events []string
}

// Files watches directory trees.
type Files struct {
	// Paths are the roots: absolute and cleaned, symbolic links not resolved (EV4).
	Paths []string
	// Recursive watches everything below the roots too.
	Recursive bool
	// Events are create, write, close, delete, rename and attrib, never none.
	Events []string
	// Include are globs on the path relative to its root (FS5); none is everything.
	Include []string
	// Ignore are globs on the path relative to its root; ignored subtrees are
	// never watched.
	Ignore []string
	// Engine is auto or inotify.
	Engine string
	// Initial reports what is there when the source starts (FS4).
	Initial bool
}

// Signal reports signals sent to the daemon.
type Signal struct {
	// Signals are those to report, never none, without repeats.
	Signals []SignalName
	// Exact counts each and knows its sender.
	Exact bool
}

// SignalName is a signal and what it is called.
type SignalName struct {
	// Name is the full name, such as SIGUSR1 or SIGRTMIN+3.
	Name string
	// Number is the signal's number on this machine.
	Number syscall.Signal
}

// Process reports what becomes of processes: exactly one of PID, Pidfile, Name,
// Exe, Unit and Cgroup is set.
type Process struct {
	// PID is the number of a process.
	PID int
	// Pidfile is the absolute path of a file that holds the number.
	Pidfile string
	// Name is the name of the processes, as ps shows it.
	Name string
	// Exe is the absolute path of the file the processes execute.
	Exe string
	// Unit is the full name of a systemd unit.
	Unit string
	// Cgroup is the absolute path of a control group's directory.
	Cgroup string
	// Events are some of exit, start, fork and exec.
	Events []string
}

// Port receives messages with their senders.
type Port struct {
	// Listen is the socket: of network unixgram or unixpacket.
	Listen *Listen
	// Limit is the longest message in bytes.
	Limit int64
	// Descriptors takes the descriptors that messages carry.
	Descriptors bool
}

// Pressure reports when a resource runs short.
type Pressure struct {
	// Resource is memory, cpu or io.
	Resource string
	// Cgroup is the absolute path of a control group; empty is the machine.
	Cgroup string
	// Some and Full are how much stall is warn and critical; zero is the default.
	Some, Full Stall
	// Calm is how long it must be quiet for the level to fall; 0 is the default.
	Calm time.Duration
}
