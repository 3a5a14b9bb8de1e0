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

// changes are moments at which a clock of the zones above was changed, forward
// and back, and others worth a look.
var changes = map[string][]string{
	"UTC":                 {"2024-02-28T23:00:00Z", "2099-12-31T23:00:00Z"},
	"Europe/Berlin":       {"2024-03-31T01:00:00Z", "2024-10-27T01:00:00Z", "2080-03-31T01:00:00Z", "2080-10-27T01:00:00Z"},
	"America/New_York":    {"2024-03-10T07:00:00Z", "2024-11-03T06:00:00Z", "2006-10-29T06:00:00Z"},
	"Australia/Lord_Howe": {"2024-10-05T15:30:00Z", "2024-04-06T15:00:00Z"},
	"Asia/Kathmandu":      {"1985-12-31T18:30:00Z", "2024-02-29T00:00:00Z"},
	"Pacific/Apia":        {"2011-12-30T10:00:00Z", "2021-04-03T14:00:00Z", "2010-09-26T11:00:00Z"},
}

// Ensure that the next times are those of systemd, for generated expressions
// asked near changes of the clock and far from them.
func TestNext_EqualsSystemd(t *testing.T) {
	leak.Check(t)
	o := systemdAnalyze(t)
	rng := seeded(t)
	asked, compared := longOrShort(1000, 60), 0
	for i := range asked {
		zone := zones[i%len(zones)]
		text := generate(rng)
		compared += compare(t, o, zone, text, baseNear(t, rng, zone), 12)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d expressions, %d times compared with systemd %d", asked, compared, o.version)
}

// Ensure that expressions about the very hour of a change are due as in systemd,
// from before, within and behind it.
func TestNext_EqualsSystemdAtChanges(t *testing.T) {
	leak.Check(t)
	o := systemdAnalyze(t)
	for _, zone := range zones {
		loc := place(t, zone)
		for n, change := range changes[zone] {
			at := moment(t, change)
			for _, around := range []time.Time{at.Add(-time.Second), at} {
				h := around.In(loc).Hour()
				texts := []string{"hourly", "*:0/20", fmt.Sprintf("%d:30", h), fmt.Sprintf("%d:00", h), fmt.Sprintf("%d,%d:15,45:30", h, (h+1)%24), "daily"}
				for _, text := range texts[:longOrShort(len(texts), 1+n%2)] {
					for _, before := range []time.Duration{3 * time.Hour, 20 * time.Minute, time.Second, -time.Second, -25 * time.Minute, -70 * time.Minute} {
						compare(t, o, zone, text, at.Add(-before), 7)
					}
				}
			}
		}
	}
}

// compare asks both and returns how many times were compared.
func compare(t *testing.T, o oracle, zone, text string, base time.Time, n int) int {
	t.Helper()
	v := o.ask(t, zone, text, base, n)
	e := parse(t, text)
	if strings.Contains(v.all, "Infinite loop") {
		return 0 // systemd gave up
	}
	if !v.valid || e.String() != v.normal {
		t.Errorf("TZ=%s %q is %q, systemd has\n%s", zone, text, e, v.all)
		return 0
	}
	after := base.In(place(t, zone))
	var times []time.Time
	for len(times) < n {
		at, ok := e.Next(after)
		if !ok {
			break
		}
		times = append(times, at.UTC().Truncate(time.Second))
		after = at
	}
	if strings.Contains(text, "~") && sameReadings(after.Location(), times, v.times) {
		return len(times)
	}
	if !slices.Equal(times, v.times) {
		t.Errorf("TZ=%s %q after %d, %s: got\n%s\nsystemd has\n%s", zone, text, base.Unix(), base.In(place(t, zone)), times, v.all)
	}
	return len(times)
}

// sameReadings reports whether the times are the same up to one that the clock
// shows twice, and of which there is one in each. Having looked at the end of the
// month systemd takes such a time as the second.
func sameReadings(loc *time.Location, a, b []time.Time) bool {
	for i := range min(len(a), len(b)) {
		if !a[i].Equal(b[i]) {
			return a[i].In(loc).Format(time.DateTime) == b[i].In(loc).Format(time.DateTime)
		}
	}
	return len(a) == len(b)
}

func moment(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// baseNear is a time within hours or days of a change, or anywhere since 1975.
func baseNear(t testing.TB, rng *rand.Rand, zone string) time.Time {
	if rng.IntN(4) == 0 {
		return time.Unix(5*365*86400+rng.Int64N(130*365*86400), 0)
	}
	at := moment(t, changes[zone][rng.IntN(len(changes[zone]))])
	width := []int64{3, 30, 24 * 40}[rng.IntN(3)] * 3600
	return at.Add(time.Duration(rng.Int64N(2*width)-width) * time.Second)
}

// generate returns an expression that is valid and due now and then.
func generate(rng *rand.Rand) string {
	var b strings.Builder
	names := []string{"Mon", "tue", "Wednesday", "Thu", "FRI", "Sat", "Sun"}
	if rng.IntN(4) == 0 {
		first := rng.IntN(7)
		b.WriteString(names[first])
		if rng.IntN(2) == 0 {
			b.WriteString([]string{"..", "-"}[rng.IntN(2)] + names[first+rng.IntN(7-first)])
		}
		if rng.IntN(2) == 0 {
			b.WriteString("," + names[rng.IntN(7)])
		}
		b.WriteByte(' ')
	}
	if rng.IntN(2) == 0 {
		if rng.IntN(2) == 0 {
			b.WriteString(chance(rng, 70, func() string { return list(rng, 2000, 2099) }) + "-")
		}
		b.WriteString(chance(rng, 60, func() string { return list(rng, 1, 12) }))
		if rng.IntN(4) == 0 {
			// One: systemd 252 counts the days of a longer list wrong.
			b.WriteString("~" + []string{"1", "3", "7/1", "28/4", "1..28/9", "1..5", "28"}[rng.IntN(7)])
		} else {
			b.WriteString("-" + chance(rng, 40, func() string { return list(rng, 1, 31) }))
		}
		b.WriteByte(' ')
	}
	b.WriteString(chance(rng, 40, func() string { return list(rng, 0, 23) }))
	b.WriteString(":" + chance(rng, 20, func() string { return list(rng, 0, 59) }))
	switch rng.IntN(6) {
	case 0:
		fmt.Fprintf(&b, ":%d.%d", rng.IntN(60), rng.IntN(1000))
	case 1, 2:
		b.WriteString(":" + chance(rng, 10, func() string { return list(rng, 0, 59) }))
	}
	if rng.IntN(5) == 0 {
		b.WriteString(" " + zones[rng.IntN(len(zones))])
	}
	return b.String()
}

func chance(rng *rand.Rand, percent int, otherwise func() string) string {
	if rng.IntN(100) < percent {
		return "*"
	}
	return otherwise()
}

func list(rng *rand.Rand, low, high int) string {
	var items []string
	for range 1 + rng.IntN(3) {
		items = append(items, item(rng, low, high))
	}
	return strings.Join(items, ",")
}

func item(rng *rand.Rand, low, high int) string {
	a := low + rng.IntN(high-low)
	switch rng.IntN(4) {
	case 0:
		// A step that ends with the field: systemd 252 goes wrong behind others.
		step := 1 + rng.IntN(min(12, (high+1-low)/2))
		times := 2 + rng.IntN((high+1-low)/step-1)
		return fmt.Sprintf("%d/%d", high+1-step*times, step)
	case 1:
		return fmt.Sprintf("%d..%d", a, a+1+rng.IntN(high-a))
	case 2:
		return fmt.Sprintf("%d..%d/%d", a, a+1+rng.IntN(high-a), 1+rng.IntN(9))
	}
	return fmt.Sprint(a)
}
