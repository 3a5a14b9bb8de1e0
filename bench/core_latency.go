package main

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

var mergeToHandler = workload{
	name:   "core: merge to handler",
	models: "A number is merged into a source; from then until its handler has it. Warm: the next one as soon as the handler has run. Cold: after 2 ms of nothing.",
	reach:  "at most 1.3 times an atomic addition that wakes a goroutine",
	run: func(b *bench) ([]row, error) {
		libuv, err := b.latencyOf("async_uv", "/usr/include/uv.h", "libuv1-dev", "-luv")
		if err != nil {
			return nil, err
		}
		return contest{
			figures: []figure{
				{name: "warm p50 µs", of: "atomic and wake", reach: 1.3},
				{name: "cold p50 µs", of: "atomic and wake", reach: 1.3},
			},
			ways: []way{
				{name: "reactor", run: func() ([]float64, error) { return latencies(openData) }},
				{name: "atomic and wake", run: func() ([]float64, error) { return latencies(openAdder) }},
				{name: "C: uv_async_send", lacks: libuv.lacks, run: libuv.run},
			},
		}.rows()
	},
}

var eventfdToHandler = workload{
	name:   "core: eventfd written to handler",
	models: "A number is written to an eventfd; from before the write until the handler has read it. Warm and cold as for merge to handler.",
	reach:  "at most 1.2 times a goroutine that reads it through the runtime's poller",
	run: func(b *bench) ([]row, error) {
		libuv, err := b.latencyOf("poll_uv", "/usr/include/uv.h", "libuv1-dev", "-luv")
		if err != nil {
			return nil, err
		}
		sdEvent, err := b.latencyOf("io_sd", "/usr/include/systemd/sd-event.h", "libsystemd-dev", "-lsystemd")
		if err != nil {
			return nil, err
		}
		return contest{
			figures: []figure{
				{name: "warm p50 µs", of: "goroutine that reads", reach: 1.2},
				{name: "cold p50 µs", of: "goroutine that reads", reach: 1.2},
			},
			ways: []way{
				{name: "reactor", run: func() ([]float64, error) { return latencies(openReadSource) }},
				{name: "goroutine that reads", run: func() ([]float64, error) { return latencies(openReader) }},
				{name: "C: uv_poll", lacks: libuv.lacks, run: libuv.run},
				{name: "C: sd_event_add_io", lacks: sdEvent.lacks, run: sdEvent.run},
			},
		}.rows()
	},
}

const (
	warmRounds = 20_000
	coldRounds = 100
	coldPause  = 2 * time.Millisecond
)

// latencies sends numbers one at a time. The handler must get each by itself.
func latencies(open opener) ([]float64, error) {
	type arrival struct {
		v  uint64
		at time.Time
	}
	arrivals := make(chan arrival, 1)
	send, stop, err := open(func(v uint64) { arrivals <- arrival{v, time.Now()} })
	if err != nil {
		return nil, err
	}
	v := uint64(0)
	p50 := func(rounds int, pause time.Duration) (float64, error) {
		late := make([]float64, rounds)
		for i := range late {
			if pause > 0 {
				time.Sleep(pause)
			}
			v++
			sent := time.Now()
			send(v)
			got := <-arrivals
			if got.v != v {
				return 0, fmt.Errorf("the handler got %d, sent was %d", got.v, v)
			}
			late[i] = microseconds(got.at.Sub(sent))
		}
		slices.Sort(late)
		return quantile(late, 0.5), nil
	}
	warm, errWarm := p50(warmRounds, 0)
	cold, errCold := p50(coldRounds, coldPause)
	return []float64{warm, cold}, errors.Join(errWarm, errCold, stop())
}

// latencyOf is the way of a C program that does as latencies does and prints
// its two figures.
func (b *bench) latencyOf(name, header, from, library string) (way, error) {
	if unix.Access(header, unix.R_OK) != nil {
		return way{lacks: from}, nil
	}
	program, err := b.compile(name, library, "-pthread")
	if err != nil {
		return way{}, err
	}
	return way{run: func() ([]float64, error) {
		out, err := exec.Command(program, fmt.Sprint(warmRounds), fmt.Sprint(coldRounds), fmt.Sprint(coldPause.Microseconds())).Output()
		if err != nil {
			return nil, err
		}
		var warm, cold float64
		if _, err := fmt.Sscan(string(out), &warm, &cold); err != nil {
			return nil, fmt.Errorf("it printed %q: %w", out, err)
		}
		return []float64{warm, cold}, nil
	}}, nil
}
