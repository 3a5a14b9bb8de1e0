package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rs/zerolog"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// object is the intake of a vnode source: the object that was found at its path,
// followed wherever it goes, or, while there is none, what tells that one has come.
// An object that was deleted or unmounted is let go, and the next one at the path
// is followed. All but Suspend, Resume and Cancel runs on the intake queue.
type object struct {
	source *source
	path   string
	mask   sources.VnodeMask // what was asked for
	again  *reactor.Alarm    // looks again, after that failed

	mu        sync.Mutex
	vnode     *reactor.Source[sources.VnodeEvent] // nil: there is none
	arrival   *arrival                            // nil: there is one
	paused    int
	cancelled bool
	ends      *ends // what it is made of, and one until Cancel
}

// lookAgain is when an object that couldn't be followed is looked for again.
const lookAgain = time.Second

// vnodeEnds are the events after which an object is let go, asked for or not.
const vnodeEnds = sources.VnodeDelete | sources.VnodeRevoke

func openVnode(s *source, ended func()) (intake, error) {
	c := s.config.Vnode
	o := &object{source: s, path: c.Path, ends: newEnds(1, ended)}
	for _, name := range c.Events {
		op, err := coalesce.ParseOp(name)
		if err != nil {
			return nil, err
		}
		o.mask |= sources.VnodeBit(op)
	}
	o.again = s.daemon.reactor.NewAlarm(reactor.Monotonic, func(reactor.Instant) { s.queue.Async(o.look) })
	return o, nil
}

// Activate implements intake.
func (o *object) Activate() error {
	err := o.follow(o.source.daemon.vnodes.New)
	if missing(err) {
		o.source.failed(err)
		o.source.waiting(awaited(err))
		err = o.await(awaited(err))
	}
	if err != nil {
		o.Cancel()
	}
	return err
}

// missing tells that nothing is at a path from not being allowed to know.
func missing(err error) bool { return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) }

func awaited(err error) string { return fmt.Sprintf("%v: waiting for it to be there", err) }

// makeVnode is Vnodes.New or Vnodes.NewArrived.
type makeVnode func(label string, target *reactor.Queue, fd int, mask sources.VnodeMask) (*reactor.Source[sources.VnodeEvent], error)

// follow follows the object at the path.
func (o *object) follow(make makeVnode) error {
	fd, err := unix.Open(o.path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return &fs.PathError{Op: "open", Path: o.path, Err: err}
	}
	src, err := make(o.source.config.Name, o.source.queue, fd, o.mask|vnodeEnds)
	if err != nil {
		_ = unix.Close(fd)
		return err
	}
	o.ends.add()
	src.OnEvent(func(e sources.VnodeEvent) { o.took(src, e) })
	src.OnCancel(o.ends.one)
	err = src.Activate()
	_ = unix.Close(fd) // an active one has its own
	if err != nil {
		return err // its cancel handler runs
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.vnode = src
	for range o.paused {
		src.Suspend()
	}
	if o.cancelled {
		o.dropVnodeLocked()
	}
	return nil
}

// took tells what happened, and lets go of what is no more.
func (o *object) took(src *reactor.Source[sources.VnodeEvent], e sources.VnodeEvent) {
	told := handlers.Event{}
	for _, c := range e.Changes {
		if sources.VnodeBit(c.Op)&o.mask != 0 {
			told.Changes = append(told.Changes, c)
		}
	}
	if data := uint64(e.Data & o.mask); data != 0 {
		told.Data = &data
		o.source.put(told)
	}
	if e.Data&vnodeEnds == 0 {
		return
	}
	o.mu.Lock()
	over := o.cancelled || o.vnode != src
	if !over {
		o.dropVnodeLocked()
	}
	o.mu.Unlock()
	if !over {
		o.look()
	}
}

// look follows the next object at the path, or waits for it.
func (o *object) look() {
	o.mu.Lock()
	over := o.cancelled || o.vnode != nil
	o.mu.Unlock()
	if over {
		return
	}
	err := o.follow(o.source.daemon.vnodes.NewArrived)
	switch {
	case err == nil:
		o.found()
	case missing(err):
		err = o.await(awaited(err))
	}
	if err == nil {
		return
	}
	o.source.failed(err)
	o.source.waiting(err.Error())
	at := o.source.daemon.reactor.Now(reactor.Monotonic).Add(lookAgain)
	if err := o.again.Set(at, at.Add(lookAgain/4)); err != nil {
		o.source.failed(err)
	}
}

// await waits, and says why.
func (o *object) await(why string) error {
	s := o.source
	if s.waiting(why) {
		s.log(zerolog.WarnLevel).Str("reason", why).Msg("source waits")
		s.daemon.happened(sourceFailed, s)
	}
	o.mu.Lock()
	waits := o.arrival != nil
	o.mu.Unlock()
	if waits {
		return nil
	}
	o.ends.add()
	a, err := awaitArrival(s, o.path, o.look, o.moved, o.ends.one)
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.arrival = a
	if o.cancelled {
		o.dropArrivalLocked()
	}
	return nil
}

// moved begins to wait anew: something was mounted or unmounted, and the path may
// lead elsewhere.
func (o *object) moved() {
	o.mu.Lock()
	over := o.arrival == nil
	o.dropArrivalLocked()
	o.mu.Unlock()
	if !over {
		o.look()
	}
}

// found takes in that there is an object.
func (o *object) found() {
	o.mu.Lock()
	o.dropArrivalLocked()
	o.mu.Unlock()
	if o.source.waiting("") {
		o.source.log(zerolog.InfoLevel).Str("path", o.path).Msg("source recovered")
		o.source.daemon.happened(sourceRecovered, o.source)
	}
}

func (o *object) dropVnodeLocked() {
	src := o.vnode
	if src == nil {
		return
	}
	o.vnode = nil
	src.Cancel()
	for range o.paused {
		src.Resume() // or it would not end
	}
}

func (o *object) dropArrivalLocked() {
	if o.arrival != nil {
		o.arrival.cancel()
		o.arrival = nil
	}
}

// Suspend implements intake.
func (o *object) Suspend() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.paused++
	if o.vnode != nil {
		o.vnode.Suspend()
	}
}

// Resume implements intake.
func (o *object) Resume() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.paused--
	if o.vnode != nil {
		o.vnode.Resume()
	}
}

// Cancel implements intake.
func (o *object) Cancel() {
	o.mu.Lock()
	if o.cancelled {
		o.mu.Unlock()
		return
	}
	o.cancelled = true
	o.again.Stop()
	o.dropVnodeLocked()
	o.dropArrivalLocked()
	o.mu.Unlock()
	o.ends.one()
}
