package configs

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/reactord/reactord/configs/internal/form"
	"github.com/reactord/reactord/sources/calendar"
)

// almanac makes the timer one of the calendar.
func (b *builder) almanac(t *form.Timer, timer *Timer) *Timer {
	for _, key := range []string{"every", "start", "clock"} {
		if t.Has(key) {
			b.fault(t.Key(key), "write one of them: at says all about when", "%s beside at", key)
		}
	}
	timer.Clock = "wall"
	if !t.At.IsSet() {
		return timer
	}
	if problem, hint := almostCron(t.At.Value); problem != "" {
		b.fault(t.At.Pos, hint, "at: %s", problem)
		return timer
	}
	parse := calendar.Parse
	if isCron(t.At.Value) {
		parse = calendar.ParseCron
	}
	expression, err := parse(t.At.Value)
	var wrong *calendar.SyntaxError
	switch {
	case errors.As(err, &wrong):
		b.fault(t.At.At(min(wrong.Offset, len(t.At.Value))), wrong.Hint, "at: %s", wrong.Problem)
	case err != nil:
		b.fault(t.At.Pos, "", "at: %v", err)
	}
	timer.At = expression
	return timer
}

// isCron tells cron's five fields, and its @daily, from systemd's expressions,
// which have three parts and a time zone at most.
func isCron(text string) bool {
	fields := strings.Fields(text)
	if len(fields) > 0 && (strings.HasPrefix(fields[0], "TZ=") || strings.HasPrefix(fields[0], "CRON_TZ=")) {
		return true
	}
	if len(fields) == 1 && strings.HasPrefix(text, "@") {
		return strings.IndexFunc(text[1:], func(c rune) bool { return c < '0' || c > '9' }) >= 0
	}
	return len(fields) == 5
}

// almostCron says what keeps fields from being cron's five: their number, or a zone
// behind them. It is empty for what is no cron at all, or is.
func almostCron(text string) (problem, hint string) {
	fields := strings.Fields(text)
	n := len(fields)
	if n < 4 || n == 5 || strings.Contains(text, ":") || !isNumeric(fields[0]) || !isNumeric(fields[1]) {
		return "", ""
	}
	if zone := fields[n-1]; n == 6 && strings.ContainsFunc(zone, unicode.IsLetter) {
		if _, err := calendar.ParseCron(strings.Join(fields[:5], " ")); err == nil {
			return "a time zone stands before cron's five fields, not behind them",
				"write CRON_TZ=" + zone + " " + strings.Join(fields[:5], " ") + ", or a date, a time and the zone, as in *-*-* 02:30 " + zone
		}
	}
	return fmt.Sprintf("cron has five fields, and these are %d", n),
		"minute, hour, day of the month, month, day of the week, as in 30 2 * * 1-5; no seconds, no year"
}

// isNumeric reports whether a field of cron's has no names.
func isNumeric(field string) bool { return strings.Trim(field, "0123456789*/,-") == "" }
