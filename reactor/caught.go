package reactor

import (
	"errors"
	"runtime/debug"
)

// errGoexit is reported for an item that called runtime.Goexit, as
// testing.T.FailNow does.
var errGoexit = errors.New("an item ended its goroutine (runtime.Goexit, or FailNow of a test): the queue goes on without it")

// call runs t as an item of q and keeps a panic of it from going further.
func (q *Queue) call(t task, g *goroutine) {
	clean := false
	defer q.caught(&clean, g)
	t.run(q, g)
	clean = true
}

// caught is deferred around items. A panic is reported and ends there, unless
// the program asked to crash (CrashOnPanic).
func (q *Queue) caught(clean *bool, g *goroutine) {
	if *clean || q.Reactor().crash {
		return
	}
	p := Panic{Queue: q.label}
	if s := g.top().source; s != nil {
		p.Source, g.top().source = s.label, nil
	}
	if p.Value = recover(); p.Value != nil {
		p.Stack = debug.Stack()
		q.Reactor().tracer.Panicked(p)
		return
	}
	if !g.exited {
		g.exited = true
		q.Reactor().tracer.Failed(p.Where(), errGoexit)
	}
}
