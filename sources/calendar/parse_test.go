package calendar_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/sources/calendar"
)

// Ensure that expressions are accepted, and written, as listed.
func TestParse_NormalForm(t *testing.T) {
	leak.Check(t)
	place(t, "Europe/Berlin")
	for _, c := range normalForms {
		e, err := calendar.Parse(c.text)
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

// Ensure that the list above is what systemd says.
func TestParse_EqualsSystemd(t *testing.T) {
	leak.Check(t)
	o := systemdAnalyze(t)
	place(t, "Europe/Berlin")
	if o.version != 252 {
		t.Skipf("systemd %d: the list was made for 252", o.version)
	}
	for _, c := range normalForms {
		if v := o.ask(t, "Asia/Kathmandu", c.text, time.Unix(1e9, 0), 1); v.normal != c.normal {
			t.Errorf("%q: listed as %q, systemd has\n%s", c.text, c.normal, v.all)
		}
	}
}

// Ensure that what is ours and not systemd's is as documented.
func TestParse_BeyondSystemd(t *testing.T) {
	leak.Check(t)
	for _, c := range []struct{ text, normal string }{
		{"Fri..Mon", "Mon,Fri..Sun *-*-* 00:00:00"},
		{"Sun..Tue 10:00", "Mon,Tue,Sun *-*-* 10:00:00"},
		{"*-*~1,26", "*-*~01,26 00:00:00"},
		{"*:*:0/1,0.5,7", "*-*-* *:*:00/1,00.500000"},
		{"*:*:0/1,7", "*-*-* *:*:*"},
		{"10:00 CEST", ""},
		{"@+5", ""},
		{"@ 5", ""},
	} {
		e, err := calendar.Parse(c.text)
		if c.normal == "" {
			if err == nil {
				t.Errorf("%q: accepted as %q", c.text, e)
			}
			continue
		}
		if err != nil {
			t.Error(err)
		} else if e.String() != c.normal {
			t.Errorf("%q: got %q, want %q", c.text, e, c.normal)
		}
	}
}

// Ensure that an error names the place, the part and, where there is one, the
// word that was meant.
func TestParse_Errors(t *testing.T) {
	leak.Check(t)
	place(t, "Europe/Berlin")
	for _, c := range []struct {
		text          string
		offset        int
		problem, hint string
	}{
		{"Mon..Tus 10:00", 5, `weekday: there is no "Tus"`, "did you mean Tue?"},
		{"Teu", 0, `there is no "Teu"`, "did you mean Tue?"},
		{"Wendesday,Fri", 0, `weekday: there is no "Wendesday"`, "did you mean Wednesday?"},
		{"houry", 0, `there is no "houry"`, "did you mean hourly?"},
		{"Mon.. 10:00", 5, "weekday: a name is missing before ' '", "Mon, Tue, Wed, Thu, Fri, Sat or Sun"},
		{"", 0, "an expression is missing", "such as daily, or Mon..Fri 07:30"},
		{"12", 0, "one number is neither a date nor a time", "12:00"},
		{"2024-13-01", 5, "month: 13 is not between 1 and 12", ""},
		{"2024-1-1 24:00", 9, "hour: 24 is not between 0 and 23", ""},
		{"10:61", 3, "minute: 61 is not between 0 and 59", ""},
		{"10:00:60.5", 6, "second: 60.5 is not between 0 and 59", ""},
		{"*/5:00", 1, "a star has no step", "write 0/n"},
		{"*:*/5", 3, "minute: a star has no step", "write 0/n"},
		{"5..3:00", 0, "hour: the range ends before it begins", "write 5..23,0..3"},
		{"10:0/0", 4, "minute: the step is zero", ""},
		{"20/5:00", 0, "hour: a step of 5 from 20 never comes to a second value", "leave the step out"},
		{"*-*~30", 4, "day from the end of the month: 30 is not between 1 and 28", ""},
		{"*~1-1", 3, "date: nothing but the day may follow ~", ""},
		{"2024-01-01T10:00", 10, "date: 'T' was not expected", "write a blank between date and time"},
		{"10:00 europe/berlin", 6, `time zone: there is no "europe/berlin"`, "did you mean Europe/Berlin?"},
		{"10:00 Nowhere", 6, `time zone: there is no "Nowhere"`, "UTC or a name such as"},
		{"10:00 Mon", 6, "weekdays stand before the date and the time", ""},
		{"10:00 ", 5, "time: ' ' was not expected", "blanks"},
		{"10:", 3, "minute: a number is missing before the end", ""},
		{"10:00:01.x", 9, "second: digits are missing after the point", ""},
		{"@9999999999", 0, "timestamp: it is after the year 2199", ""},
		{"10:00\x00", 5, `there is no character '\x00'`, ""},
		{"Mon 10:00 –", 10, "there is no character '–'", ""},
		{strings.Repeat("1,", 300), 482, "more than 241 values", ""},
		{strings.Repeat("x", 4097), 4096, "longer than 4096 bytes", ""},
	} {
		_, err := calendar.Parse(c.text)
		checkError(t, c.text, err, c.offset, c.problem, c.hint)
	}
}

func checkError(t *testing.T, text string, err error, offset int, problem, hint string) {
	t.Helper()
	var syntax *calendar.SyntaxError
	switch {
	case !errors.As(err, &syntax):
		t.Errorf("%q: got %v, want a syntax error", text, err)
	case syntax.Offset != offset || !strings.Contains(syntax.Problem, problem) || !strings.Contains(syntax.Hint, hint):
		t.Errorf("%q: got %v\nwant offset %d: %s (%s)", text, err, offset, problem, hint)
	case syntax.Text != text:
		t.Errorf("%q: the error is about %q", text, syntax.Text)
	case len(err.Error()) > 400:
		t.Errorf("%q: the error is %d bytes long", text, len(err.Error()))
	}
}
