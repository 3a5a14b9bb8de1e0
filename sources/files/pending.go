package files

import (
	"slices"
	"sync/atomic"

	"github.com/reactord/reactord/coalesce"
)

// pending keeps the changes that wait for the handler and folds them when they
// are latched, never before (FS1).
type pending struct {
	list *coalesce.List[coalesce.Change]
	// short is set when something didn't fit. The next latch clears it and
	// calls room.
	short atomic.Bool
	room  func()
}

var _ coalesce.Pending[[]coalesce.Change] = (*pending)(nil)

func newPending(limit int, room func()) *pending {
	return &pending{list: coalesce.NewList[coalesce.Change](limit), room: room}
}

// Merge implements coalesce.Pending. After ErrFull, room is called when it is
// worth trying again.
func (p *pending) Merge(changes []coalesce.Change) error {
	if err := p.list.Merge(changes); err == nil {
		return nil
	}
	// Said before the second try, so that a latch between the two is told.
	p.short.Store(true)
	return p.list.Merge(changes)
}

// Latch implements coalesce.Pending.
func (p *pending) Latch() ([]coalesce.Change, bool) {
	changes, ok := p.list.Latch()
	if p.short.Swap(false) {
		p.room()
	}
	if !ok {
		return nil, false
	}
	changes = fold(changes)
	return changes, len(changes) > 0
}

// fold folds what lies between the renames of directories: after one, the same
// path is another object, in the directory and all below it.
func fold(changes []coalesce.Change) []coalesce.Change {
	folded := changes[:0]
	for len(changes) > 0 {
		end := len(changes)
		if at := slices.IndexFunc(changes, isDirectoryRename); at >= 0 {
			end = at + 1
		}
		folded = append(folded, coalesce.Fold(changes[:end])...)
		changes = changes[end:]
	}
	return folded
}

func isDirectoryRename(c coalesce.Change) bool { return c.Op == coalesce.Rename && c.Dir }

// Ack implements coalesce.Pending.
func (p *pending) Ack(changes []coalesce.Change) error { return p.list.Ack(changes) }

// Len implements coalesce.Pending.
func (p *pending) Len() int { return p.list.Len() }
