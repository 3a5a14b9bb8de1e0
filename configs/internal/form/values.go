package form

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// leaf is a value written as one scalar. Once its text is known, parse makes the
// value of it, and says what is wrong with the text and what to write instead.
type leaf interface {
	text() *Text
	parse(r rules) (msg, hint string)
}

func (t *Text) text() *Text                    { return t }
func (t *Text) parse(rules) (msg, hint string) { return "", "" }

// Bool is true or false.
type Bool struct {
	Text
	// On is the value.
	On bool
}

func (b *Bool) parse(r rules) (msg, hint string) {
	switch b.Value {
	case "true":
		b.On = true
	case "false":
	case "yes", "on", "True", "TRUE", "1":
		hint = "write true"
		msg = r.key + " must be true or false"
	default:
		hint = "write false, or leave it out"
		msg = r.key + " must be true or false"
	}
	return msg, hint
}

// Int is a whole number, not negative.
type Int struct {
	Text
	// N is the number.
	N int
}

func (i *Int) parse(r rules) (msg, hint string) {
	n, err := strconv.ParseInt(i.Value, 10, 32)
	if err != nil || n < 0 {
		return fmt.Sprintf("%s must be a whole number, not %q", r.key, i.Value), ""
	}
	i.N = int(n)
	return "", ""
}

// Duration is a length of time such as 200ms, 10s or 1h30m, not negative.
type Duration struct {
	Text
	// D is the length.
	D time.Duration
}

func (d *Duration) parse(r rules) (msg, hint string) {
	length, hint, ok := ParseDuration(d.Value)
	if !ok {
		return fmt.Sprintf("%s must be a duration such as 200ms, 10s or 1h, not %q", r.key, d.Value), hint
	}
	d.D = length
	return "", ""
}

// ParseDuration reads a duration. If it is none the hint may say which was meant.
func ParseDuration(s string) (length time.Duration, hint string, ok bool) {
	length, err := time.ParseDuration(s)
	switch {
	case err == nil && length < 0:
		return 0, "a duration is not negative", false
	case err == nil && (length != 0 || s != "0"):
		return length, "", true
	}
	number := strings.TrimRight(s, "dw ")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || n < 0 || n > math.MaxInt32 || strings.TrimLeft(number, "0123456789.") != "" {
		return 0, "", false
	}
	switch strings.TrimSpace(s[len(number):]) {
	case "":
		return 0, fmt.Sprintf("write %ss for seconds, %sms for milliseconds", number, number), false
	case "d":
		return 0, fmt.Sprintf("write %gh", n*24), false
	case "w":
		return 0, fmt.Sprintf("write %gh", n*7*24), false
	}
	return 0, "", false
}

// Size is a number of bytes such as 512B, 64KiB or 1MiB.
type Size struct {
	Text
	// Bytes is the number.
	Bytes int64
}

// units of a size, longest names first.
var units = []struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

func (s *Size) parse(r rules) (msg, hint string) {
	msg = fmt.Sprintf("%s must be a size such as 512B, 64KiB or 1MiB, not %q", r.key, s.Value)
	digits := strings.TrimLeft(s.Value, "0123456789")
	number, unit := s.Value[:len(s.Value)-len(digits)], strings.TrimSpace(digits)
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return msg, ""
	}
	for _, u := range units {
		if unit != u.name {
			continue
		}
		if n > math.MaxInt64/u.bytes {
			return msg, "it is too large"
		}
		s.Bytes = n * u.bytes
		return "", ""
	}
	switch strings.ToLower(unit) {
	case "":
		hint = fmt.Sprintf("write %sB for bytes, %sKiB for units of 1024", number, number)
	case "k", "kb", "kib":
		hint = fmt.Sprintf("write %sKiB", number)
	case "m", "mb", "mib":
		hint = fmt.Sprintf("write %sMiB", number)
	case "g", "gb", "gib":
		hint = fmt.Sprintf("write %sGiB", number)
	}
	return msg, hint
}

// Rate is a number in an interval, such as 10/1m or 5/s.
type Rate struct {
	Text
	// N is the number, at least 1.
	N int
	// Interval is the interval, more than 0.
	Interval time.Duration
}

func (v *Rate) parse(r rules) (msg, hint string) {
	number, interval, _ := strings.Cut(v.Value, "/")
	n, err := strconv.ParseInt(number, 10, 32)
	length, _, ok := ParseDuration(interval)
	if !ok {
		length, _, ok = ParseDuration("1" + interval)
	}
	if err != nil || n < 1 || !ok || length == 0 {
		return fmt.Sprintf("%s must be a number in an interval such as 10/1m, not %q", r.key, v.Value), ""
	}
	v.N, v.Interval = int(n), length
	return "", ""
}

// Stall is a time out of a longer one, such as 200ms/2s.
type Stall struct {
	Text
	// Of is the time that counts, at least 1µs, Window that of which it is a part,
	// from 500ms to 10s: what the kernel takes.
	Of, Window time.Duration
}

func (v *Stall) parse(r rules) (msg, hint string) {
	of, window, _ := strings.Cut(v.Value, "/")
	var ok1, ok2 bool
	v.Of, _, ok1 = ParseDuration(of)
	v.Window, _, ok2 = ParseDuration(window)
	switch {
	case !ok1 || !ok2:
		return fmt.Sprintf("%s must be a time out of another such as 200ms/2s, not %q", r.key, v.Value), ""
	case v.Window < 500*time.Millisecond || v.Window > 10*time.Second:
		return fmt.Sprintf("%s: the kernel looks at 500ms to 10s, not at %v", r.key, v.Window), ""
	case v.Of < time.Microsecond || v.Of > v.Window:
		return fmt.Sprintf("%s: nobody can be held up for %v out of %v", r.key, v.Of, v.Window), ""
	}
	return "", ""
}
