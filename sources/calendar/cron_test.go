package calendar_test

import (
	"slices"
	"testing"
	"time"

	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/sources/calendar"
)

// Ensure that entries are accepted, and written, as listed.
func TestParseCron_NormalForm(t *testing.T) {
	leak.Check(t)
	place(t, "Europe/Berlin")
	for _, c := range []struct{ text, normal string }{
		{"* * * * *", "* * * * *"},
		{"\t0  5\t* * * ", "0 5 * * *"},
		{"@hourly", "0 * * * *"},
		{"@daily", "0 0 * * *"},
		{"@midnight", "0 0 * * *"},
		{"@weekly", "0 0 * * 0"},
		{"@monthly", "0 0 1 * *"},
		{"@yearly", "0 0 1 1 *"},
		{"@annually", "0 0 1 1 *"},
		{"*/15 0-5,7 1,15 jan-Mar MON-fri", "*/15 0-5,7 1,15 1-3 1-5"},
		{"5,3,4,1 * * * *", "1,3-5 * * * *"},
		{"0 0 * * 7", "0 0 * * 0"},
		{"0 0 * * 5-7", "0 0 * * 0,5,6"},
		{"0 0 * * FRI-SUN", "0 0 * * 0,5,6"},
		{"0 0 * * */2", "0 0 * * */2"},
		{"0-59 0-23 1-31 1-12 0-7", "0-59 0-23 1-31 1-12 0-6"},
		{"*/1 */1 * * *", "* * * * *"},
		{"*/70 * * * *", "*/60 * * * *"},
		{"0-30/10 1-59/99 * * *", ""},
		{"0-30/10 1-20/99 * * *", "0-30/10 1 * * *"},
		{"*/20,7 * * * *", "*/20,7 * * * *"},
		{"7,*/20 * * * *", "0,7,20,40 * * * *"},
		{"CRON_TZ=Europe/Berlin 0 5 * * *", "CRON_TZ=Europe/Berlin 0 5 * * *"},
		{"TZ=UTC @daily", "CRON_TZ=UTC 0 0 * * *"},
	} {
		e, err := calendar.ParseCron(c.text)
		switch {
		case c.normal == "" && err == nil:
			t.Errorf("%q: accepted as %q", c.text, e)
		case c.normal != "" && err != nil:
			t.Error(err)
		case c.normal != "" && e.String() != c.normal:
			t.Errorf("%q: got %q, want %q", c.text, e, c.normal)
		}
	}
}

// Ensure that an error names the place, the field and what was meant.
func TestParseCron_Errors(t *testing.T) {
	leak.Check(t)
	place(t, "Europe/Berlin")
	for _, c := range []struct {
		text          string
		offset        int
		problem, hint string
	}{
		{"", 0, "minute is missing", "five fields"},
		{"0 0 * *", 7, "day of the week is missing: there are 4 fields of 5", "five fields"},
		{"0 0 0 * * *", 4, "day of the month: 0 is not between 1 and 31", ""},
		{"0 0 1 * * 1", 10, "there are more than five fields", "no seconds, no command"},
		{"60 * * * *", 0, "minute: 60 is not between 0 and 59", ""},
		{"* * * * 8", 8, "day of the week: 8 is not between 0 and 7", ""},
		{"* * * * Mno", 8, `day of the week: there is no "Mno"`, "did you mean MON?"},
		{"* * * * Monday", 8, `day of the week: there is no "Monday"`, "did you mean MON?"},
		{"* * * Okt *", 6, `month: there is no "Okt"`, "did you mean OCT?"},
		{"5/15 * * * *", 0, "minute: a single value has no step", "write 5-59"},
		{"30-10 * * * *", 0, "minute: the range ends before it begins", "write 30-59,0-10"},
		{"*/0 * * * *", 2, "minute: the step is zero", ""},
		{"*5 * * * *", 1, "minute: '5' was not expected", ""},
		{"~ * * * *", 0, "minute: random values are not supported", ""},
		{"1,, * * * *", 2, "minute: a value is missing before ','", ""},
		{"@reboot", 0, `there is no "@reboot"`, "not a time"},
		{"@dayly", 0, `there is no "@dayly"`, "did you mean @daily?"},
		{"@daily x", 7, "nothing may follow @daily", ""},
		{"CRON_TZ=europe/berlin @daily", 8, `time zone: there is no "europe/berlin"`, "did you mean Europe/Berlin?"},
		{"0 0 30 2 * x", 11, "more than five fields", ""},
	} {
		_, err := calendar.ParseCron(c.text)
		checkError(t, c.text, err, c.offset, c.problem, c.hint)
	}
}

