package calendar_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/reactord/reactord/sources/calendar"
)

// longest is what parsing or ten steps may take, on a busy machine.
const longest = 2 * time.Second

// bases are where a fuzzed expression is asked: around changes and far off.
var bases = []int64{-1, 0, 504901800 - 60, 1325239200 - 3600, 1711846800 - 1800, 1729990800 - 1800, 1729990800 + 600, 2240524800 + 3600, 7258118400 - 1e6}

func FuzzParse(f *testing.F) {
	for _, c := range normalForms {
		f.Add(c.text, int64(1711843100))
	}
	f.Fuzz(func(t *testing.T, text string, base int64) {
		start := time.Now()
		e, err := calendar.Parse(text)
		if err != nil {
			return
		}
		again, err := calendar.Parse(e.String())
		if err != nil || again.String() != e.String() {
			t.Fatalf("%q is %q, which is %q (%v)", text, e, again, err)
		}
		checkNext(t, e, again, base, func(r time.Time) bool { return fits(t, e.String(), r) })
		if took := time.Since(start); took > longest {
			t.Fatalf("%q took %s", text, took)
		}
	})
}

func FuzzParseCron(f *testing.F) {
	for _, text := range []string{"* * * * *", "*/15 0-5,7 1,15 jan-Mar MON-fri", "@weekly", "0 0 13 * 5", "30 2 * * *", "CRON_TZ=Europe/Berlin 0 5 * * *", "0-59/7 * 29 2 */2", "7,*/20 */3,1 */9 * *"} {
		f.Add(text, int64(1711843100))
	}
	f.Fuzz(func(t *testing.T, text string, base int64) {
		start := time.Now()
		e, err := calendar.ParseCron(text)
		if err != nil {
			return
		}
		again, err := calendar.ParseCron(e.String())
		if err != nil || again.String() != e.String() {
			t.Fatalf("%q is %q, which is %q (%v)", text, e, again, err)
		}
		fields := strings.Fields(e.String())
		fields = fields[len(fields)-5:]
		star := fields[0][0] == '*' || fields[1][0] == '*'
		checkNext(t, e, again, base, func(r time.Time) bool {
			return r.Second() == 0 && r.Nanosecond() == 0 && matches(t, fields, r) ||
				!star && !r.Equal(unjumped(r)) // made up for
		})
		if took := time.Since(start); took > longest {
			t.Fatalf("%q took %s", text, took)
		}
	})
}

// unjumped returns the time, or another if the clock jumped to it just then.
func unjumped(at time.Time) time.Time {
	if start, _ := at.ZoneBounds(); at.Equal(start) {
		return at.Add(-1)
	}
	return at
}

// checkNext goes a few steps from several bases: each is later, fits, and nothing
// between it and the one before fits and would have been the first.
func checkNext(t *testing.T, e, again *calendar.Expression, base int64, fit func(time.Time) bool) {
	t.Helper()
	rng := rand.New(rand.NewPCG(uint64(base), 1))
	for i, base := range append(bases, base%8e9) {
		loc := place(t, zones[i%len(zones)])
		after := time.Unix(base, rng.Int64N(1e9)).In(loc)
		for range 5 {
			at, ok := e.Next(after)
			if other, same := again.Next(after); same != ok || !other.Equal(at) {
				t.Fatalf("%q after %s: %s, parsed again %s", e, after, at, other)
			}
			end := at
			if !ok {
				end = after.AddDate(3, 0, 0)
			} else if !at.After(after) || !fit(at) {
				t.Fatalf("%q after %s: %s", e, after, at)
			}
			for _, between := range samples(rng, after, end) {
				if r := between.In(placeOf(at, after, ok)); fit(r) && isFirst(r) && r.Unix() >= 0 && r.Year() < 2200 && unjumped(r).Equal(r) {
					t.Fatalf("%q after %s is not %s: %s fits", e, after, at, r)
				}
			}
			if !ok {
				break
			}
			after = at
		}
	}
}

func placeOf(at, after time.Time, ok bool) *time.Location {
	if ok {
		return at.Location()
	}
	return after.Location()
}

// samples are whole seconds and minutes and hours strictly between the two.
func samples(rng *rand.Rand, after, end time.Time) (times []time.Time) {
	width := int64(end.Sub(after))
	for _, grid := range []time.Duration{time.Microsecond, time.Second, time.Minute, time.Hour, 24 * time.Hour} {
		for range 4 {
			if at := after.Add(time.Duration(rng.Int64N(max(1, width)))).Truncate(grid); at.After(after) && at.Before(end) {
				times = append(times, at)
			}
		}
	}
	return times
}

// isFirst reports whether the clock did not show that before.
func isFirst(at time.Time) bool {
	start, _ := at.ZoneBounds()
	if start.IsZero() {
		return true
	}
	_, now := at.Zone()
	_, before := start.Add(-1).In(at.Location()).Zone()
	return at.Sub(start) >= time.Duration(before-now)*time.Second
}
