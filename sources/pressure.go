package sources

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/reactord/reactord/reactor"
)

// Resource is what tasks wait for when they are stalled.
type Resource string

// The resources the kernel accounts for.
const (
	ResourceMemory Resource = "memory"
	ResourceCPU    Resource = "cpu"
	ResourceIO     Resource = "io"
)

// PressureTrigger says how much stall within a window is too much. The zero
// value stands for a default.
type PressureTrigger struct {
	// Full counts only when all tasks that could run were stalled at once; else
	// it is enough that one was.
	Full bool
	// Stall is how long tasks were stalled within Window, at most all of it.
	Stall time.Duration
	// Window is from 500 ms to 10 s. Without CAP_SYS_RESOURCE it must be a
	// multiple of 2 s (kernel 6.5 and later; earlier ones refuse altogether).
	Window time.Duration
}

// The bounds of a window, by the kernel (Documentation/accounting/psi.rst).
const (
	minPressureWindow = 500 * time.Millisecond
	maxPressureWindow = 10 * time.Second
)

// Defaults of PressureOptions. The windows are such that no privilege is needed.
var (
	// DefaultPressureWarn is what systemd asks for when nobody says otherwise: a tenth.
	DefaultPressureWarn = PressureTrigger{Stall: 200 * time.Millisecond, Window: 2 * time.Second}
	// DefaultPressureCritical is for memory and io: nobody got on for a tenth of the time.
	DefaultPressureCritical = PressureTrigger{Full: true, Stall: 200 * time.Millisecond, Window: 2 * time.Second}
	// DefaultPressureCriticalCPU is for cpu: somebody waited half of the time.
	DefaultPressureCriticalCPU = PressureTrigger{Stall: time.Second, Window: 2 * time.Second}
)

// text is the trigger as the kernel takes it. The kernel overwrites the last
// byte that is written with NUL, so that is what it gets.
func (t PressureTrigger) text() string {
	kind := "some"
	if t.Full {
		kind = "full"
	}
	return fmt.Sprintf("%s %d %d\x00", kind, t.Stall.Microseconds(), t.Window.Microseconds())
}

func (t PressureTrigger) check() error {
	if t.Window < minPressureWindow || t.Window > maxPressureWindow {
		return fmt.Errorf("window %v: want %v to %v", t.Window, minPressureWindow, maxPressureWindow)
	}
	if t.Stall < time.Microsecond || t.Stall > t.Window {
		return fmt.Errorf("stall %v: want 1µs to the window, %v", t.Stall, t.Window)
	}
	return nil
}

// PressureOptions says what a pressure source watches and when it tells. The
// zero value watches the memory of the machine with the default triggers.
type PressureOptions struct {
	Resource Resource // empty: memory
	// Cgroup is the directory of a control group (version 2), absolute; empty:
	// the whole machine.
	Cgroup         string
	Warn, Critical PressureTrigger
	// Calm is how long a trigger must not have fired before its level is left.
	// 0: twice its window. The kernel fires at most once a window and looks ten
	// times a window, or every 2 s for the unprivileged, so a stall that goes on
	// is told again within one window and that: with less the level goes up and
	// down during one stall.
	Calm time.Duration
	// Environ has what systemd's protocol says take precedence
	// (https://systemd.io/PRESSURE): with MEMORY_PRESSURE_WATCH in the
	// environment (CPU_ and IO_ for the others) that file is watched, which may
	// be a pressure file, a FIFO or a socket, and MEMORY_PRESSURE_WRITE is
	// written to it first. The protocol knows one degree of pressure, so there
	// is no critical then. With /dev/null, systemd's word for off, the source
	// never tells anything.
	Environ bool
}

