package main

import (
	"fmt"

	"github.com/reactord/reactord/reactor"
)

// loop are the rings: what a loop costs with many descriptors, of which one, some
// or many are ready at a time.
var loop = []workload{ringOf(100, 1, 1/0.6), ringOf(100, 100, 1), ringOf(1000, 1, 1/0.9), ringOf(1000, 100, 1/1.2), ringOf(5000, 100, 1/1.2)}

// ringWrites is how often a byte goes on in each run.
const ringWrites = 50_000

// ringOf is a ring of so many pairs with so many bytes. reach is the time of
// libuv's that ours may take at most.
func ringOf(pairs, bytes int, reach float64) workload {
	return workload{
		name: fmt.Sprintf("loop: ring %d.%d", pairs, bytes),
		models: fmt.Sprintf("A proxy or a chat: %d connections of which %d have something to say. "+
			"The handler of each reads a byte and writes one to the next. Nanoseconds for an event.", pairs, bytes),
		reach: fmt.Sprintf("%.2f of libuv's time", reach),
		run: func(b *bench) ([]row, error) {
			c := contest{figures: []figure{{"ns/event", "C: libuv", reach}}, ways: []way{
				{name: "reactor: a serial queue", run: func() ([]float64, error) {
					return ringOfSources(pairs, bytes, func(r *reactor.Reactor) *reactor.Queue { return r.NewQueue("ring") })
				}},
				{name: "reactor: a global queue", run: func() ([]float64, error) {
					return ringOfSources(pairs, bytes, func(r *reactor.Reactor) *reactor.Queue { return r.Global(reactor.DefaultQoS) })
				}},
				{name: "Go: epoll in one goroutine", run: func() ([]float64, error) { return ringOfEpoll(pairs, bytes) }},
			}}
			for _, p := range []struct{ name, program, header, from, library string }{
				{"C: libuv", "ring_uv", "uv.h", "libuv1-dev", "-luv"},
				{"C: libev", "ring_ev", "ev.h", "libev-dev", "-lev"},
				{"C: libevent", "ring_event", "event2/event.h", "libevent-dev", "-levent"},
				{"C: sd-event", "ring_sd", "systemd/sd-event.h", "libsystemd-dev", "-lsystemd"},
				{"C: epoll", "ring_epoll", "sys/epoll.h", "", "-static"},
			} {
				w, err := b.ringOfProgram(p.program, p.header, p.from, p.library, pairs, bytes)
				if err != nil {
					return nil, err
				}
				w.name = p.name
				c.ways = append(c.ways, w)
			}
			return c.rows()
		},
	}
}
