package form

// Timer fires on a fixed grid, from which it never drifts.
type Timer struct {
	Object
	// Every is the interval. A timer without it fires once, at start.
	Every Duration `yaml:"every"`
	// Start says when it first fires: now, so long after activation, or at a time
	// as in RFC 3339. The default is one interval after activation.
	Start Text `yaml:"start"`
	// Leeway is how late it may fire, so that wake-ups can be shared.
	Leeway Duration `yaml:"leeway" default:"0s"`
	// Clock is the clock of the interval: boottime counts while the machine is
	// asleep, monotonic does not, wall follows the time of day. The default is
	// boottime, or wall if start is a time.
	Clock Choice `yaml:"clock" oneof:"boottime|monotonic|wall"`

	// At is a calendar expression of systemd's OnCalendar, such as "Mon..Fri 02:30
	// Europe/Berlin", or cron's five fields, as in "30 2 * * 1-5", in place of
	// every, start and clock. Without a zone it is the machine's.
	At Text `yaml:"at"`

	// CatchUp makes up for the ticks missed while the daemon was down: one run
	// with their number. An interval then goes on from the tick handled last, and
	// start counts at the first start only.
	CatchUp Bool `yaml:"catch_up" default:"false"`

	// Jitter delays the timer by a time below this that is its own and that of this
	// machine, the same at each start, so that many machines don't do the same at once.
	Jitter Duration `yaml:"jitter"`
}

// Read reports bytes that can be read from a descriptor.
type Read struct {
	Object
	// Fifo is the path of a named pipe, which is made if it is missing.
	Fifo Text `yaml:"fifo"`
	// Listen is where connections are accepted: unix:PATH, seqpacket:PATH,
	// tcp:HOST:PORT, or systemd:NAME for the sockets of a socket unit, NAME being its
	// FileDescriptorName.
	Listen Text `yaml:"listen"`
	// FD is the number of a descriptor the daemon was started with: 0, which is
	// standard input, or one from 3 on.
	FD *Int `yaml:"fd"`
	// Path is the path of a device, or of another file that can be waited for.
	Path Text `yaml:"path"`
	// Framing says how bytes become events: none is the number of bytes that can
	// be read, or with listen each connection, for a command to talk to (stdin:
	// connection); lines is whole lines. The others are messages: up to a byte 0
	// (nul), netstrings, after a length in two or four bytes, the higher first
	// (length16, length32), or everything up to the end (whole).
	Framing Choice `yaml:"framing" oneof:"none|lines|nul|netstrings|length16|length32|whole" default:"none"`
	// Limit is the longest line or message. The default is 64KiB. A longer line, or
	// message up to a byte 0, is dropped up to its end, told in the log and counted:
	// a part of it is never taken for the whole. With the other framings it ends the
	// connection, as nobody knows where the next message begins.
	Limit Size `yaml:"limit"`
}

// Choices implements Chooser.
func (*Read) Choices() (what, on string, keys []string) {
	return "endpoint", "read source", []string{"fifo", "listen", "fd", "path"}
}

// Write reports room to write on a descriptor, or sends files into a FIFO.
type Write struct {
	Object
	// Fifo is the path of a named pipe, which is made if it is missing.
	Fifo Text `yaml:"fifo"`
	// FD is the number of a descriptor the daemon was started with: 0, which is
	// standard input, or one from 3 on.
	FD *Int `yaml:"fd"`
	// Path is the path of a device, or of another file that can be waited for.
	Path Text `yaml:"path"`

	// From is a directory whose files are written into the FIFO, in the order of
	// their names, or one file. A file is removed when somebody has read it from
	// the FIFO, and is an event then. Hidden files and those somebody is writing are
	// left alone. The directory must be there.
	From Text `yaml:"from"`
}

// Choices implements Chooser.
func (*Write) Choices() (what, on string, keys []string) {
	return "endpoint", "write source", []string{"fifo", "fd", "path"}
}

// Vnode reports what happens to one file or directory, through renames. One that
// was deleted or unmounted is let go, and the next one at its path is waited for
// and followed: what it holds by then is reported as written. The directory of the
// object is watched too. A filesystem with an object that is followed is unmounted
// lazily (umount -l), or not at all.
type Vnode struct {
	Object
	// Path is where the object is found. One that is not there yet is waited for.
	Path Text `yaml:"path" need:"true"`
	// Events are those that are reported.
	Events []Choice `yaml:"events" oneof:"delete|write|extend|attrib|link|rename|revoke" default:"delete|write|extend|attrib|link|rename|revoke" least:"1" hint:"write a list, as in [write, delete]"`
}

// Files reports what happens in directory trees.
type Files struct {
	Object
	// Paths are the roots: absolute, or relative to this file, or in the home
	// directory with ~/. A root that is not there yet is waited for.
	Paths []Text `yaml:"paths" need:"true" least:"1" hint:"write a list, as in [/srv/uploads]"`
	// Recursive watches everything below the roots too.
	Recursive Bool `yaml:"recursive" default:"false"`
	// Events are those that are reported; close is a writer that has finished.
	Events []Choice `yaml:"events" oneof:"create|write|close|delete|rename|attrib" default:"create|close|delete|rename" least:"1" hint:"write a list, as in [close, rename]"`
	// Include are globs on the path relative to its root, such as "**/*.jpg";
	// without them everything is included.
	Include []Text `yaml:"include" hint:"write a list, as in [\"**/*.jpg\"]"`
	// Ignore are globs on the path relative to its root; ignored directories are
	// never watched.
	Ignore []Text `yaml:"ignore" hint:"write a list, as in [\"**/*.tmp\"]"`
	// Engine is how the kernel is asked; auto takes what is best here.
	Engine Choice `yaml:"engine" oneof:"auto|inotify" later:"fanotify|fsnotify|polling" instead:"use auto" default:"auto"`
	// Initial reports what is there when the source starts.
	Initial Bool `yaml:"initial" default:"false"`
	// Remember keeps the index of the tree over restarts.
	Remember Bool `yaml:"remember" later:"true" instead:"initial: true reports at each start what is there"`
}

