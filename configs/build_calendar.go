package configs

import (
	"errors"
	"strings"

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
