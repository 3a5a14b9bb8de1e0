package sources

import (
	"fmt"
	"testing"

	"github.com/reactord/reactord/coalesce"
)

// S12: while nobody takes them the changes of an object are bounded, and what they
// come to is kept.
func TestS12_VnodeChangesAreBounded(t *testing.T) {
	const n = 3 * mostVnodeChanges
	var p vnodePending
	name := func(i int) string { return fmt.Sprint("/d/f", i) }
	for i := range n {
		p.merge([]coalesce.Change{
			{Op: coalesce.Rename, From: name(i), Path: name(i + 1)},
			{Op: coalesce.Write, Path: name(i + 1)},
			{Op: coalesce.Attrib, Path: name(i + 1)},
		}, VnodeRename|VnodeWrite)
		if len(p.event.Changes) > 2*mostVnodeChanges+2 {
			t.Fatalf("%d changes are kept", len(p.event.Changes))
		}
	}
	e, any := p.Latch()
	if !any || e.Data != VnodeRename|VnodeWrite {
		t.Fatalf("%v, data %#x", any, uint64(e.Data))
	}
	at := name(0)
	for _, c := range e.Changes {
		switch {
		case c.Op == coalesce.Rename && c.From == at:
			at = c.Path
		case c.Op == coalesce.Rename, c.Op == coalesce.Attrib:
			t.Fatalf("%+v behind %s", c, at)
		}
	}
	if at != name(n) {
		t.Errorf("the renames lead to %s, want %s", at, name(n))
	}
}
