package daemon

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/sources/calendar"
)

// CF5: a grid goes on after the tick handled last, and keeps to its beginning
// when that is a time of the wall clock.
func TestCF5_Resumed(t *testing.T) {
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	hourly, once := &configs.Timer{Every: time.Hour}, &configs.Timer{}
	for name, tt := range map[string]struct {
		timer        *configs.Timer
		first, until time.Time
		want         time.Time // zero: never
	}{
		"relative":            {hourly, time.Time{}, day, day.Add(time.Hour)},
		"before its time":     {hourly, day, day.Add(-time.Minute), day},
		"at its time":         {hourly, day, day, day.Add(time.Hour)},
		"between two":         {hourly, day, day.Add(90 * time.Minute), day.Add(2 * time.Hour)},
		"a nanosecond before": {hourly, day, day.Add(2*time.Hour - 1), day.Add(2 * time.Hour)},
		"once, missed":        {once, day, day.Add(-time.Hour), day},
		"once, handled":       {once, day, day, time.Time{}},
	} {
		got, ok := resumed(tt.timer, tt.first, tt.until)
		if ok == tt.want.IsZero() || !got.Equal(tt.want) {
			t.Errorf("%s: %v %v, want %v", name, got, ok, tt.want)
		}
	}
}

func TestCF5_LastTick(t *testing.T) {
	at, err := calendar.Parse("Mon,Fri 12:00 UTC")
	if err != nil {
		t.Fatal(err)
	}
	monday := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	e := &handlers.Event{Ticks: 3, Scheduled: monday}
	if got, want := lastTick(&configs.Timer{At: at}, at, e), monday.AddDate(0, 0, 7); !got.Equal(want) {
		t.Errorf("calendar: %v, want %v", got, want)
	}
	if got, want := lastTick(&configs.Timer{Every: time.Hour}, nil, e), monday.Add(2*time.Hour); !got.Equal(want) {
		t.Errorf("grid: %v, want %v", got, want)
	}
}

// What is written is read, to the nanosecond; nothing is left beside it.
func TestStamp(t *testing.T) {
	s := stamp(filepath.Join(t.TempDir(), "timers", "a.stamp"))
	if _, ok, err := s.read(); ok || err != nil {
		t.Fatalf("a stamp that isn't there: %v, %v", ok, err)
	}
	want := time.Date(2026, 3, 2, 12, 0, 0, 123456789, time.UTC)
	for range 2 {
		want = want.Add(time.Second)
		if err := s.write(want); err != nil {
			t.Fatal(err)
		}
		if got, ok, err := s.read(); !ok || err != nil || !got.Equal(want) {
			t.Fatalf("%v %v %v, want %v", got, ok, err, want)
		}
	}
	if left, err := os.ReadDir(filepath.Dir(string(s))); err != nil || len(left) != 1 {
		t.Errorf("%v %v beside the stamp", left, err)
	}
	if err := os.WriteFile(string(s), []byte("soon"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.read(); ok || err == nil {
		t.Error("a damaged stamp was taken")
	}
}
