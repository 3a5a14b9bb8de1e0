package sources

import (
	"time"

	"github.com/reactord/reactord/reactor"
)

// PressureLevel is how short a resource is, by the names GCD's memory-pressure
// source has.
type PressureLevel uint8

// The levels, in rising order.
const (
	PressureNormal PressureLevel = iota
	PressureWarn
	PressureCritical

	pressureLevels = iota
)

var pressureLevelNames = [...]string{"normal", "warn", "critical"}

// String is the name in event records and the configuration.
func (l PressureLevel) String() string {
	if int(l) < len(pressureLevelNames) {
		return pressureLevelNames[l]
	}
	return "unknown"
}

// ladder is the level machine of a pressure source. A level is held from each
// firing of its trigger until a time without one, its calm; the level is the
// highest that is held.
//
//	state     up                                       down
//	normal    warn fires: warn; critical: critical     -
//	warn      critical fires: critical                 warn's calm is over: normal
//	critical  -                                        critical's calm is over:
//	                                                   warn while that is held, else normal
//
// Going up is immediate. Going down needs a calm longer than the time in which
// the kernel would have told again, had the stall gone on (see
// PressureOptions.Calm): that is the hysteresis, and without it the level
// would fall between any two firings.
//
// No firing moves an alarm. There is one, set for the end of the present
// level; when it rings and the level was confirmed meanwhile, it is set again.
type ladder struct {
	calm  [pressureLevels]time.Duration
	until [pressureLevels]reactor.Instant // when a level isn't held any more
	level PressureLevel
}

// fired takes in that a level's trigger fired.
func (l *ladder) fired(level PressureLevel, now reactor.Instant) {
	l.until[level] = now.Add(l.calm[level])
	l.settle(now)
}

// settle finds the level at that time.
func (l *ladder) settle(now reactor.Instant) {
	l.level = PressureNormal
	for level := PressureWarn; level <= PressureCritical; level++ {
		if l.until[level] > now {
			l.level = level
		}
	}
}

// ends is when the present level ends unless its trigger fires again;
// reactor.Forever when it is normal.
func (l *ladder) ends() reactor.Instant {
	if l.level == PressureNormal {
		return reactor.Forever
	}
	return l.until[l.level]
}
