package calendar_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/reactord/reactord/internal/leak"
)

// Ensure what is due next, also at both ends of daylight saving and at both ends
// of time.
func TestNext(t *testing.T) {
	leak.Check(t)
	for _, c := range []struct {
		name, zone, text, after string
		want                    []string
	}{
		{"strictly after", "UTC", "daily", "2024-01-01T00:00:00Z", []string{"2024-01-02 00:00:00 UTC"}},
		{"by a nanosecond", "UTC", "daily", "2023-12-31T23:59:59.999999999Z", []string{"2024-01-01 00:00:00 UTC"}},
		{"fractions", "UTC", "*:*:0/0.7", "2024-01-01T00:00:58.2Z",
			[]string{"2024-01-01 00:00:58.8 UTC", "2024-01-01 00:00:59.5 UTC", "2024-01-01 00:01:00 UTC", "2024-01-01 00:01:00.7 UTC"}},
		{"a microsecond", "UTC", "*:*:59.999999", "2024-01-01T00:00:00Z", []string{"2024-01-01 00:00:59.999999 UTC"}},
		{"every microsecond", "UTC", "*:*:0/0.000001", "2024-01-01T00:00:07.000001999Z", []string{"2024-01-01 00:00:07.000002 UTC"}},
		{"last day of the month", "UTC", "*-*~1", "2024-01-31T12:00:00Z", []string{"2024-02-29 00:00:00 UTC", "2024-03-31 00:00:00 UTC"}},
		{"days from the end", "UTC", "*-02~1..5/2", "2024-02-01T00:00:00Z",
			[]string{"2024-02-25 00:00:00 UTC", "2024-02-27 00:00:00 UTC", "2024-02-29 00:00:00 UTC", "2025-02-24 00:00:00 UTC"}},
		{"days from the end, not the last", "UTC", "*-02~2..4", "2024-02-27T00:00:00Z",
			[]string{"2024-02-28 00:00:00 UTC", "2025-02-25 00:00:00 UTC"}},
		{"leap years", "UTC", "*-02-29", "1997-01-01T00:00:00Z", []string{"2000-02-29 00:00:00 UTC", "2004-02-29 00:00:00 UTC"}},
		{"no leap year", "UTC", "*-02-29", "2097-01-01T00:00:00Z", []string{"2104-02-29 00:00:00 UTC"}},
		{"the last Monday", "UTC", "Mon *-05~07/1", "2024-01-01T00:00:00Z", []string{"2024-05-27 00:00:00 UTC", "2025-05-26 00:00:00 UTC"}},
		{"a weekday that is rare", "UTC", "Mon *-02-29", "2044-03-01T00:00:00Z", []string{"2072-02-29 00:00:00 UTC", "2112-02-29 00:00:00 UTC"}},
		{"a step across the end of a month", "UTC", "0/5:00", "2024-01-31T19:00:00Z", []string{"2024-01-31 20:00:00 UTC", "2024-02-01 00:00:00 UTC"}},
		{"a step across the end of a year", "UTC", "*-*-1/4", "2024-12-28T19:00:00Z", []string{"2024-12-29 00:00:00 UTC", "2025-01-01 00:00:00 UTC"}},
		{"a range of weekdays that wraps", "UTC", "Sat..Mon", "2024-01-01T00:00:00Z", []string{"2024-01-06 00:00:00 UTC", "2024-01-07 00:00:00 UTC", "2024-01-08 00:00:00 UTC"}},
		{"no such day", "UTC", "*-02-30", "2024-01-01T00:00:00Z", []string{"never"}},
		{"a year that is over", "UTC", "2023-*-*", "2024-01-01T00:00:00Z", []string{"never"}},
		{"never, for it is always jumped over", "Europe/Berlin", "Sun *-03-25..31 02:30", "2000-01-01T00:00:00Z", []string{"never"}},
		{"from year 1", "UTC", "yearly", "0001-01-01T00:00:00Z", []string{"1970-01-01 00:00:00 UTC", "1971-01-01 00:00:00 UTC"}},
		{"from year 9999", "UTC", "yearly", "9999-01-01T00:00:00Z", []string{"never"}},
		{"the last", "UTC", "yearly", "2198-01-01T00:00:00Z", []string{"2199-01-01 00:00:00 UTC", "never"}},
		{"a timestamp", "Europe/Berlin", "@1711849000", "2000-01-01T00:00:00Z", []string{"2024-03-31 01:36:40 UTC", "never"}},
		{"jumped over, skipped", "Europe/Berlin", "02:30", "2024-03-30T12:00:00Z", []string{"2024-04-01 02:30:00 CEST"}},
		{"jumped over by half an hour", "Australia/Lord_Howe", "2:10,40", "2024-10-05T15:00:00Z", []string{"2024-10-06 02:40:00 +11", "2024-10-07 02:10:00 +11"}},
		{"a day jumped over", "Pacific/Apia", "2:30", "2011-12-29T00:00:00Z", []string{"2011-12-29 02:30:00 -10", "2011-12-31 02:30:00 +14"}},
		{"jumped over, standard time in summer", "Europe/Dublin", "*:0/30", "2024-03-31T00:10:00Z", []string{"2024-03-31 00:30:00 GMT", "2024-03-31 02:00:00 IST"}},
		{"shown twice, the first", "Europe/Berlin", "02:30", "2024-10-26T12:00:00Z", []string{"2024-10-27 02:30:00 CEST", "2024-10-28 02:30:00 CET"}},
		{"shown twice, asked within the repeat", "Europe/Berlin", "02:30", "2024-10-27T01:10:00Z", []string{"2024-10-27 02:30:00 CET"}},
		{"hourly, shown twice", "Europe/Berlin", "hourly", "2024-10-26T23:30:00Z", []string{"2024-10-27 02:00:00 CEST", "2024-10-27 03:00:00 CET"}},
		{"shown twice on the first of a month", "America/Havana", "*-11-01 00:30", "2020-01-01T00:00:00Z", []string{"2020-11-01 00:30:00 CDT"}},
		{"a zone of its own", "UTC", "12:00 Asia/Kathmandu", "2024-01-01T00:00:00Z", []string{"2024-01-01 12:00:00 +0545"}},
		{"the last day of a leap year in a zone with rules for ever", "Europe/Berlin", "yearly", "2080-12-31T12:00:00Z", []string{"2081-01-01 00:00:00 CET", "2082-01-01 00:00:00 CET"}},
		{"daylight saving in the far future", "Europe/Berlin", "12:00", "2196-03-26T00:00:00Z", []string{"2196-03-26 12:00:00 CET", "2196-03-27 12:00:00 CEST"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			after, err := time.Parse(time.RFC3339Nano, c.after)
			if err != nil {
				t.Fatal(err)
			}
			got := upcoming(parse(t, c.text), after.In(place(t, c.zone)), len(c.want))
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: got %q, want %q", c.text, got, c.want)
			}
		})
	}
}

