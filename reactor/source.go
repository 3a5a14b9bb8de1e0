package reactor

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/reactord/reactord/coalesce"
)

// Intake is the kernel's side of a source: how it comes to know of events.
// Its methods are called one at a time, Register by Activate on the caller's
// goroutine, the others on the source's target queue.
type Intake interface {
	// Register begins to take events in. It is called once. Its error is
	// Activate's.
	Register() error
	// Rearm is called after each call of the event handler: what was held off
	// while the handler ran may be told again (clause R1).
	Rearm()
	// Unregister ends it. When it has returned the kernel has let go of the
	// descriptor and nothing more is merged. It is called once, if Register
	// succeeded, right before the cancel handler.
	Unregister()
}

// Handled is an Intake that can say what it was made for (clause S20).
type Handled interface {
	Handle() int
	Mask() uint64
}

// Source delivers events of type E to a handler on a queue: a dispatch source
// (section S of the contract). Package sources makes them for timers,
// descriptors, files, signals, processes and data.
//
// A source is created inactive. Handlers are set, then it is activated; from
// then on it lives until it is cancelled, whether or not anybody holds it.
// Events merge while the source waits for its turn, runs or is suspended; its
// handler gets all of them in one call. The handler is never called twice at
// once, also on a concurrent queue (clause S15), and never after the cancel
// handler, which runs exactly once (clauses C3 and C4), after the kernel has
// let go of the descriptor: it is the place to close it.
//
// All handlers run on the target queue. Methods may be called from any
// goroutine, the handlers included.
type Source[E any] struct {
	base
	pending coalesce.Latcher[E]
	onEvent atomic.Pointer[func(E)]
}

// NewSource returns an inactive source that runs its handlers on target, nil
// for the default global queue (clause S2). It delivers what pending latches.
// Whoever merges into pending calls Wake after that. intake may be nil.
func NewSource[E any](label string, target *Queue, pending coalesce.Latcher[E], intake Intake) *Source[E] {
	s := &Source[E]{pending: pending}
	s.init(label, target, intake, s)
	return s
}

// OnEvent sets the event handler, or changes it from the next call on (clause
// S18). While a source has none its events are dropped (clause S17).
func (s *Source[E]) OnEvent(f func(E)) {
	s.mayChange("event handler")
	if f == nil && s.load().has(opening) {
		s.doubt("its event handler was removed while it was active: its events are dropped")
	}
	s.onEvent.Store(&f)
	if s.load().has(finished) {
		s.onEvent.Store(nil) // nothing is held on to (clause C9)
	}
	s.Wake() // something may have been held off for want of a handler
}

func (s *Source[E]) handled() bool {
	f := s.onEvent.Load()
	return f != nil && *f != nil
}

// release drops the event handler and what it holds on to (clause C9).
func (s *Source[E]) release() { s.onEvent.Store(nil) }

// deliver latches what is pending and calls the handler with it. It reports
// false when there is no handler.
func (s *Source[E]) deliver() bool {
	event, ok := s.pending.Latch()
	f := s.onEvent.Load()
	if f == nil || *f == nil {
		return false
	}
	if ok {
		s.calls.Add(1)
		(*f)(event)
	}
	return true
}

// base is what a Source is whatever it delivers. state.go has its states.
type base struct {
	word
	label  string
	target atomic.Pointer[Queue]
	intake Intake
	events events
	calls  atomic.Uint64

	onRegister atomic.Pointer[func()]
	onCancel   atomic.Pointer[func()]
	arrival    atomic.Pointer[arrival]
	ends       atomic.Pointer[func()] // tells those in CancelAndWait
}

// events is the part of a source that knows the type of its events.
type events interface {
	deliver() bool
	release()
	handled() bool // there is an event handler
}

func (s *base) init(label string, target *Queue, intake Intake, e events) {
	if target == nil {
		target = Default().Global(DefaultQoS)
	}
	s.label, s.intake, s.events = label, intake, e
	s.target.Store(target)
	target.Reactor().sources.add(s)
}

// Label is the source's name in logs, errors and status.
func (s *base) Label() string { return s.label }

// Reactor is whose source it is: its target queue's.
func (s *base) Reactor() *Reactor { return s.target.Load().Reactor() }

// Calls is how often the event handler was called.
func (s *base) Calls() uint64 { return s.calls.Load() }

