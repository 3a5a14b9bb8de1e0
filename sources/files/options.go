package files

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/reactord/reactord/coalesce"
)

// DefaultMaxPending is how many changes wait for the handler at most, unless
// Options say otherwise (DV1).
const DefaultMaxPending = 200_000

// Options say what a Source watches and what it reports. Only Roots must be
// given.
type Options struct {
	// Roots are the directories to watch, by absolute paths. Reported paths
	// begin exactly as they are written here (EV4). One that doesn't exist is
	// waited for (FS9). A root itself is not reported, only what is in it.
	Roots []string
	// Recursive watches the directories below the roots too.
	Recursive bool
	// Events are the operations to report: create, write, close, delete,
	// rename and attrib; none for all of them. A create or delete that is half
	// of a move is also reported where rename is.
	Events []coalesce.Op
	// Include are patterns for what is reported, Ignore for what isn't there
	// at all: a directory that matches is never watched. Both are matched
	// against the path relative to the root (FS5), as doublestar does: "**"
	// stands for any number of directories.
	Include, Ignore []string
	// Initial reports what exists at the start as created (FS4).
	Initial bool
	// MaxPending bounds the changes that wait for the handler; 0 for
	// DefaultMaxPending. Beyond it changes stay on the disk, to be found by a
	// comparison when the handler has taken what waits (DV1).
	MaxPending int
	// Report is told what somebody should know. It is called on the source's
	// own queue and holds everything up while it runs.
	Report func(Problem)
}

var reportable = []coalesce.Op{coalesce.Create, coalesce.Write, coalesce.Close,
	coalesce.Delete, coalesce.Rename, coalesce.Attrib}

// check returns every fault of o, joined.
func (o Options) check() error {
	var faults []error
	if len(o.Roots) == 0 {
		faults = append(faults, errors.New("no root to watch"))
	}
	for _, r := range o.Roots {
		switch {
		case !strings.HasPrefix(r, "/"):
			faults = append(faults, fmt.Errorf("root %q is not an absolute path", r))
		case strings.ContainsRune(r, 0):
			faults = append(faults, fmt.Errorf("root %q has a NUL byte", r))
		}
	}
	for _, op := range o.Events {
		if !slices.Contains(reportable, op) {
			faults = append(faults, fmt.Errorf("event %q is not one of a tree's: create, write, close, delete, rename, attrib", op))
		}
	}
	for _, pattern := range slices.Concat(o.Include, o.Ignore) {
		if !doublestar.ValidatePattern(pattern) {
			faults = append(faults, fmt.Errorf("pattern %q is malformed", pattern))
		}
	}
	if o.MaxPending < 0 {
		faults = append(faults, fmt.Errorf("at most %d pending changes make no sense", o.MaxPending))
	}
	if len(faults) == 0 {
		faults = o.overlaps()
	}
	return errors.Join(faults...)
}

// overlaps returns a fault for every root that another one covers: whatever
// happened there would be reported twice.
func (o Options) overlaps() []error {
	var faults []error
	m := newMatcher(o)
	for i, inner := range o.Roots {
		for j, outer := range o.Roots {
			if i == j {
				continue
			}
			rel, inside := below(path.Clean(outer), path.Clean(inner))
			switch {
			case !inside:
			case rel == "" && i > j:
				faults = append(faults, fmt.Errorf("root %q is named twice", inner))
			case rel != "" && o.Recursive && !m.prunes(rel):
				faults = append(faults, fmt.Errorf("root %q lies inside root %q: leave it out, or ignore it there", inner, outer))
			}
		}
	}
	return faults
}

// below returns the path of inner relative to outer, both clean, and whether
// it is outer or in it.
func below(outer, inner string) (rel string, inside bool) {
	if inner == outer {
		return "", true
	}
	if outer != "/" {
		outer += "/"
	}
	return strings.CutPrefix(inner, outer)
}
