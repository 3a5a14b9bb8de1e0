package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reactord/reactord/handlers"
)

// CF5: ticks missed while the daemon was down come as one run with their number,
// of a grid, of the calendar, and of a time that passed; a source that doesn't
// ask for it gets none. What was handled before is not told again.
func TestCF5_CatchUp(t *testing.T) {
	d := prepare(t, `
settings: { state: $DIR/state }
sources:
  grid:     { timer: { every: 1h, catch_up: true }, handler: { exec: [sh, -c, "cat >> $DIR/grid"] } }
  calendar: { timer: { at: "*-*-* *:00:00 UTC", catch_up: true }, handler: { exec: [sh, -c, "cat >> $DIR/calendar"] } }
  cron:     { timer: { at: "0 * * * *" }, handler: { log: "not asked for" } }
  fresh:    { timer: { every: 1h, catch_up: true }, handler: { log: "a first start has missed nothing" } }
  second:   { timer: { every: 100ms, catch_up: true }, handler: { log: "second ${ticks}" } }
`)
	was := time.Now().Add(-5*time.Hour - time.Minute)
	must(t, os.MkdirAll(d.path("state", "timers"), 0o700))
	for _, name := range []string{"grid", "calendar"} {
		d.write(filepath.Join("state", "timers", name+".stamp"), was.Format(time.RFC3339Nano)+"\n")
	}
	d.run()
	for name, least := range map[string]uint64{"grid": 5, "calendar": 5} {
		all := d.records(name, func(e []handlers.Event) bool { return len(e) > 0 })
		if e := all[0]; e.Ticks < least || e.Ticks > least+1 || time.Since(e.Scheduled) < 3*time.Hour {
			t.Errorf("%s: %d ticks from %v, want %d", name, e.Ticks, e.Scheduled, least)
		}
	}
	d.says("second", "second 1")
	d.stop()
	for _, name := range []string{"grid", "calendar", "fresh", "second"} {
		text, err := os.ReadFile(d.path("state", "timers", name+".stamp"))
		must(t, err)
		at, err := time.Parse(time.RFC3339Nano, string(text[:len(text)-1]))
		must(t, err)
		if age := time.Since(at); age > time.Hour+2*time.Second || age < 0 {
			t.Errorf("%s is stamped %v, %v ago", name, at, age)
		}
	}
	if d.count(func(l line) bool { return l.text("source") == "fresh" || l.text("source") == "cron" }) > 0 {
		t.Error("ticks that were not missed")
	}

	again := &instance{t: t, dir: d.dir, config: d.config, socket: d.socket}
	again.run() // nothing was missed now
	again.await("ready", func(l line) bool { return strings.HasPrefix(l.text("message"), "ready") })
	again.stop()
	for _, name := range []string{"grid", "calendar"} {
		if all := d.records(name, func(e []handlers.Event) bool { return true }); len(all) != 1 {
			t.Errorf("%s: %d events after a restart, want 1", name, len(all))
		}
	}
}

// A stamp that is damaged, or can't be written, is told and doesn't keep the
// timer from working.
func TestCF5_StampDamaged(t *testing.T) {
	d := prepare(t, `
settings: { state: $DIR/state }
sources:
  damaged:  { timer: { every: 50ms, catch_up: true }, handler: { log: "tick" } }
`)
	must(t, os.MkdirAll(d.path("state", "timers", "damaged.stamp"), 0o700)) // a directory: neither read nor replaced
	d.run()
	d.await("the fault", func(l line) bool {
		return l.text("source") == "damaged" && l.text("message") == "source failed"
	})
	d.says("damaged", "tick")
}