// State is a word for status: inactive, active, queued, running, suspended,
// cancelling or cancelled.
func (s *base) State() string { return s.load().String() }

// OnRegister sets the handler that runs once after the source was registered
// in the kernel and before its first event (clause S19). It doesn't run when
// the source was cancelled before. Set after the registration, it runs at once.
func (s *base) OnRegister(f func()) {
	s.mayChange("registration handler")
	s.onRegister.Store(&f)
	switch now := s.load(); {
	case now.has(finished):
		s.onRegister.Store(nil)
	case f != nil && now.has(announced) && !now.has(cancelled):
		s.doubt("its registration handler was set after the registration")
		s.target.Load().Async(func() {
			if !s.Cancelled() {
				s.announce()
			}
		})
	}
}

// OnCancel sets the cancel handler. Set after the source was cancelled, it
// still runs, unless another one has (clauses C8 and C3).
func (s *base) OnCancel(f func()) {
	s.mayChange("cancel handler")
	s.onCancel.Store(&f)
	if s.load().has(finished) {
		s.target.Load().Async(s.cancelHandler)
	}
}

// OnMandatoryCancel sets the cancel handler and makes the source strict
// (dispatch_source_set_mandatory_cancel_handler): once it is active, changing
// a handler or the target panics (clauses S18 and S21).
func (s *base) OnMandatoryCancel(f func()) {
	s.OnCancel(f)
	s.set(strict)
}

// mayChange panics when what is to be changed is fixed.
func (s *base) mayChange(what string) {
	if s.load().has(strict | opening) {
		panic(fmt.Sprintf("reactor: source %q: its %s can't be changed: it is active, and its cancel handler mandatory", s.label, what))
	}
}

// doubt tells the tracer of something that is allowed and seldom meant.
func (s *base) doubt(what string) { s.Reactor().tracer.Failed(s.label, errors.New(what)) }

// Handle is what the source watches, by number: a descriptor, a pid, a signal;
// 0 where there is none (dispatch_source_get_handle, clause S20).
func (s *base) Handle() int {
	if h, ok := s.intake.(Handled); ok {
		return h.Handle()
	}
	return 0
}

// Mask is what it watches for, 0 after Cancel (dispatch_source_get_mask).
func (s *base) Mask() uint64 {
	if h, ok := s.intake.(Handled); ok && !s.Cancelled() {
		return h.Mask()
	}
	return 0
}

// OnArrival has f called on q after something was merged, whether or not the
// source may deliver it now. Calls merge too: one is outstanding at most, and
// one follows every arrival.
func (s *base) OnArrival(q *Queue, f func()) {
	s.arrival.Store(&arrival{queue: q, call: f})
	s.set(hooked)
}

// Activate registers the source in the kernel and begins to deliver. On an
// active source it does nothing (clause S7).
//
// When the kernel refuses, the error says what and why, the source is
// cancelled, and its cancel handler runs as after any other cancel, so that a
// descriptor is closed in one place.
func (s *base) Activate() error {
	if !s.set(opening) {
		return nil
	}
	if !s.events.handled() {
		s.doubt("activated without an event handler: its events are dropped")
	}
	var err error
	if s.intake != nil && !s.load().has(cancelled) {
		if err = s.intake.Register(); err != nil {
			err = fmt.Errorf("source %q: %w", s.label, err)
			s.set(cancelled)
		} else {
			s.set(registered)
		}
	}
	s.move(func(now state) state { return now | active | dirty })
	return err
}

// Suspend stops the delivery of events; they are still taken in and merge. It
// doesn't interrupt a handler that runs (clause S11). Calls nest. It holds
// back the cancel handler too (clause C5).
func (s *base) Suspend() { s.bits.Add(uint64(oneSuspend)) }

// Resume takes one Suspend back. On a source that was never suspended nor
// activated it activates (clause S8), on an active one it panics (clause S9).
func (s *base) Resume() {
	if now := s.load(); !now.suspended() && !now.has(opening) {
		if err := s.Activate(); err != nil {
			s.Reactor().tracer.Failed(s.label, err)
		}
		return
	}
	s.move(func(now state) state {
		if !now.suspended() {
			panic(unbalanced(s.label))
		}
		now -= oneSuspend
		if now.has(heldOff) && !now.suspended() {
			now = now&^heldOff | dirty // its turn delivers what there is and re-arms
		}
		return now
	})
}