// Ensure what is due at both ends of daylight saving.
func TestParseCron_DaylightSaving(t *testing.T) {
	leak.Check(t)
	for _, c := range []struct {
		name, zone, text, after string
		want                    []string
	}{
		{"jumped over, once after the jump", "Europe/Berlin", "30 2 * * *", "2024-03-30T12:00:00Z",
			[]string{"2024-03-31 03:00:00 CEST", "2024-04-01 02:30:00 CEST"}},
		{"two jumped over, once", "Europe/Berlin", "15,45 2 * * *", "2024-03-30T12:00:00Z",
			[]string{"2024-03-31 03:00:00 CEST", "2024-04-01 02:15:00 CEST"}},
		{"jumped over at midnight", "America/Havana", "30 0 * * *", "2024-03-09T12:00:00Z",
			[]string{"2024-03-10 01:00:00 CDT", "2024-03-11 00:30:00 CDT"}},
		{"jumped over by half an hour", "Australia/Lord_Howe", "15 2 * * *", "2024-10-05T03:00:00Z",
			[]string{"2024-10-06 02:30:00 +11", "2024-10-07 02:15:00 +11"}},
		{"shown twice, due once", "America/New_York", "30 1 * * *", "2024-11-03T04:00:00Z",
			[]string{"2024-11-03 01:30:00 EDT", "2024-11-04 01:30:00 EST"}},
		{"shown twice, asked between", "America/New_York", "30 1 * * *", "2024-11-03T06:10:00Z",
			[]string{"2024-11-04 01:30:00 EST"}},
		{"every real hour, forward", "Europe/Berlin", "0 * * * *", "2024-03-31T00:00:00Z",
			[]string{"2024-03-31 03:00:00 CEST", "2024-03-31 04:00:00 CEST"}},
		{"every real hour, back", "Europe/Berlin", "0 * * * *", "2024-10-26T23:30:00Z",
			[]string{"2024-10-27 02:00:00 CEST", "2024-10-27 02:00:00 CET", "2024-10-27 03:00:00 CET"}},
		{"every quarter, back", "America/New_York", "*/30 * * * *", "2024-11-03T05:00:00Z",
			[]string{"2024-11-03 01:30:00 EDT", "2024-11-03 01:00:00 EST", "2024-11-03 01:30:00 EST"}},
		{"a range is no star", "Europe/Berlin", "0 0-23 * * *", "2024-10-26T23:30:00Z",
			[]string{"2024-10-27 02:00:00 CEST", "2024-10-27 03:00:00 CET"}},
		{"a missing day is not made up for", "Pacific/Apia", "30 2 * * *", "2011-12-29T13:00:00Z",
			[]string{"2011-12-31 02:30:00 +14", "2012-01-01 02:30:00 +14"}},
		{"a zone of its own", "UTC", "CRON_TZ=Europe/Berlin 30 2 * * *", "2024-03-30T12:00:00Z",
			[]string{"2024-03-31 03:00:00 CEST"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := upcoming(parseCron(t, c.text), moment(t, c.after).In(place(t, c.zone)), len(c.want))
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: got %q, want %q", c.text, got, c.want)
			}
		})
	}
}

// Ensure that days are joined as POSIX has it: either is enough if both are
// restricted; and that a field which begins with a star is not.
func TestParseCron_DayOrWeekday(t *testing.T) {
	leak.Check(t)
	for _, c := range []struct {
		text string
		want []string
	}{
		{"0 0 13 * 5", []string{"2024-09-06 00:00:00 UTC", "2024-09-13 00:00:00 UTC", "2024-09-20 00:00:00 UTC"}},
		{"0 0 13 * 0-7", []string{"2024-09-02 00:00:00 UTC", "2024-09-03 00:00:00 UTC"}},
		{"0 0 13 * *", []string{"2024-09-13 00:00:00 UTC", "2024-10-13 00:00:00 UTC"}},
		{"0 0 * * FRI", []string{"2024-09-06 00:00:00 UTC", "2024-09-13 00:00:00 UTC"}},
		{"0 0 */15 * 1-6", []string{"2024-09-16 00:00:00 UTC", "2024-10-01 00:00:00 UTC"}},
		{"0 0 1-7 * */7", []string{"2024-10-06 00:00:00 UTC"}},
		{"0 0 29 2 *", []string{"2028-02-29 00:00:00 UTC", "2032-02-29 00:00:00 UTC"}},
		{"0 0 30 2 *", []string{"never"}},
		{"0 0 30 2 1", []string{"2025-02-03 00:00:00 UTC"}},
	} {
		got := upcoming(parseCron(t, c.text), time.Date(2024, 9, 1, 12, 0, 0, 0, time.UTC), len(c.want))
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.text, got, c.want)
		}
	}
}
