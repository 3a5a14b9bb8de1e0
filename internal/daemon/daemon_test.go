package daemon_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/internal/clock"
	"github.com/reactord/reactord/internal/daemon"
	"github.com/reactord/reactord/internal/kernel"
	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/reactor"
)

const patience = 20 * time.Second

// running is a daemon in this process, on a clock that is turned by hand.
type running struct {
	*daemon.Daemon
	t     *testing.T
	clock *clock.Fake
	log   *log
}

// log collects the messages of log handlers.
type log struct {
	mu    sync.Mutex
	lines []string
	came  chan struct{}
}

func (l *log) Write(p []byte) (int, error) {
	var line struct{ Source, Message string }
	_ = json.Unmarshal(bytes.TrimSpace(p), &line)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line.Source+": "+line.Message)
	close(l.came)
	l.came = make(chan struct{})
	return len(p), nil
}

func run(t *testing.T, config string) *running {
	t.Helper()
	leak.Check(t)
	c, err := configs.Parse(filepath.Join(t.TempDir(), "reactord.yaml"), []byte(config))
	if err != nil {
		t.Fatal(err)
	}
	turned := new(clock.Fake)
	r := reactor.New(reactor.WithClock(turned), reactor.WithKernel(kernel.WithClock(kernel.Real{}, turned)))
	l := &log{came: make(chan struct{})}
	d := &running{daemon.New(c, r, zerolog.New(l).Level(zerolog.InfoLevel)), t, turned, l}
	d.Start()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		d.Stop(ctx)
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// idle waits until no run of a source is out: a handler that has spoken has not
// returned yet, and its run is counted when it has.
func (d *running) idle(source string) {
	d.t.Helper()
	for deadline := time.Now().Add(patience); d.source(source).Running > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			d.t.Fatalf("a run of %s doesn't end", source)
		}
	}
}

// says waits until there are n lines of that text.
func (d *running) says(n int, text string) {
	d.t.Helper()
	timeout := time.After(patience)
	for {
		d.log.mu.Lock()
		found := 0
		for _, l := range d.log.lines {
			if l == text {
				found++
			}
		}
		came, all := d.log.came, strings.Join(d.log.lines, "\n")
		d.log.mu.Unlock()
		if found == n {
			return
		}
		select {
		case <-came:
		case <-timeout:
			d.t.Fatalf("%d times %q, want %d; the log:\n%s", found, text, n, all)
		}
	}
}

func (d *running) emit(name, data string) {
	d.t.Helper()
	if err := d.Emit(name, data); err != nil {
		d.t.Fatal(err)
	}
}

func (d *running) source(name string) daemon.SourceStatus {
	for _, s := range d.Status().Sources {
		if s.Name == name {
			return s
		}
	}
	d.t.Fatalf("no source %s", name)
	panic("unreachable")
}

func TestDV4_SettleAndMax(t *testing.T) {
	d := run(t, `
sources:
  a: { custom: add, coalesce: { settle: 200ms, max: 1s }, handler: { log: "${data}" } }
`)
	for range 9 { // never quiet for 200 ms
		d.emit("a", "1")
		d.clock.Advance(int64(100 * time.Millisecond))
	}
	if s := d.source("a"); s.Runs != 0 {
		t.Fatal("ran before it was quiet")
	}
	d.clock.Advance(int64(100 * time.Millisecond)) // 1 s after the first
	d.says(1, "a: 9")
	d.emit("a", "5")
	d.clock.Advance(int64(200 * time.Millisecond))
	d.says(1, "a: 5")
}