func (o *PressureOptions) fill() error {
	if o.Resource == "" {
		o.Resource = ResourceMemory
	}
	critical := DefaultPressureCritical
	switch o.Resource {
	case ResourceMemory, ResourceIO:
	case ResourceCPU:
		critical = DefaultPressureCriticalCPU
	default:
		return fmt.Errorf("resource %q: want memory, cpu or io", string(o.Resource))
	}
	if o.Cgroup != "" && !filepath.IsAbs(o.Cgroup) {
		return fmt.Errorf("cgroup %s: want an absolute path", o.Cgroup)
	}
	if o.Calm < 0 {
		return fmt.Errorf("calm %v: want a time that is not negative", o.Calm)
	}
	if o.Warn == (PressureTrigger{}) {
		o.Warn = DefaultPressureWarn
	}
	if o.Critical == (PressureTrigger{}) {
		o.Critical = critical
	}
	for level, t := range o.triggers() {
		level := PressureLevel(level)
		if level == PressureNormal {
			continue
		}
		if err := t.check(); err != nil {
			return fmt.Errorf("%v: %w", level, err)
		}
		if t.Full && o.Resource == ResourceCPU && o.Cgroup == "" {
			return fmt.Errorf("%v: full: the kernel counts none for the cpu of the whole machine; use some", level)
		}
	}
	return nil
}

// triggers are the triggers by level; normal has none.
func (o *PressureOptions) triggers() [pressureLevels]PressureTrigger {
	return [...]PressureTrigger{PressureWarn: o.Warn, PressureCritical: o.Critical}
}

// PressureEvent is what a pressure source delivers: the level changed.
type PressureEvent struct {
	Resource Resource
	// Level is how it is now, Previous what the last call was told, normal
	// before the first. They are equal when the level came back before the
	// handler could run; Worst tells where it had been.
	Level, Previous, Worst PressureLevel
	// Numbers are the pressure file's, read when the call was about to start;
	// nil when there is none or it couldn't be read.
	Numbers *PressureNumbers
	// Err says why nothing more will come: ErrCgroupGone, ErrPressureClosed or
	// reactor.ErrStale. The level is normal then.
	Err error
}

// Why a pressure source has nothing more to tell.
var (
	// ErrCgroupGone is told when the control group was removed.
	ErrCgroupGone = errors.New("the cgroup is gone")
	// ErrPressureClosed is told when the other end of the socket in
	// MEMORY_PRESSURE_WATCH closed it.
	ErrPressureClosed = errors.New("the pressure socket was closed by its other end")
)

// Pressure is a source of the levels of memory, cpu or io pressure: it stands
// for GCD's memory-pressure source, by the kernel's pressure stall information
// (Documentation/accounting/psi.rst). It tells when the level changes, at once
// when it rises and after a time of calm when it falls. Levels merge while the
// handler can't run (clauses S12 and S13): it is told the last and the worst.
//
// A stall that is there at activation is told within a window (clause S6). It
// costs two triggers in the kernel, three for a control group, and one alarm
// while the level is not normal; nothing is awake in between.
type Pressure struct {
	*reactor.Source[PressureEvent]
	intake *pressureIntake
}

// NewPressure returns an inactive source. Activate fails when the kernel has no
// pressure files or refuses the triggers, and says what to do about it.
func NewPressure(label string, target *reactor.Queue, o PressureOptions) (*Pressure, error) {
	if err := o.fill(); err != nil {
		return nil, fmt.Errorf("pressure: %w", err)
	}
	in := &pressureIntake{resource: o.Resource}
	in.plan = planPressure(o)
	if o.Environ {
		if err := in.plan.environ(o); err != nil {
			return nil, fmt.Errorf("pressure: %w", err)
		}
	}
	for level, t := range o.triggers() {
		in.ladder.calm[level] = o.Calm
		if o.Calm == 0 {
			in.ladder.calm[level] = 2 * max(t.Window, in.plan.window)
		}
	}
	in.source = reactor.NewSource(label, target, in, in)
	in.alarm = in.source.Reactor().NewAlarm(reactor.Monotonic, in.rang)
	in.retry = newRetry(in.source, in.again)
	return &Pressure{in.source, in}, nil
}

// Path is the file that is watched, for status; empty when systemd turned
// watching off.
func (p *Pressure) Path() string { return p.intake.plan.path }

// Level is the level as it is now, whether or not it was told.
func (p *Pressure) Level() PressureLevel {
	p.intake.mu.Lock()
	defer p.intake.mu.Unlock()
	return p.intake.ladder.level
}
