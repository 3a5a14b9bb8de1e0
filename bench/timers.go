package main

import (
	"fmt"
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"
)

// timers are what many timers cost, and how late one is.
var timers = []workload{
	crowdOf("T100k", 100_000, 100, 100, "a server's time-outs and retries", 1),
	crowdOf("T1k", 1000, 1000, 10, "a machine's housekeeping", 1),
	exactTimer, armed, setAnew, memoryOfSetTimers,
}

// peersWithTimers are the C programs, with their names in the tables.
var peersWithTimers = []struct{ name, program, header, from, library string }{
	{"C: libuv", "timers_uv", "uv.h", "libuv1-dev", "-luv"},
	{"C: libev", "timers_ev", "ev.h", "libev-dev", "-lev"},
	{"C: sd-event", "timers_sd", "systemd/sd-event.h", "libsystemd-dev", "-lsystemd"},
}

// timerWays are ours and the peers in that mode of the programs, which print so
// many figures.
func (b *bench) timerWays(ways []way, figures int, mode ...string) ([]way, error) {
	for _, p := range peersWithTimers {
		if unix.Access("/usr/include/"+p.header, unix.R_OK) != nil {
			ways = append(ways, way{name: p.name, lacks: p.from})
			continue
		}
		program, err := b.compile(p.program, p.library)
		if err != nil {
			return nil, err
		}
		ways = append(ways, way{name: p.name, run: func() ([]float64, error) {
			out, err := exec.Command(program, mode...).Output()
			if err != nil {
				return nil, err
			}
			values := make([]float64, figures)
			into := make([]any, figures)
			for i := range values {
				into[i] = &values[i]
			}
			if _, err := fmt.Sscan(strings.TrimSpace(string(out)), into...); err != nil {
				return nil, fmt.Errorf("it printed %q: %w", out, err)
			}
			return values, nil
		}})
	}
	return ways, nil
}

// oneTimer is how often the timer of 1 ms is set.
const oneTimer = 500

var exactTimer = workload{
	name:   "timers: one of 1 ms",
	models: "A deadline: a timer that is set a millisecond ahead, and again when it fires. How late its handler runs.",
	reach:  "60 µs, p99 160 µs",
	run: func(b *bench) ([]row, error) {
		ways, err := b.timerWays([]way{{name: "reactor", run: lateness}}, 2, "one", fmt.Sprint(oneTimer))
		c := contest{figures: []figure{{"p50, µs", "", 60}, {"p99, µs", "", 160}}, ways: ways}
		return c.rowsUnless(err)
	},
}

// manySet is how many timers are set, and stopped or set anew.
const manySet = 1_000_000

var armed = workload{
	name:   "timers: set and stop",
	models: "A request that is answered in time: a million timers are set, an hour and more ahead, and all stopped. Nanoseconds for each.",
	reach:  "libev's time",
	run: func(b *bench) ([]row, error) {
		ways, err := b.timerWays([]way{{name: "reactor: alarms", run: setAndStop}, {name: "reactor: timers", run: activateAndCancel}}, 1, "arm", fmt.Sprint(manySet))
		c := contest{figures: []figure{{"ns", "C: libev", 1}}, ways: ways}
		return c.rowsUnless(err)
	},
}

var setAnew = workload{
	name:   "timers: set anew",
	models: "A connection that is kept alive: of a million timers one is moved further ahead. Nanoseconds.",
	reach:  "the fastest peer's time",
	run: func(b *bench) ([]row, error) {
		ways, err := b.timerWays([]way{{name: "reactor: alarms", run: setAgain}, {name: "reactor: timers", run: scheduleAgain}}, 1, "again", fmt.Sprint(manySet))
		c := contest{figures: []figure{{"ns", "C: libev", 1}}, ways: ways}
		return c.rowsUnless(err)
	},
}

var memoryOfSetTimers = workload{
	name:   "timers: memory",
	models: "A million timers that are set: what each adds to the resident memory.",
	reach:  "at most 200 bytes",
	run: func(b *bench) ([]row, error) {
		ways, err := b.timerWays([]way{{name: "reactor: alarms", run: alarmMemory}}, 1, "memory", fmt.Sprint(manySet))
		c := contest{figures: []figure{{"bytes", "", 200}}, ways: ways}
		return c.rowsUnless(err)
	},
}

// rowsUnless is rows, if there was no error before.
func (c contest) rowsUnless(err error) ([]row, error) {
	if err != nil {
		return nil, err
	}
	return c.rows()
}
