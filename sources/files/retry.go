package files

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
)

// retry tries again what was refused, where nothing will tell that it would no
// longer be: descriptors and memory that were used up, a root out of reach.
type retry struct {
	wanted  bool
	nodes   []*node       // directories that could not be listed
	delay   time.Duration // the last one
	alarm   *reactor.Alarm
	waiting bool // the alarm is set
}

// The delays between tries double from the first to the last.
const (
	firstRetry = time.Second
	lastRetry  = time.Minute
)

// again has n compared with the disk some time later.
func (in *intake) again(n *node) {
	in.retry.nodes = append(in.retry.nodes, n)
	in.retry.wanted = true
}

// armRetry sets the alarm, if there is something new to try. One that is set stays:
// what is refused again and again must not put it off for ever.
func (in *intake) armRetry() {
	r := &in.retry
	wanted := r.wanted && !r.waiting
	r.wanted = false
	if !wanted {
		return
	}
	r.waiting = true
	r.delay = min(max(2*r.delay, firstRetry), lastRetry)
	due := in.now().Add(r.delay)
	in.set(r.alarm, due, due.Add(r.delay/4))
}

// tryAgain is submitted by the alarm.
func (in *intake) tryAgain() {
	nodes := in.retry.nodes
	in.retry.nodes, in.retry.waiting = nil, false
	for _, n := range nodes {
		if !n.has(removed) {
			in.doubt(n)
		}
	}
	for _, r := range in.roots {
		in.retry.wanted = in.retry.wanted || r.unmounted
		r.unsure, in.unsure = true, true
	}
	switch {
	case in.deaf:
		in.hear()
	case in.limited:
		in.probe()
	}
	delay := in.retry.delay
	in.read()
	if in.retry.delay == delay {
		in.retry.delay = 0 // nothing was refused again
	}
}

// open opens the engine and has the loop watch it. To be short of something is
// no error: the trees are recorded, and compared when it can be opened.
func (in *intake) open() error {
	fd, err := in.engine.open()
	switch {
	case errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE), errors.Is(err, unix.ENOMEM):
		if !in.deaf {
			p := Problem{Kind: InstanceLimit, Err: err}
			if err == unix.EMFILE {
				p.Limit = limit(maxInstances)
				p.Remedy = raise(maxInstances, p.Limit) + ", or raise LimitNOFILE"
			}
			in.report(p)
		}
		in.deaf, in.retry.wanted = true, true
		return nil
	case err != nil:
		return fmt.Errorf("open %s: %w", in.engine.name(), err)
	}
	in.ready, err = in.reactor.Watch(fd, reactor.In, reactor.Edge, func(reactor.Readiness) { in.pull.submit() })
	if err != nil {
		in.closeEngine()
		return err
	}
	in.deaf = false
	return nil
}

// hear opens the engine after it could not be opened at the start.
func (in *intake) hear() {
	if err := in.open(); err != nil {
		in.retry.wanted = true
		in.report(Problem{Kind: Failed, Err: err})
	} else if !in.deaf {
		in.compareAll()
	}
}

func (in *intake) closeEngine() {
	if in.ready != nil {
		in.ready.Close()
		in.ready = nil
	}
	if err := in.engine.close(); err != nil {
		in.report(Problem{Kind: Failed, Err: err})
	}
}
