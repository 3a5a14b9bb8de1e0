package main

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// How long a crowd of timers runs before it is measured, and while it is.
const (
	crowdSettles  = time.Second
	crowdMeasured = 3 * time.Second
)

// crowd is many timers: the i-th fires every base x (1 + (i x 7919) % spread) and
// may be a tenth of that late. When they fire first is spread evenly.
type crowd struct{ n, base, spread int }

func (c crowd) interval(i int) time.Duration {
	return time.Duration(c.base*(1+i*7919%c.spread)) * time.Millisecond
}

func (c crowd) first(i int) time.Duration {
	return c.interval(i) * time.Duration(1+i*104729%c.n) / time.Duration(c.n)
}

func crowdOf(name string, n, base, spread int, models string, processor float64) workload {
	c := crowd{n, base, spread}
	best := c.fewest()
	return workload{
		name: "timers: " + name,
		models: fmt.Sprintf("%d timers with intervals of %d to %d ms, spread evenly, each with a tenth of its interval as leeway: %s. "+
			"With all windows met the fewest wake-ups are %.1f a second (interval stabbing).", n, base, base*spread, models, best),
		reach: fmt.Sprintf("%.0f wake-ups, p99 within 1 ms of the leeway, %.2f of libev's processor time", 1.2*best, processor),
		run: func(b *bench) ([]row, error) {
			ways, err := b.timerWays([]way{{name: "reactor", run: c.run}}, 3, "many", fmt.Sprint(n), fmt.Sprint(base), fmt.Sprint(spread),
				fmt.Sprint(crowdSettles.Seconds()), fmt.Sprint(crowdMeasured.Seconds()))
			return contest{figures: []figure{{"processor, %", "C: libev", processor}, {"wake-ups a second", "", 1.2 * best}, {"p99 beyond the leeway, ms", "", 1}}, ways: ways}.rowsUnless(err)
		},
	}
}

// fewest is how often a second somebody has to wake up for them, so that each
// tick is within its window: always at the earliest end of those that are open.
func (c crowd) fewest() float64 {
	type window struct{ from, to time.Duration }
	const over = crowdSettles + crowdMeasured
	var all []window
	for i := range c.n {
		for at := c.first(i); at < over; at += c.interval(i) {
			all = append(all, window{at, at + c.interval(i)/10})
		}
	}
	slices.SortFunc(all, func(a, b window) int { return int(a.to - b.to) })
	wakes, last := 0, time.Duration(-1)
	for _, w := range all {
		if w.from > last {
			wakes, last = wakes+1, w.to
		}
	}
	return float64(wakes) / over.Seconds()
}

func (c crowd) run() ([]float64, error) {
	r := reactor.New()
	q := r.NewQueue("crowd")
	began := r.Now(reactor.Monotonic)
	late := make([]float64, 0, 1<<20)
	var measuring atomic.Bool
	all := make([]*sources.Timer, c.n)
	for i := range all {
		t := sources.NewTimer("timer", q, reactor.Monotonic)
		leeway := c.interval(i) / 10
		t.OnEvent(func(ticks sources.Ticks) {
			if measuring.Load() {
				late = append(late, float64((r.Now(reactor.Monotonic).Sub(ticks.Scheduled)-leeway).Microseconds())/1000)
			}
		})
		err := errors.Join(t.SetSchedule(sources.Schedule{Start: began.Add(c.first(i)), Interval: c.interval(i), Leeway: leeway}), t.Activate())
		if err != nil {
			return nil, err
		}
		all[i] = t
	}
	time.Sleep(time.Until(time.Now().Add(began.Add(crowdSettles).Sub(r.Now(reactor.Monotonic)))))
	returns, used := r.Returns(), processorTime()
	measuring.Store(true)
	time.Sleep(crowdMeasured)
	measuring.Store(false)
	returns, used = r.Returns()-returns, processorTime()-used
	for _, t := range all {
		t.Cancel()
	}
	q.Sync(func() {})
	if len(late) == 0 {
		return nil, errors.New("no timer fired")
	}
	slices.Sort(late)
	return []float64{100 * used.Seconds() / crowdMeasured.Seconds(), float64(returns) / crowdMeasured.Seconds(), quantile(late, 0.99)}, r.Close()
}

// processorTime is what this process has used.
func processorTime() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
