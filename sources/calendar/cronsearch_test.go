package calendar_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reactord/reactord/internal/leak"
)

// Ensure that the next times are those of a search that looks at each minute.
func TestParseCron_EqualsSearch(t *testing.T) {
	leak.Check(t)
	rng := seeded(t)
	places := []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Europe/Dublin", "America/Havana", "Asia/Gaza", "Africa/Casablanca", "America/Sao_Paulo", "Antarctica/Troll", "Pacific/Apia"}
	found := 0
	for range longOrShort(2000, 30) {
		loc := place(t, places[rng.IntN(len(places))])
		text := generateCron(rng)
		e := parseCron(t, text)
		start := change(rng, loc).Add(-time.Duration(rng.IntN(48*60)) * time.Minute)
		end := start.Add(96 * time.Hour)
		want := search(t, text, loc, start, end)
		var got []time.Time
		for at, ok := e.Next(start); ok && at.Before(end); at, ok = e.Next(at) {
			got = append(got, at)
		}
		if !slices.EqualFunc(got, want, time.Time.Equal) {
			t.Fatalf("%s %q from %s (%d):\ngot  %s\nwant %s", loc, text, start.In(loc), start.Unix(), got, want)
		}
		found += len(got)
	}
	t.Logf("%d times compared", found)
}

// change is a moment at which the clock of the place is changed, or a new year if
// none is.
func change(rng *rand.Rand, loc *time.Location) time.Time {
	at := time.Date(1972+rng.IntN(60), time.Month(1+rng.IntN(12)), 1, 0, 0, 0, 0, loc)
	if _, end := at.ZoneBounds(); !end.IsZero() {
		return end.Truncate(time.Minute)
	}
	return at
}

func generateCron(rng *rand.Rand) string {
	field := func(star, low, high int) string {
		if rng.IntN(100) < star {
			return []string{"*", "*", "*/7", "*/2"}[rng.IntN(4)]
		}
		var items []string
		for range 1 + rng.IntN(3) {
			a := low + rng.IntN(high-low+1)
			b := a + rng.IntN(high-a+1)
			items = append(items, []string{fmt.Sprint(a), fmt.Sprintf("%d-%d", a, b), fmt.Sprintf("%d-%d/%d", a, b, 1+rng.IntN(9))}[rng.IntN(3)])
		}
		return strings.Join(items, ",")
	}
	return strings.Join([]string{field(30, 0, 59), field(40, 0, min(23, 3+rng.IntN(40))), field(70, 1, 31), field(90, 1, 12), field(70, 0, 7)}, " ")
}

// search looks at every minute, as cron does when it wakes. Fixed entries are due
// when the clock shows their time for the first time, or jumps over it by less
// than three hours; entries with a star whenever it shows it.
func search(t *testing.T, text string, loc *time.Location, after, end time.Time) (due []time.Time) {
	fields := strings.Fields(text)
	star := fields[0][0] == '*' || fields[1][0] == '*'
	shown := func(at time.Time) time.Time { // the reading, as if in UTC
		at = at.In(loc)
		return time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), 0, 0, time.UTC)
	}
	at := after.Truncate(time.Minute).Add(-6 * time.Hour)
	furthest, last := shown(at), shown(at)
	for at = at.Add(time.Minute); at.Before(end); at = at.Add(time.Minute) {
		now := shown(at)
		is := false
		switch gap := now.Sub(last) - time.Minute; {
		case star || gap >= 3*time.Hour:
			is = matches(t, fields, now) && (star || now.After(furthest))
		default:
			for r := furthest.Add(time.Minute); !r.After(now); r = r.Add(time.Minute) {
				is = is || matches(t, fields, r)
			}
		}
		last = now
		if now.After(furthest) {
			furthest = now
		}
		if is && at.After(after) {
			due = append(due, at)
		}
	}
	return due
}

// matches says whether the five fields fit a reading.
func matches(t *testing.T, fields []string, r time.Time) bool {
	in := func(field string, value, low, high int) bool {
		for _, item := range strings.Split(field, ",") {
			first, last, step := 0, 0, 1
			body, by, stepped := strings.Cut(item, "/")
			if stepped {
				scan(t, by, &step)
			}
			if a, b, isRange := strings.Cut(body, "-"); body == "*" {
				first, last = low, high
			} else if scan(t, a, &first); isRange {
				scan(t, b, &last)
			} else {
				last = first
			}
			for n := first; n <= last; n += step {
				if n == value {
					return true
				}
			}
		}
		return false
	}
	day := in(fields[2], r.Day(), 1, 31)
	weekday := in(fields[4], int(r.Weekday()), 0, 7) || r.Weekday() == time.Sunday && in(fields[4], 7, 0, 7)
	fits := day && weekday
	if fields[2][0] != '*' && fields[4][0] != '*' {
		fits = day || weekday
	}
	return fits && in(fields[0], r.Minute(), 0, 59) && in(fields[1], r.Hour(), 0, 23) && in(fields[3], int(r.Month()), 1, 12)
}

func scan(t *testing.T, text string, n *int) {
	t.Helper()
	if _, err := fmt.Sscan(text, n); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
}
