package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources"
)

// lateness is how late the handler of a timer of 1 ms runs that is set anew by it.
func lateness() ([]float64, error) {
	r := reactor.New()
	timer := sources.NewTimer("exact", r.NewQueue("exact"), reactor.Monotonic)
	late := make([]float64, 0, oneTimer)
	done := make(chan struct{})
	due := r.Now(reactor.Monotonic).Add(time.Millisecond)
	set := func() error {
		return timer.SetSchedule(sources.Schedule{Start: due, Interval: sources.Once})
	}
	var failed error
	timer.OnEvent(func(sources.Ticks) {
		now := r.Now(reactor.Monotonic)
		late = append(late, microseconds(now.Sub(due)))
		if len(late) == oneTimer {
			close(done)
			return
		}
		due = r.Now(reactor.Monotonic).Add(time.Millisecond)
		failed = errors.Join(failed, set())
	})
	err := errors.Join(set(), timer.Activate())
	if err == nil {
		err = await(done)
	}
	timer.CancelAndWait()
	if err = errors.Join(err, failed, r.Close()); err != nil {
		return nil, err
	}
	slices.Sort(late)
	return []float64{quantile(late, 0.5), quantile(late, 0.99)}, nil
}

// hourly are the times a million timers are set to, and then anew: an hour ahead
// and spread.
func hourly(hour reactor.Instant, i, stride int) reactor.Instant {
	return hour.Add(time.Duration(i*stride%manySet) * time.Microsecond)
}

func each(began time.Time) []float64 {
	return []float64{float64(time.Since(began).Nanoseconds()) / manySet}
}

// setAlarms makes and sets a million alarms.
func setAlarms(r *reactor.Reactor) ([]*reactor.Alarm, reactor.Instant, error) {
	hour := r.Now(reactor.Monotonic).Add(time.Hour)
	all := make([]*reactor.Alarm, manySet)
	for i := range all {
		all[i] = r.NewAlarm(reactor.Monotonic, func(reactor.Instant) {})
		at := hourly(hour, i, 7919)
		if err := all[i].Set(at, at); err != nil {
			return nil, 0, err
		}
	}
	return all, hour, nil
}

func setAndStop() ([]float64, error) {
	r := reactor.New()
	began := time.Now()
	all, _, err := setAlarms(r)
	if err != nil {
		return nil, err
	}
	for i, a := range all {
		if !a.Stop() {
			return nil, fmt.Errorf("alarm %d wasn't set", i)
		}
	}
	return each(began), r.Close()
}

func setAgain() ([]float64, error) {
	r := reactor.New()
	all, hour, err := setAlarms(r)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	for i := range all {
		at := hourly(hour, i, 104729)
		if err := all[i*7919%manySet].Set(at, at); err != nil {
			return nil, err
		}
	}
	return each(began), r.Close()
}

// alarmMemory is what a million alarms add to the resident memory.
func alarmMemory() ([]float64, error) {
	r := reactor.New()
	debug.FreeOSMemory()
	before, err := resident()
	if err != nil {
		return nil, err
	}
	all, _, err := setAlarms(r)
	if err != nil {
		return nil, err
	}
	debug.FreeOSMemory()
	after, err := resident()
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		a.Stop()
	}
	return []float64{float64(after-before) / manySet}, r.Close()
}

func resident() (int, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	var size, pages int
	_, err = fmt.Sscan(string(text), &size, &pages)
	return pages * unix.Getpagesize(), err
}

// setTimers makes, sets and activates a million timers.
func setTimers(r *reactor.Reactor) ([]*sources.Timer, reactor.Instant, error) {
	q := r.NewQueue("timers")
	hour := r.Now(reactor.Monotonic).Add(time.Hour)
	all := make([]*sources.Timer, manySet)
	for i := range all {
		t := sources.NewTimer("timer", q, reactor.Monotonic)
		t.OnEvent(func(sources.Ticks) {})
		if err := errors.Join(t.SetSchedule(sources.Schedule{Start: hourly(hour, i, 7919), Interval: sources.Once}), t.Activate()); err != nil {
			return nil, 0, err
		}
		all[i] = t
	}
	return all, hour, nil
}

func activateAndCancel() ([]float64, error) {
	r := reactor.New()
	began := time.Now()
	all, _, err := setTimers(r)
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		t.Cancel()
	}
	figures := each(began)
	return figures, r.Close()
}

func scheduleAgain() ([]float64, error) {
	r := reactor.New()
	all, hour, err := setTimers(r)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	for i := range all {
		t := all[i*7919%manySet]
		if err := t.SetSchedule(sources.Schedule{Start: hourly(hour, i, 104729), Interval: sources.Once}); err != nil {
			return nil, err
		}
	}
	figures := each(began)
	for _, t := range all {
		t.Cancel()
	}
	return figures, r.Close()
}