// Ensure that Next neither stands still nor goes back nor leaves out a month, in
// all years of zones with odd rules.
func TestNext_EveryPeriod(t *testing.T) {
	leak.Check(t)
	for _, name := range append([]string{"Europe/Dublin", "Africa/Casablanca", "Asia/Gaza", "America/Nuuk", "Africa/Monrovia", "Antarctica/Casey"}, zones...) {
		loc := place(t, name)
		for _, text := range []string{"*-*-1,15,28..31 02:30", "Sun *-*-* 0/6:00"} {
			e := parse(t, text)
			last := time.Unix(0, 0).In(loc)
			for at, ok := e.Next(last); ok; at, ok = e.Next(at) {
				if !at.After(last) {
					t.Fatalf("%s: %s after %s", name, at, last)
				}
				if at.Sub(last) > 40*24*time.Hour {
					t.Fatalf("%s: nothing between %s and %s", name, last, at)
				}
				last = at
			}
			if last.Year() != 2199 {
				t.Errorf("%s: the last is %s", name, last)
			}
		}
	}
}

// Ensure that Next allocates nothing.
func TestNext_Allocations(t *testing.T) {
	e := parse(t, "Mon..Fri *:0/10")
	after := time.Unix(1711849000, 0).In(place(t, "Europe/Berlin"))
	if n := testing.AllocsPerRun(100, func() { after, _ = e.Next(after) }); n > 0 {
		t.Errorf("%.0f allocations", n)
	}
}

// Ensure that one expression may be used by many at once; the race detector looks.
func TestNext_AnyGoroutine(t *testing.T) {
	leak.Check(t)
	e, after := parse(t, "Mon..Fri *:0/10 Europe/Berlin"), time.Unix(1711849000, 0)
	want, _ := e.Next(after)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 100 {
				if at, ok := e.Next(after); !ok || !at.Equal(want) || e.String() == "" {
					t.Errorf("got %s, want %s", at, want)
				}
			}
		})
	}
	group.Wait()
}
