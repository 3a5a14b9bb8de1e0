package files

import (
	"errors"
	"math"
	"sync/atomic"
	"time"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
)

// intake is the taking side of a Source: it reads the engine's stream, keeps
// the index and tells changes. What is declared below queue belongs to that
// queue, and so does every method but those of reactor.Intake.
type intake struct {
	reactor  *reactor.Reactor
	options  Options
	pending  *pending
	wake     func()
	board    board
	stopping atomic.Bool
	queue    *reactor.Queue

	pull       *errand // read
	resume     *errand // room
	running    bool
	match      matcher
	operations operations
	recursive  bool
	maxPending int

	engine  engine
	ready   *reactor.Watch // of the engine's descriptor
	deaf    bool           // the engine could not be opened yet
	failing bool           // reading fails, and that was told
	stream  stream
	held    reactor.Instant // until when the stream is held at half a rename; 0: it isn't
	last    renamed         // the last rename

	index   *index
	places  []*node // kept for handle
	dirents []byte  // kept for listing
	roots   []*root
	unsure  bool            // a root is
	paths   map[watchID]int // how many links of roots a watch is for

	out     []coalesce.Change // told and not merged yet
	behind  bool              // there is no room for more
	covered uint64            // overflows up to here were followed by a comparison
	newest  uint64            // how far the stream had been filled when the last directory was found

	due           *reactor.Alarm // for what is held, and for quiet
	quiet         []quietFile    // in the order in which they are due
	doubts        []*node
	touched       []*node // directories looked into since the stream was dry
	touchedBefore []*node // and before that
	renames       []moved // directories renamed since it was dry
	limited       bool    // a watch was refused for want of watches
	wanting       string  // the first path it was refused to
	limitTold     bool
	retry         retry

	overflows, comparisons uint64
}

var _ reactor.Intake = (*intake)(nil)

func newIntake(label string, r *reactor.Reactor, o Options) *intake {
	in := &intake{
		reactor:    r,
		options:    o,
		queue:      r.NewQueue("files." + label),
		match:      newMatcher(o),
		operations: newOperations(o.Events),
		recursive:  o.Recursive,
		maxPending: o.MaxPending,
		index:      newIndex(),
		places:     make([]*node, 0, 4),
		paths:      map[watchID]int{},
	}
	if in.maxPending == 0 {
		in.maxPending = DefaultMaxPending
	}
	for _, path := range o.Roots {
		in.roots = append(in.roots, newRoot(path))
	}
	in.engine = newInotify(r.Kernel(), in.operations.has(coalesce.Write))
	in.pull = in.errand(in.read)
	in.resume = in.errand(in.room)
	in.pending = newPending(in.maxPending, in.resume.submit)
	in.due = in.alarm(in.pull)
	in.retry.alarm = in.alarm(in.errand(in.tryAgain))
	in.board.write(Status{Engine: in.engine.name()})
	return in
}

// Register implements reactor.Intake. It returns when every directory is
// recorded and watched.
func (in *intake) Register() error {
	result := make(chan error, 1)
	in.queue.Async(func() {
		err := errors.New("panicked")
		defer func() { result <- err }()
		err = in.start()
	})
	return <-result
}

// Rearm implements reactor.Intake: nothing is held off.
func (in *intake) Rearm() {}

// Unregister implements reactor.Intake.
func (in *intake) Unregister() {
	in.stopping.Store(true) // ends a comparison that goes on
	done := make(chan struct{})
	in.queue.Async(func() {
		in.stop()
		// Nothing submits any more. What did before is ahead of this.
		in.queue.Async(func() { close(done) })
	})
	<-done
}

// never is longer than any source lives.
const never = 100 * 365 * 24 * time.Hour

func (in *intake) start() error {
	if err := in.open(); err != nil {
		return err
	}
	in.running = true
	// Alarms take a descriptor when the first is set. That is now, because
	// later, when they are needed to try again, there may be none.
	in.set(in.due, in.now().Add(never), reactor.Forever)
	initial := how{silent: true, final: math.MaxInt64}
	if in.options.Initial {
		initial = how{}
	}
	for _, r := range in.roots {
		if f, err := in.trace(r); err != nil {
			in.await(r, err)
		} else {
			in.find(r, &f, initial)
		}
	}
	in.finish(false)
	return nil
}

func (in *intake) stop() {
	in.running = false
	in.due.Stop()
	in.retry.alarm.Stop()
	in.closeEngine()
	in.publish()
	in.index, in.roots, in.stream, in.out = newIndex(), nil, stream{}, nil
	in.quiet, in.doubts, in.touched, in.touchedBefore, in.renames, in.retry.nodes = nil, nil, nil, nil, nil, nil
}

// errand returns f as something to be submitted to the intake's queue.
func (in *intake) errand(f func()) *errand {
	return newErrand(in.queue, func() {
		if in.running {
			f()
		}
	})
}

// alarm returns an alarm that submits e.
func (in *intake) alarm(e *errand) *reactor.Alarm {
	return in.reactor.NewAlarm(reactor.Monotonic, func(reactor.Instant) { e.submit() })
}

func (in *intake) now() reactor.Instant { return in.reactor.Now(reactor.Monotonic) }

func (in *intake) report(p Problem) {
	if in.options.Report != nil {
		in.options.Report(p)
	}
}
