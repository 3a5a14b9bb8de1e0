package daemon

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/sources"
)

// Examine asks this machine, as this user, what it makes of a configuration.
// Faults are what it can't do, notes what somebody should know who runs it, in
// the order of the file (clause PR2).
func Examine(c *configs.Config) (notes []string, faults configs.Faults) {
	var asked bool
	var refused error
	for i := range c.Sources {
		s := &c.Sources[i]
		if err := obstacle(s); err != nil {
			notes = append(notes, fmt.Sprintf("%s:%d:%d: warning: source %q waits: %v", c.File, s.Pos.Line, s.Pos.Col, s.Name, err))
		}
		if s.Process == nil || activityOf(s.Process) == 0 {
			continue
		}
		if _, err := matcher(s.Process); err != nil {
			faults = append(faults, c.Fault(s.Pos, fmt.Sprintf("source %q: %v", s.Name, err),
				"name a directory below where cgroup2 is mounted; findmnt -t cgroup2 shows where"))
		}
		if what := unseen(s.Process); what != "" {
			notes = append(notes, fmt.Sprintf("%s: %s", s.Name, what))
		}
		if !asked {
			asked, refused = true, sources.TryConnector()
		}
		switch {
		case refused != nil && needsConnector(s.Process):
			faults = append(faults, c.Fault(s.Pos,
				fmt.Sprintf("source %q asks for what the kernel doesn't tell: %v", s.Name, refused),
				"run the daemon, and check, as root on the machine itself, or ask for exit only"))
		case refused != nil:
			notes = append(notes, fmt.Sprintf("%s: a process that starts later is %s: %v", s.Name, noticedLate(s.Process), refused))
		case selects(s.Process):
			notes = append(notes, fmt.Sprintf("%s: a process that starts later is %s%s", s.Name, noticedAtOnce, butBrief(s.Process)))
		}
	}
	return notes, faults
}

// obstacle is what lies at the path of a source now and can't be one.
func obstacle(s *configs.Source) error {
	var fifo, path string
	var listen *configs.Listen
	switch {
	case s.Read != nil:
		fifo, path, listen = s.Read.Fifo, s.Read.Path, s.Read.Listen
	case s.Write != nil:
		fifo, path = s.Write.Fifo, s.Write.Path
	case s.Port != nil:
		listen = s.Port.Listen
	}
	switch {
	case fifo != "":
		return usable(fifo, unix.S_IFIFO)
	case path != "":
		return usable(path, 0)
	case listen != nil && hasPath(listen):
		return usable(listen.Address, unix.S_IFSOCK)
	}
	return nil
}
