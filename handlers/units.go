package handlers

import "github.com/reactord/reactord/coalesce"

// Units divides the event into what one run gets (clause DV3): each is path,
// line or message; anything else is the whole event. The units stand in the
// order in which they first occur; a path's changes keep theirs.
//
// A unit has the event's id, source, kind, time and attempt. Of several, none
// has data or bytes, which speak of all together, and only the last tells the
// end of file.
func (e *Event) Units(each string) []Event {
	switch {
	case each == "path" && len(e.Changes) > 1:
		return e.unitsByPath()
	case each == "line" && len(e.Lines) > 1:
		return e.units(len(e.Lines), func(u *Event, i int) { u.Lines = e.Lines[i : i+1 : i+1] })
	case each == "message" && len(e.Messages) > 1:
		return e.units(len(e.Messages), func(u *Event, i int) { u.Messages = e.Messages[i : i+1 : i+1] })
	}
	return []Event{*e}
}

// Bare reports whether the event is the end of a connection or a stream and
// nothing else, of which a run for each line or message gets nothing.
func (e *Event) Bare(each string) bool {
	return e.EOF && (each == "line" && len(e.Lines) == 0 || each == "message" && len(e.Messages) == 0)
}

// units makes n units and has each given its part.
func (e *Event) units(n int, part func(u *Event, i int)) []Event {
	if n == 1 {
		return []Event{*e}
	}
	common := *e
	common.Data, common.Bytes, common.EOF = nil, nil, false
	units := make([]Event, n)
	for i := range units {
		units[i] = common
		part(&units[i], i)
	}
	units[n-1].EOF = e.EOF
	return units
}

// unitsByPath groups the changes by path. All units' lists lie in one array:
// two passes, and one look-up a change in each.
func (e *Event) unitsByPath() []Event {
	unit := make(map[string]int, len(e.Changes))
	var sizes []int
	for i := range e.Changes {
		path := e.Changes[i].Path
		at, seen := unit[path]
		if !seen {
			at = len(sizes)
			unit[path] = at
			sizes = append(sizes, 0)
		}
		sizes[at]++
	}
	all := make([]coalesce.Change, len(e.Changes))
	lists := make([][]coalesce.Change, len(sizes))
	for i, size := range sizes {
		lists[i], all = all[:0:size], all[size:]
	}
	for _, c := range e.Changes {
		at := unit[c.Path]
		lists[at] = append(lists[at], c)
	}
	return e.units(len(lists), func(u *Event, i int) { u.Changes = lists[i] })
}
