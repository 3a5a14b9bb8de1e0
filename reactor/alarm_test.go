package reactor_test

import (
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"github.com/reactord/reactord/internal/clock"
	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/reactor"
)

// turned returns a reactor whose clock is turned by hand.
func turned(t testing.TB) (*reactor.Reactor, *clock.Fake) {
	t.Helper()
	c := new(clock.Fake)
	return start(t, reactor.WithClock(c), reactor.WithKernel(kernel.WithClock(kernel.Real{}, c))), c
}

func TestT10_DueTogetherFireInTargetOrder(t *testing.T) {
	r, c := turned(t)
	now := r.Now(reactor.Monotonic)
	fired := make(chan int, 8)
	for _, ms := range []int{30, 10, 20} {
		a := r.NewAlarm(reactor.Monotonic, func(reactor.Instant) { fired <- ms })
		target := now.Add(time.Duration(ms) * time.Millisecond)
		if err := a.Set(target, target.Add(100*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
	}
	c.Advance(int64(50 * time.Millisecond)) // every window is open, none is due
	c.Advance(int64(60 * time.Millisecond)) // the first deadline: 110 ms
	for _, want := range []int{10, 20, 30} {
		if got := receive(t, fired, "alarm"); got != want {
			t.Fatalf("alarm of %d ms fired, want %d", got, want)
		}
	}
	if n := r.Returns(); n > 3 {
		t.Fatalf("the loop returned %d times for three alarms in one window", n)
	}
}

// Ensure on the real clock that an alarm is never early.
func TestT10_NeverEarly(t *testing.T) {
	r := start(t)
	var wg sync.WaitGroup
	for _, c := range []reactor.Clock{reactor.Monotonic, reactor.Boottime, reactor.Wall} {
		for i := range 50 {
			wg.Add(1)
			target := r.Now(c).Add(time.Duration(i) * 100 * time.Microsecond)
			a := r.NewAlarm(c, func(now reactor.Instant) {
				defer wg.Done()
				if now < target {
					t.Errorf("%v: %d ns early", c, target-now)
				}
			})
			if err := a.Set(target, target); err != nil {
				t.Fatal(err)
			}
		}
	}
	wg.Wait()
}

func TestT14_WallClockStep(t *testing.T) {
	r, c := turned(t)
	fired := make(chan struct{}, 1)
	a := r.NewAlarm(reactor.Wall, func(reactor.Instant) { fired <- struct{}{} })
	target := r.Now(reactor.Wall).Add(time.Hour)
	if err := a.Set(target, target); err != nil {
		t.Fatal(err)
	}
	c.Step(int64(2 * time.Hour))
	receive(t, fired, "alarm after the clock was set past its target")
}

// Ensure against a sorted list that any mix of set, move and stop fires the
// right alarms in the right order.
func TestAlarmModel(t *testing.T) {
	r, c := turned(t)
	rapid.Check(t, func(t *rapid.T) {
		const n = 12
		var mu sync.Mutex
		fired := map[int]bool{}
		var alarms [n]*reactor.Alarm
		targets := map[int]reactor.Instant{}
		for i := range n {
			alarms[i] = r.NewAlarm(reactor.Monotonic, func(now reactor.Instant) {
				mu.Lock()
				defer mu.Unlock()
				if now < targets[i] {
					t.Errorf("alarm %d early", i)
				}
				fired[i] = true
			})
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			i := rapid.IntRange(0, n-1).Draw(t, "alarm")
			switch rapid.SampledFrom([]string{"set", "set", "stop", "forever"}).Draw(t, "op") {
			case "set":
				at := r.Now(reactor.Monotonic).Add(time.Duration(rapid.IntRange(1, 1000).Draw(t, "ms")) * time.Millisecond)
				mu.Lock()
				targets[i] = at
				mu.Unlock()
				_ = alarms[i].Set(at, at.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "leeway"))*time.Millisecond))
			case "stop":
				if _, set := targets[i]; alarms[i].Stop() != set {
					t.Fatal("Stop disagrees")
				}
				delete(targets, i)
			case "forever":
				_ = alarms[i].Set(reactor.Forever, reactor.Forever)
				delete(targets, i)
			}
		}
		sentinel := make(chan struct{})
		s := r.NewAlarm(reactor.Monotonic, func(reactor.Instant) { close(sentinel) })
		at := r.Now(reactor.Monotonic).Add(3 * time.Second)
		_ = s.Set(at, at)
		c.Advance(int64(3 * time.Second))
		<-sentinel
		mu.Lock()
		defer mu.Unlock()
		for i := range n {
			if _, want := targets[i]; fired[i] != want {
				t.Fatalf("alarm %d: fired %v, want %v", i, fired[i], want)
			}
		}
	})
}

func TestAlarmTellsWhatFails(t *testing.T) {
	f := kernel.NewFaulty(kernel.Real{})
	r := start(t, reactor.WithKernel(f))
	f.Fail(kernel.TimerfdCreate, unix.EMFILE)
	a := r.NewAlarm(reactor.Monotonic, func(reactor.Instant) {})
	if err := a.Set(1, 1); err == nil {
		t.Fatal("no error without a timerfd")
	}
	fired := make(chan struct{})
	a = r.NewAlarm(reactor.Monotonic, func(reactor.Instant) { close(fired) })
	if err := a.Set(1, 1); err != nil {
		t.Fatalf("when the cause is gone: %v", err)
	}
	receive(t, fired, "alarm")
}

// Ensure that the first alarm of a clock can be set on the loop.
func TestAlarmSetOnTheLoop(t *testing.T) {
	r := start(t)
	rd, wr := pipe(t)
	fired := make(chan struct{})
	a := r.NewAlarm(reactor.Wall, func(reactor.Instant) { close(fired) })
	w, err := r.Watch(rd, reactor.In, reactor.Edge, func(reactor.Readiness) {
		if err := a.Set(1, 1); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = unix.Write(wr, []byte("x"))
	receive(t, fired, "alarm")
	w.Close()
	_ = unix.Close(rd)
	_ = unix.Close(wr)
}