// Signal reports signals sent to the daemon. Its short form is the list alone.
type Signal struct {
	Object
	// Signals are the names of the signals, such as SIGUSR1 or SIGRTMIN+3.
	Signals []Text `yaml:"signals" need:"true" least:"1" hint:"write a list, as in [SIGUSR1]"`
	// Exact counts every signal and knows its sender. The signals are blocked in
	// the whole daemon for it, so no other source can observe them.
	Exact Bool `yaml:"exact" default:"false"`
}

// ShortFor implements Short.
func (*Signal) ShortFor() string { return "signals" }

// Process reports what becomes of processes, whoever started them.
type Process struct {
	Object
	// PID is the number of a process.
	PID Int `yaml:"pid"`
	// Pidfile is a file that holds the number; it is followed when it changes.
	Pidfile Text `yaml:"pidfile"`
	// Name is the name of the processes, as ps shows it.
	Name Text `yaml:"name"`
	// Exe is the path of the file they execute: not of a link to it, nor of a
	// script. What processes of other users execute is told to root only
	// (CAP_SYS_PTRACE).
	Exe Text `yaml:"exe"`
	// Unit is a systemd unit, such as nginx.service.
	Unit Text `yaml:"unit"`
	// Cgroup is the directory of a control group (version 2), for the processes in
	// it and in those below it. It need not exist yet.
	Cgroup Text `yaml:"cgroup"`
	// Events are those that are reported: exit; start is a process that executes
	// the program, takes the name, comes into the control group, or is named by the
	// pidfile or unit; fork is one that starts another process; exec is one that
	// goes on with another program. The kernel tells of forks and execs, and of
	// starts by name, exe or cgroup, only in the machine's own network and pid
	// namespaces, and before Linux 6.6 only those with CAP_NET_ADMIN. A process that
	// starts later and has ended, and was reaped, before it could be looked at, within
	// a millisecond or so, is reported by name and exe where the kernel's taskstats
	// are permitted (CAP_NET_ADMIN; for exe from Linux 5.18 on), and else not: status
	// counts these with those of other programs (ended_unseen).
	Events []Choice `yaml:"events" oneof:"exit|start|fork|exec" default:"exit" least:"1" hint:"write a list, as in [exit]"`
}

// Choices implements Chooser.
func (*Process) Choices() (what, on string, keys []string) {
	return "selector", "process source", []string{"pid", "pidfile", "name", "unit", "exe", "cgroup"}
}

// Port receives messages on a unix socket, with who sent them. Its short form is
// the address alone.
type Port struct {
	Object
	// Listen is the socket that is made: unix:PATH for datagrams, seqpacket:PATH
	// for connections of whole messages.
	Listen Text `yaml:"listen" need:"true"`
	// Limit is the longest message; longer ones are dropped and told. The default
	// is 64KiB, the most 16MiB.
	Limit Size `yaml:"limit"`
	// Descriptors takes those that messages carry. A message with some is an event
	// of its own, whose command gets them from 3 on, and their number as
	// REACTORD_FDS. Without it they are closed. Those that the daemon can't take, its
	// limit of open files being reached, are lost: the message says so with
	// descriptors_lost.
	Descriptors Bool `yaml:"descriptors" default:"false"`
}

// ShortFor implements Short.
func (*Port) ShortFor() string { return "listen" }

// Pressure reports how short memory, cpu or io are: normal, warn or critical, by
// the kernel's pressure stall information. Its short form is the resource alone.
type Pressure struct {
	Object
	// Resource is what runs short.
	Resource Choice `yaml:"resource" oneof:"memory|cpu|io" need:"true"`
	// Cgroup is the directory of a control group, for what is in it. The default is
	// what the service manager says in MEMORY_PRESSURE_WATCH and
	// MEMORY_PRESSURE_WRITE (CPU_ and IO_ for the others), a pressure file, a FIFO or
	// a socket, as https://systemd.io/PRESSURE has it, with one degree, warn; with
	// /dev/null nothing is watched. Without these variables it is the whole machine.
	// systemd from version 254 on names the service's own group, unless the unit has
	// MemoryPressureWatch=skip.
	Cgroup Text `yaml:"cgroup"`
	// Some is how much of a time somebody may have been held up before the level is
	// warn, such as 200ms/2s, the default. With this or full the service manager's
	// variables are not looked at.
	Some Stall `yaml:"some"`
	// Full is how much of a time all may have been held up at once before the level
	// is critical. The default is 200ms/2s; for cpu, of which the kernel knows no such
	// thing for the whole machine, somebody held up for 1s/2s.
	Full Stall `yaml:"full"`
	// Calm is how long it must have been quiet for the level to fall. The default
	// is 4s.
	Calm Duration `yaml:"calm"`
}

// ShortFor implements Short.
func (*Pressure) ShortFor() string { return "resource" }
