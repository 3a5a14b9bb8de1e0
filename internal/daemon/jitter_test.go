package daemon

import (
	"fmt"
	"testing"
	"time"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources/calendar"
)

// Jitter is below its bound, the same each time, and spreads machines and
// sources over the whole of it.
func TestJitter(t *testing.T) {
	const most, machines = time.Hour, 1000
	var tenths [10]int
	for i := range machines {
		host := fmt.Appendf(nil, "%032x", i)
		by := jitter(host, "nightly", most)
		if by < 0 || by >= most || by != jitter(host, "nightly", most) {
			t.Fatalf("jitter %v", by)
		}
		tenths[by*10/most]++
	}
	for i, n := range tenths {
		if n < machines/20 || n > machines/5 { // a tenth each, within five deviations
			t.Errorf("%d of %d machines in tenth %d", n, machines, i)
		}
	}
	if jitter([]byte("host"), "a", most) == jitter([]byte("host"), "b", most) {
		t.Error("two sources of a machine are alike")
	}
	if hostJitter("a", 0) != 0 || hostJitter("a", 1) != 0 {
		t.Error("jitter where there is no room for it")
	}
}

// A time of the calendar is late by the jitter, also the one whose own time has
// passed and whose delayed time hasn't.
func TestJitterOfCalendar(t *testing.T) {
	at, err := calendar.Parse("*-*-* 02:00:00 UTC")
	if err != nil {
		t.Fatal(err)
	}
	d := delayed{at, 10 * time.Minute}
	day := time.Date(2026, 11, 26, 2, 10, 0, 0, time.UTC)
	for _, tt := range []struct{ after, want time.Time }{
		{day.Add(-5 * time.Minute), day},
		{day, day.Add(24 * time.Hour)},
		{day.Add(time.Second), day.Add(24 * time.Hour)},
	} {
		if got, ok := d.Next(tt.after); !ok || !got.Equal(tt.want) {
			t.Errorf("after %v: %v, want %v", tt.after, got, tt.want)
		}
	}
}

// CF5: a grid is shifted as a whole.
func TestCF5_JitterOfIntervals(t *testing.T) {
	const jitter, now = 7 * time.Minute, reactor.Instant(1000 * time.Hour)
	wall := time.Date(2026, 11, 26, 2, 5, 0, 0, time.UTC)
	for _, tt := range []struct {
		name  string
		start configs.Start
		want  time.Duration // from now
	}{
		{"an interval", configs.Start{}, time.Hour + jitter},
		{"now", configs.Start{Now: true}, jitter},
		{"after", configs.Start{After: time.Minute}, time.Minute + jitter},
		{"at a time", configs.Start{At: wall.Add(time.Minute)}, time.Minute + jitter},
		{"whose own time has passed", configs.Start{At: wall.Add(-time.Minute)}, jitter - time.Minute},
		{"that has passed", configs.Start{At: wall.Add(-10 * time.Minute)}, time.Hour + jitter - 10*time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sc := schedule(&configs.Timer{Every: time.Hour, Start: tt.start}, jitter, now, wall, reactor.Boottime)
			if got := time.Duration(sc.Start - now); got != tt.want {
				t.Errorf("first after %v, want %v", got, tt.want)
			}
		})
	}
}
