package files

import "slices"

// doubt has d compared with the disk when the stream is dry: something is not
// as the index has it, and what is still to come may explain it.
func (in *intake) doubt(d *node) {
	if d.dir != nil && !d.has(doubtful) {
		d.marks |= doubtful
		in.doubts = append(in.doubts, d)
	}
}

// doubtAbove is doubt for the directory that n should be in.
func (in *intake) doubtAbove(n *node) {
	if n.parent != nil {
		in.doubt(n.parent)
	} else {
		n.dir.root.unsure = true
		in.unsure = true
	}
}

// touch notes that names in d were looked up by its path.
func (in *intake) touch(d *node) {
	if !d.has(looked) {
		d.marks |= looked
		in.touched = append(in.touched, d)
	}
}

// moved is a directory that was renamed, and how many were touched by then.
type moved struct {
	node    *node
	touched int
}

// maxRounds bounds reconcile, for disks that contradict themselves.
const maxRounds = 8

// reconcile is called when the stream is dry: the index should be as the disk
// is now, and where that is in doubt it is made so. A directory that can't be
// found puts the one above it in doubt, up to the root.
func (in *intake) reconcile() {
	in.suspect()
	for round := 0; (len(in.doubts) > 0 || in.unsure) && !in.halted(); round++ {
		if round == maxRounds {
			in.retry.wanted = true
			return
		}
		in.seekUnsure()
		doubts := in.doubts
		in.doubts = nil
		slices.SortStableFunc(doubts, func(a, b *node) int { return a.depth() - b.depth() })
		d := difference{in: in, how: how{rescan: true}, visits: doubts}
		if !d.run() {
			return // halted: everything will be compared
		}
	}
}

// suspect puts in doubt what was looked up by a path that was, by then, not
// that of the directory meant: all that was touched in a renamed directory
// before the stream told of the rename.
func (in *intake) suspect() {
	if len(in.renames) > 0 {
		touchedBy := map[*node]int{}
		for _, m := range in.renames {
			touchedBy[m.node] = m.touched
		}
		for _, d := range in.touchedBefore {
			in.suspectIf(d, -1, touchedBy)
		}
		for i, d := range in.touched {
			in.suspectIf(d, i, touchedBy)
		}
		in.renames = nil
	}
	// A rename is told a little after it happened, so what was touched before
	// the stream was dry is kept until it is dry again.
	for _, d := range in.touched {
		d.marks &^= looked
	}
	in.touchedBefore, in.touched = in.touched, in.touchedBefore[:0]
	if cap(in.touched) > keptRecords {
		in.touched = nil
	}
}

func (in *intake) suspectIf(d *node, at int, touchedBy map[*node]int) {
	if d.has(removed) {
		return
	}
	for n := d; n != nil; n = n.parent {
		if by, ok := touchedBy[n]; ok && at < by {
			in.doubt(d)
			return
		}
	}
}
