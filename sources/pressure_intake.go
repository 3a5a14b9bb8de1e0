package sources

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
)

// pressureIntake is the intake of a pressure source and its pending.
//
// A trigger says that it fired by EPOLLPRI, once to whoever polls first. The
// loop's epoll instance is itself polled by the Go runtime's, and that outer
// poll takes the mark: asking for EPOLLPRI alone, the loop would wake and find
// nothing. A pressure file is always readable, so In with Edge is told at each
// wake-up, whoever took the mark.
//
// In /proc/pressure a wake-up is the trigger's own, and means that it fired.
// On cgroupfs all who have the file open are woken by any trigger on it. There
// one descriptor is the bell, watched, and the levels' descriptors are flags,
// kept out of every epoll, whose marks stay until we poll them. (Before kernel
// 6.5 each trigger there woke only its own: critical is then seen at warn's
// next firing, one window late at most.)
type pressureIntake struct {
	source   *reactor.Source[PressureEvent]
	resource Resource
	plan     pressurePlan
	alarm    *reactor.Alarm
	retry    *retry
	watches  []*reactor.Watch // of the bells
	bells    []int            // descriptors

	mu     sync.Mutex
	open   bool
	flags  []pressureFlag // sharedBell
	ladder ladder
	// waiting says that the alarm is set, for no later than the level's end.
	waiting bool
	told    PressureLevel // in the last call
	worst   PressureLevel // since then
	fresh   bool          // there is something to tell
	err     error
}

// Register implements reactor.Intake.
func (in *pressureIntake) Register() error {
	in.mu.Lock()
	in.open = true
	in.mu.Unlock()
	if err := in.register(); err != nil {
		in.Unregister()
		return err
	}
	return nil
}

func (in *pressureIntake) register() error {
	k := in.source.Reactor().Kernel()
	if in.plan.path == "" {
		return nil
	}
	if in.plan.kind == sharedBell {
		if err := in.ring(in.plan.write[PressureWarn], reactor.In, in.sharedRang); err != nil {
			return err
		}
	}
	for level := PressureWarn; level <= PressureCritical; level++ {
		data, ok := in.plan.write[level]
		if !ok {
			continue
		}
		var err error
		switch in.plan.kind {
		case ownBell:
			err = in.ring(data, reactor.In, in.ownRang(level))
		case sharedBell:
			var fd int
			if fd, err = in.plan.open(k, data); err == nil {
				in.mu.Lock()
				in.flags = append(in.flags, pressureFlag{fd, level})
				in.mu.Unlock()
			}
		default:
			err = in.ring(data, reactor.In|reactor.RdHup, in.streamRang)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Rearm implements reactor.Intake.
func (*pressureIntake) Rearm() {}

// Unregister implements reactor.Intake.
func (in *pressureIntake) Unregister() {
	for _, w := range in.watches {
		w.Close()
	}
	in.mu.Lock()
	in.open = false
	flags := in.flags
	in.flags = nil
	in.mu.Unlock()
	in.alarm.Stop()
	in.retry.stop()
	k := in.source.Reactor().Kernel()
	for _, f := range flags {
		_ = k.Close(f.fd)
	}
	for _, fd := range in.bells {
		_ = k.Close(fd)
	}
}

func (in *pressureIntake) failLocked(err error) {
	if in.err == nil {
		in.err, in.fresh = err, true
		in.ladder.level = PressureNormal
	}
}

// rang is the alarm's: a level may be over. It runs on the loop.
func (in *pressureIntake) rang(reactor.Instant) {
	in.update(func(now reactor.Instant) {
		if len(in.flags) > 0 {
			in.lookLocked(now)
		}
		in.ladder.settle(now)
		in.waiting = false
	})
}

// update changes the level on the loop, sets the alarm for its end and wakes
// the source when there is something to tell.
func (in *pressureIntake) update(change func(now reactor.Instant)) {
	now := in.source.Reactor().Now(reactor.Monotonic)
	in.mu.Lock()
	if !in.open || in.err != nil {
		in.mu.Unlock()
		return
	}
	before := in.ladder.level
	change(now)
	level := in.ladder.level
	if level != before {
		in.fresh, in.worst = true, max(in.worst, level)
	}
	if level != before || !in.waiting {
		in.waitLocked()
	}
	wake := in.fresh
	in.mu.Unlock()
	if wake {
		in.source.Wake()
	}
}

// waitLocked sets the alarm for the end of the present level. It may share a
// wake-up with others within a tenth of the calm.
func (in *pressureIntake) waitLocked() {
	at := in.ladder.ends()
	if at == reactor.Forever {
		in.alarm.Stop()
		in.waiting = false
		return
	}
	in.waiting = true
	leeway := in.ladder.calm[in.ladder.level] / 10
	if err := in.alarm.Set(at, at.Add(max(leeway, time.Millisecond))); err != nil {
		in.source.Reactor().Tracer().Failed(in.source.Label(), fmt.Errorf("pressure: %w", err))
	}
}

// Latch implements coalesce.Latcher.
func (in *pressureIntake) Latch() (PressureEvent, bool) {
	in.mu.Lock()
	if !in.fresh {
		in.mu.Unlock()
		return PressureEvent{}, false
	}
	ev := PressureEvent{Resource: in.resource, Level: in.ladder.level, Previous: in.told, Worst: in.worst, Err: in.err}
	in.fresh, in.told, in.worst = false, ev.Level, ev.Level
	in.mu.Unlock()
	ev.Numbers = in.numbers()
	return ev, true
}

// numbers reads the pressure file, through a descriptor of its own: those with
// triggers are not for reading (systemd's protocol).
func (in *pressureIntake) numbers() *PressureNumbers {
	if in.plan.kind == streamBell || in.plan.kind == socketBell {
		return nil
	}
	k := in.source.Reactor().Kernel()
	fd, err := k.Open(in.plan.path, unix.O_RDONLY)
	if err != nil {
		return nil
	}
	defer func() { _ = k.Close(fd) }()
	var text [1 << 10]byte // two lines of at most 100 bytes
	n, err := k.Read(fd, text[:])
	if err != nil {
		return nil
	}
	numbers, err := parsePressure(string(text[:n]))
	if err != nil {
		in.source.Reactor().Tracer().Failed(in.source.Label(), fmt.Errorf("%s: %w", in.plan.path, err))
		return nil
	}
	return numbers
}
