package sources

import (
	"sync"

	"github.com/reactord/reactord/coalesce"
)

// mostVnodeChanges is how many changes a vnode source keeps for its handler. Of more
// only what they come to is kept: a handler that is away for long must not cost
// more and more memory.
const mostVnodeChanges = 1 << 16

type vnodePending struct {
	mu    sync.Mutex
	event VnodeEvent
	fold  int // the changes are folded at this number
}

func (p *vnodePending) merge(found []coalesce.Change, mask VnodeMask) (merged bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range found {
		bit := VnodeBit(c.Op)
		if bit&mask == 0 {
			continue
		}
		p.event.Data |= bit
		p.event.Changes = append(p.event.Changes, c)
		merged = true
	}
	if len(p.event.Changes) > max(p.fold, mostVnodeChanges/16) {
		p.event.Changes = coalesce.Fold(p.event.Changes)
		if len(p.event.Changes) > mostVnodeChanges {
			p.event.Changes = comeTo(p.event.Changes)
		}
		p.fold = 2 * len(p.event.Changes)
	}
	return merged
}

// comeTo is what changes of one object come to: one rename from its first name to its
// last, and each other operation once, of the last.
func comeTo(changes []coalesce.Change) (few []coalesce.Change) {
	at := map[coalesce.Op]int{}
	for _, c := range changes {
		i, had := at[c.Op]
		if !had {
			at[c.Op] = len(few)
			few = append(few, c)
			continue
		}
		few[i].Path = c.Path
	}
	return few
}

// Latch implements coalesce.Latcher.
func (p *vnodePending) Latch() (VnodeEvent, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.event
	p.event, p.fold = VnodeEvent{}, 0
	e.Changes = coalesce.Fold(e.Changes)
	return e, e.Data != 0
}
