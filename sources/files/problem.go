package files

import (
	"fmt"
	"strings"
)

// ProblemKind says what a Problem is about.
type ProblemKind uint8

// The kinds of problems. None of them ends the source.
const (
	// Overflow: the kernel's queue overflowed; the trees are compared.
	Overflow ProblemKind = iota + 1
	// Behind: the handler is so far behind that no more changes are kept; the
	// trees are compared when it has caught up (DV1).
	Behind
	// WatchLimit: directories are not watched for want of watches.
	WatchLimit
	// InstanceLimit: nothing is watched for want of an inotify instance; it is
	// tried again.
	InstanceLimit
	// Unreadable: a directory can't be watched or listed.
	Unreadable
	// RootMissing: a root isn't there and is waited for (FS9).
	RootMissing
	// RootFound: a root that was missing is there.
	RootFound
	// Failed: a call failed that shouldn't; what depends on it may be late.
	Failed
)

var problemNames = [...]string{Overflow: "overflow", Behind: "behind", WatchLimit: "watch limit",
	InstanceLimit: "instance limit", Unreadable: "unreadable", RootMissing: "root missing",
	RootFound: "root found", Failed: "failed"}

// String is the kind in words.
func (k ProblemKind) String() string {
	if int(k) < len(problemNames) {
		return problemNames[k]
	}
	return "unknown"
}

// Problem is something a person may have to act on. It is an error, to be
// logged as one.
type Problem struct {
	Kind ProblemKind
	Path string // the directory or root it is about; empty: all
	Err  error  // what the kernel said, if it did
	// Limit is the number that was hit, Need the one this source would take;
	// 0 when not known or not about a number.
	Limit, Need int
	Remedy      string // what to do, if something can be done
}

// Error is the whole problem in one line.
func (p Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.Kind.String())
	if p.Path != "" {
		fmt.Fprintf(&b, " %q", p.Path)
	}
	if p.Limit > 0 {
		fmt.Fprintf(&b, " of %d", p.Limit)
	}
	if p.Need > 0 {
		fmt.Fprintf(&b, ", %d needed", p.Need)
	}
	if p.Err != nil {
		fmt.Fprintf(&b, ": %v", p.Err)
	}
	if p.Remedy != "" {
		fmt.Fprintf(&b, " (%s)", p.Remedy)
	}
	return b.String()
}

// Unwrap is what the kernel said.
func (p Problem) Unwrap() error { return p.Err }
