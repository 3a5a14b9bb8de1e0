package daemon

import "github.com/reactord/reactord/handlers"

// tally counts what a source took in by what it was, for status: changes by their
// operation, signals by their name, what a process or the daemon did, levels of
// pressure, and ticks, lines, messages and items.
type tally map[string]uint64

func (t *tally) add(e *handlers.Event) {
	for i := range e.Changes {
		t.count(e.Changes[i].Op.String(), 1)
	}
	t.count(e.Signal, e.SignalCount)
	t.count(e.What, 1)
	t.count(e.Level, 1)
	t.count("ticks", e.Ticks)
	t.count("lines", uint64(len(e.Lines)))
	t.count("messages", uint64(len(e.Messages)))
	t.count("items", uint64(len(e.Items)))
}

func (t *tally) count(what string, n uint64) {
	if what == "" || n == 0 {
		return
	}
	if *t == nil {
		*t = tally{}
	}
	(*t)[what] += n
}