func TestDV4_EveryKeepsTheTrailingRun(t *testing.T) {
	d := run(t, `
sources:
  a: { custom: add, coalesce: { every: 10s }, handler: { log: "${data}" } }
`)
	d.emit("a", "1")
	d.clock.Advance(1) // a window without delay opens by the clock too
	d.says(1, "a: 1")
	d.emit("a", "2")
	d.emit("a", "3")
	d.clock.Advance(int64(9 * time.Second))
	d.idle("a")
	if s := d.source("a"); s.Runs != 1 {
		t.Fatalf("%d runs within the interval", s.Runs)
	}
	d.clock.Advance(int64(time.Second))
	d.says(1, "a: 5")
}

func TestDV4_Limit(t *testing.T) {
	d := run(t, `
sources:
  a: { custom: replace, coalesce: { limit: 2/1s }, handler: { log: "${data}" } }
`)
	for i := 1; i <= 3; i++ {
		d.emit("a", fmt.Sprint(i))
		d.clock.Advance(1)
		if i <= 2 {
			d.says(1, fmt.Sprintf("a: %d", i))
		}
	}
	d.clock.Advance(int64(500 * time.Millisecond))
	d.says(1, "a: 3")
}

func TestDV6_When(t *testing.T) {
	d := run(t, `
sources:
  a: { custom: replace, when: "data > 10", handler: { log: "${data}" } }
`)
	d.emit("a", "5")
	for deadline := time.Now().Add(patience); d.source("a").Skipped == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not skipped")
		}
	}
	d.emit("a", "11")
	d.says(1, "a: 11")
	d.idle("a")
	if s := d.source("a"); s.Runs != 1 || s.Skipped != 1 || s.Pending != 0 {
		t.Fatalf("%+v", s)
	}
}

func TestDV11_SuspendedCollects(t *testing.T) {
	d := run(t, `
sources:
  a: { custom: add, suspended: true, handler: { log: "${data}" } }
  b: { custom: add, handler: { log: "${data}" } }
`)
	d.emit("a", "1")
	d.emit("b", "1")
	d.says(1, "b: 1")
	if s := d.source("a"); s.State != "suspended" || s.Pending != 1 || s.Runs != 0 {
		t.Fatalf("%+v", s)
	}
}

func TestDV1_EmitIsAnsweredWhenFull(t *testing.T) {
	d := run(t, `
settings: { max_pending: 3 }
sources:
  a: { custom: list, suspended: true, handler: { log: "${count}" } }
`)
	var err error
	n := 0
	for ; err == nil; n++ {
		err = d.Emit("a", "x")
	}
	if !errors.Is(err, coalesce.ErrFull) || n != 4 {
		t.Fatalf("emit %d: %v", n, err)
	}
	if s := d.source("a"); !strings.Contains(s.Reason, "pending is full") {
		t.Errorf("status: %+v", s)
	}
}

func TestCF5_TimerFirstFiresAfterOneInterval(t *testing.T) {
	d := run(t, `
sources:
  a: { timer: { every: 1h }, handler: { log: "${ticks}" } }
  b: { timer: { every: 1h, start: now }, handler: { log: "${ticks}" } }
`)
	d.says(1, "b: 1")
	d.clock.Advance(int64(59 * time.Minute))
	if s := d.source("a"); s.Runs != 0 {
		t.Fatal("fired early")
	}
	d.clock.Advance(int64(time.Minute))
	d.says(1, "a: 1")
	d.clock.Sleep(int64(3 * time.Hour)) // boottime counts it; merged into one run
	d.says(1, "a: 3")
}

// DV13, T14: the wall clock's being set is told, with how much.
func TestDV13_ClockSet(t *testing.T) {
	d := run(t, `
sources:
  clock: { internal: [clock_set], handler: { log: "${what} ${about}" } }
  daily: { timer: { at: "*-*-* 12:00 UTC" }, handler: { log: "noon" } }
`)
	d.clock.Step(int64(time.Hour))
	d.says(1, "clock: clock_set 1h0m0s")
	d.clock.Step(-int64(2 * time.Second))
	d.says(1, "clock: clock_set -2s")
	d.clock.Step(int64(24 * time.Hour))
	d.says(1, "daily: noon")
}
