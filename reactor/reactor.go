package reactor

import (
	"errors"
	"sync"

	"github.com/reactord/reactord/internal/clock"
	"github.com/reactord/reactord/internal/kernel"
)

// Reactor owns a loop, the timer heaps and the global queues. Most programs
// use Default; a test makes its own with a clock it can turn and a kernel that
// can fail.
//
// A Reactor holds no goroutine and no descriptor until the first source that
// needs the kernel is activated.
type Reactor struct {
	kernel kernel.Kernel
	clock  clock.Clock
	tracer Tracer
	loop   *loop
	alarms [3]*alarmSet // by alarmIndex
	crash  bool

	crew       crew
	roots      [classes]*Queue // global queues
	main       mainLoop
	mainQueue  *Queue
	targets    sync.Mutex // held while targets are changed
	queues     registry[Queue]
	sources    registry[base]
	groups     registry[Group]
	operations registry[OperationQueue]
}

// Option changes how New makes a Reactor.
type Option func(*Reactor)

// WithKernel has the reactor make its system calls through k.
func WithKernel(k kernel.Kernel) Option { return func(r *Reactor) { r.kernel = k } }

// WithClock has the reactor read the time from c. Timers need a kernel whose
// timerfds follow the same clock.
func WithClock(c clock.Clock) Option { return func(r *Reactor) { r.clock = c } }

// WithTracer has the reactor report to t instead of standard error.
func WithTracer(t Tracer) Option {
	if t == nil {
		panic("reactor: WithTracer of nil: leave the option out for standard error")
	}
	return func(r *Reactor) { r.tracer = t }
}

// CrashOnPanic has a panic of an item or handler end the process, as it does
// where no queue is involved, instead of being reported to the tracer.
func CrashOnPanic() Option { return func(r *Reactor) { r.crash = true } }

// New returns a Reactor on the real kernel and clocks, unless told otherwise.
func New(options ...Option) *Reactor {
	r := &Reactor{kernel: kernel.Real{}, clock: clock.System{}, tracer: stderrTracer{}}
	for _, o := range options {
		o(r)
	}
	r.loop = newLoop(r.kernel, r.tracer)
	r.loop.prepare = r.openAlarms
	for i, id := range alarmClocks {
		r.alarms[i] = newAlarmSet(r, id)
	}
	r.loop.now = func() Instant { return r.Now(Monotonic) }
	r.loop.owing.retry = r.NewAlarm(Monotonic, func(Instant) { r.loop.pay() })
	r.crew.reactor = r
	for class := range r.roots {
		r.roots[class] = r.newRoot(globalRoot, "global."+QoS(class).String(), unbounded, QoS(class))
	}
	r.main.root = r.newRoot(mainRoot, "main.root", 1, UserInteractive)
	r.mainQueue = r.NewQueue("main", Target(r.main.root))
	return r
}

// openAlarms makes the timerfds, all or none. The loop's lock is held.
func (r *Reactor) openAlarms() error {
	for _, s := range r.alarms {
		if err := s.openLocked(); err != nil {
			return errors.Join(err, r.closeAlarms())
		}
	}
	return nil
}

func (r *Reactor) closeAlarms() error {
	var err error
	for _, s := range r.alarms {
		err = errors.Join(err, s.close())
	}
	return err
}

var defaultReactor struct {
	once    sync.Once
	reactor *Reactor
}

// Default is the process's shared reactor. It is never closed.
func Default() *Reactor {
	defaultReactor.once.Do(func() { defaultReactor.reactor = New() })
	return defaultReactor.reactor
}

// Now reads a clock.
func (r *Reactor) Now(c Clock) Instant { return Instant(r.clock.Now(c)) }

// Kernel is the seam sources make their system calls through.
func (r *Reactor) Kernel() kernel.Kernel { return r.kernel }

// Tracer is who is told of failures.
func (r *Reactor) Tracer() Tracer { return r.tracer }

// Global is the global queue of that quality of service: items on it run
// beside each other. It can't be suspended.
func (r *Reactor) Global(qos QoS) *Queue {
	qos.mustExist()
	return r.roots[qos]
}

// Close ends the loop and closes its descriptors. It returns when the loop's
// goroutine has ended. Cancel sources before: one that is still active gets
// no more events. Close may be called more than once.
func (r *Reactor) Close() error {
	return errors.Join(r.loop.close(), r.closeAlarms())
}

// Returns is how often the loop was woken with something to do, for status and tests.
func (r *Reactor) Returns() uint64 { return r.loop.returns.Load() }
