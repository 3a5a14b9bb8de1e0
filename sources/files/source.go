package files

import (
	"fmt"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
)

// Source reports what changes in trees of files. Its handler gets everything
// since its last call, in order and folded (FS1).
//
// Activate returns when every directory is watched; it fails only when the
// machine has no inotify. Whatever else is refused, or goes wrong later, is a
// Problem told to Options.Report, and the source goes on.
//
// Once the cancel handler runs nothing of the source is left: no goroutine,
// alarm or descriptor.
//
// It costs a descriptor, a watch and some 400 bytes for each directory, and some
// 150 bytes for each file.
type Source struct {
	*reactor.Source[[]coalesce.Change]
	intake *intake
}

// New returns an inactive source of that label that runs its handlers on
// target, nil for the default global queue. Its error names every fault of o.
func New(label string, target *reactor.Queue, o Options) (*Source, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("files source %q: %w", label, err)
	}
	r := reactor.Default()
	if target != nil {
		r = target.Reactor()
	}
	in := newIntake(label, r, o)
	s := &Source{Source: reactor.NewSource(label, target, in.pending, in), intake: in}
	in.wake = s.Wake
	return s, nil
}

// Status tells how the source is doing.
func (s *Source) Status() Status {
	now := s.intake.board.read()
	now.Pending = s.intake.pending.Len()
	return now
}
