package files

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/stack"
	"github.com/reactord/reactord/reactor"
)

const (
	// burst is how many bytes are read before other queues get their turn.
	burst = 1 << 20
	// backlog is how many records are read ahead while a comparison goes on,
	// so that the kernel's queue, which is much shorter, doesn't overflow.
	backlog = 256 << 10
)

// read takes what the engine tells and deals with it. It is submitted when
// there is something, and when something held or quiet is due.
//
// The goroutine often goes on to run the handler of what is found here, which
// needs more stack than this.
func (in *intake) read() {
	stack.Grow()
	dry := false
	for left := burst; left > 0 && !dry && !in.halted(); {
		n := 0
		n, dry = in.fill()
		left -= n
		in.process()
	}
	in.checkQuiet()
	in.finish(dry)
}

// finish leaves things so that the next thing to happen submits what is to do.
func (in *intake) finish(dry bool) {
	_, more := in.stream.peek()
	if dry && !more {
		in.reconcile()
		_, more = in.stream.peek()
	}
	in.reportLimit()
	in.flush()
	in.arm()
	in.publish()
	if !in.halted() && (!dry || more && in.held == 0) {
		in.pull.submit()
	}
}

// arm sets the alarms.
func (in *intake) arm() {
	due, leeway := reactor.Forever, time.Duration(0)
	if !in.halted() {
		if in.held > 0 {
			due = in.held
		}
		if len(in.quiet) > 0 && in.quiet[0].due < due {
			due, leeway = in.quiet[0].due, quietLeeway
		}
	}
	in.set(in.due, due, due.Add(leeway))
	in.armRetry()
}

func (in *intake) set(a *reactor.Alarm, target, deadline reactor.Instant) {
	if err := a.Set(target, deadline); err != nil {
		in.report(Problem{Kind: Failed, Err: err})
	}
}

// fill reads one buffer, and returns its size and whether that was all. A read
// that fails is tried again later.
func (in *intake) fill() (n int, dry bool) {
	if in.deaf {
		return 0, true
	}
	records, n, err := in.engine.read(in.stream.room(), in.now())
	in.stream.added(records)
	broken := err != nil && err != unix.EAGAIN
	if broken && !in.failing {
		in.report(Problem{Kind: Failed, Err: err})
	}
	in.failing = broken
	in.retry.wanted = in.retry.wanted || broken
	return n, err != nil
}

// prefetch reads what there is, for later, and reports whether that was all.
func (in *intake) prefetch() (all bool) {
	dry := false
	for !dry && in.stream.len() < backlog {
		_, dry = in.fill()
	}
	return dry && !in.failing
}

// process deals with what was read, up to half a rename whose other half may
// still come.
func (in *intake) process() {
	in.held = 0
	for !in.halted() {
		next, ok := in.stream.peek()
		if !ok {
			return
		}
		if next.happening != movedFrom || in.index.watches[next.watch] == nil {
			r := in.stream.pop()
			in.handle(&r)
			continue
		}
		at, paired := in.stream.partner(next)
		if until := next.read.Add(patience); !paired && in.now() < until {
			in.held = until
			return
		}
		from := in.stream.pop()
		if !paired {
			in.handle(&from)
			continue
		}
		to := in.stream.take(at)
		in.rename(&from, &to)
	}
}

// overflow deals with a gap in the stream.
func (in *intake) overflow(r *record) {
	in.overflows++
	in.report(Problem{Kind: Overflow, Limit: limit(maxQueued),
		Remedy: "nothing is lost, but all trees are compared; " + raise(maxQueued, limit(maxQueued))})
	if r.end > in.covered {
		in.compareAll()
	}
}

// compareAll compares all trees with the disk.
func (in *intake) compareAll() {
	// The kernel's queue is emptied first: while it is full, records go
	// missing, and a mark in it would have the trees compared once more.
	in.prefetch()
	mark := in.stream.end
	in.comparisons++
	d := difference{in: in, how: how{rescan: true}}
	for _, r := range in.roots {
		in.seek(r, how{rescan: true})
		if r.node != nil {
			r.node.marks |= overdue
			d.visits = append(d.visits, r.node)
		}
	}
	if d.run() {
		in.covered = mark
	}
}

// room is submitted when the handler has taken what waited. The index stopped
// where it was; everything since is found by comparing (DV1).
func (in *intake) room() {
	if !in.behind {
		return
	}
	in.behind = false
	in.flush()
	if !in.behind {
		in.compareAll()
	}
	in.read()
}