// Cancel ends the source. It returns at once; a handler that runs completes,
// no other is started, what is pending is dropped (clauses C1 and C2). The
// cancel handler of a source that is suspended or was never activated waits
// for Resume or Activate (clauses C5 and C6).
func (s *base) Cancel() {
	if s.set(cancelled) {
		s.Wake()
	}
}

// Cancelled reports whether Cancel was called (dispatch_source_testcancel).
func (s *base) Cancelled() bool { return s.load().has(cancelled) }

// SetTarget has the handlers run on q, nil for the default global queue: at once
// when the source is inactive, else between two calls, and the tracer is told
// (clause S21).
func (s *base) SetTarget(q *Queue) {
	if q == nil {
		q = s.Reactor().Global(DefaultQoS)
	}
	if q.Reactor() != s.Reactor() {
		panic(fmt.Sprintf("reactor: source %q can't target queue %q: %v", s.label, q.label, ErrTargetForeign))
	}
	s.mayChange("target")
	if s.load().has(opening) {
		s.doubt("retargeted while it was active")
	}
	s.target.Store(q)
}

// Wake tells that something was merged. It costs an atomic load when the
// source already knows that there is something to do.
func (s *base) Wake() {
	if s.load()&(dirty|hooked) != dirty {
		s.wake()
	}
}

func (s *base) wake() {
	if !s.load().has(dirty) {
		s.move(func(now state) state { return now | dirty })
	}
	if a := s.arrival.Load(); a != nil {
		a.tell()
	}
}

// move changes the state, and enters the target queue when that leaves the
// source ready with something to do.
func (s *base) move(next func(state) state) {
	before, after := s.change(func(now state) state {
		now = next(now)
		if now.has(dirty) && now.ready() {
			now |= queued
		}
		return now
	})
	if !before.has(queued) && after.has(queued) {
		s.target.Load().push(s)
	}
}

// run is the source as an item of its target queue: one step of its life.
func (s *base) run(on *Queue, g *goroutine) {
	if target := s.target.Load(); target != on {
		target.push(s) // retargeted while it waited
		return
	}
	_, now := s.change(func(now state) state {
		now &^= queued
		if now.suspended() {
			return now
		}
		return now&^dirty | running
	})
	if !now.has(running) {
		return
	}
	g.top().source = s // and stays for caught to see, if the handler panics
	defer s.move(func(now state) state { return now &^ running })
	switch {
	case now.has(finished):
	case now.has(cancelled):
		if now.has(registered) {
			s.intake.Unregister()
		}
		s.set(finished)
		s.onRegister.Store(nil)
		s.arrival.Store(nil)
		s.events.release()
		s.cancelHandler()
		s.tellEnd()
	case !now.has(announced) && s.hasAnnouncement():
		s.set(dirty) // events come after, at the queue's tail, whatever becomes of it
		s.announce()
	default:
		if !now.has(announced) {
			s.set(announced)
		}
		rearm := true
		defer func() {
			if rearm && now.has(registered) {
				s.rearm()
			}
		}()
		rearm = s.events.deliver()
	}
	g.top().source = nil
}

// rearm lets the intake tell again. While the source is suspended that waits
// for the resume: a level told now could be gone by then.
func (s *base) rearm() {
	_, now := s.change(func(now state) state {
		if now.suspended() {
			return now | heldOff
		}
		return now
	})
	if !now.has(heldOff) && !now.has(cancelled) {
		s.intake.Rearm()
	}
}

func (s *base) hasAnnouncement() bool {
	f := s.onRegister.Load()
	return f != nil && *f != nil
}

// announce calls the registration handler, once however often it is called.
func (s *base) announce() {
	s.set(announced)
	if f := s.onRegister.Swap(nil); f != nil && *f != nil {
		(*f)()
	}
}

// cancelHandler calls the cancel handler, once however often it is called.
func (s *base) cancelHandler() {
	if f := s.onCancel.Swap(nil); f != nil && *f != nil && s.set(farewell) {
		(*f)()
	}
}

// arrival is an arrival hook: a task of its queue that is there once at most.
type arrival struct {
	queue       *Queue
	call        func()
	outstanding atomic.Bool
}

func (a *arrival) tell() {
	if !a.outstanding.Swap(true) {
		a.queue.push(a)
	}
}

func (a *arrival) run(*Queue, *goroutine) {
	a.outstanding.Store(false)
	a.call()
}
