package calendar_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/reactord/reactord/sources/calendar"
	"github.com/reactord/reactord/test/need"
)

// zones are those the oracle tests run in: none, one hour, half an hour and a
// whole day are changed in them.
var zones = []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"}

func place(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		need.Skip(t, need.Tools, "there is no time zone database: %v", err)
	}
	return loc
}

func parse(t testing.TB, text string) *calendar.Expression {
	t.Helper()
	e, err := calendar.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func parseCron(t testing.TB, text string) *calendar.Expression {
	t.Helper()
	e, err := calendar.ParseCron(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// upcoming returns the next n times, written out.
func upcoming(e *calendar.Expression, after time.Time, n int) (times []string) {
	for range n {
		at, ok := e.Next(after)
		if !ok {
			return append(times, "never")
		}
		times = append(times, at.Format("2006-01-02 15:04:05.999999 MST"))
		after = at
	}
	return times
}

// longOrShort is the count long under REACTORD_SOAK, and else short.
func longOrShort(long, short int) int {
	if os.Getenv("REACTORD_SOAK") != "" {
		return long
	}
	return short
}

// seeded returns a source of chance and logs how to have the same again.
func seeded(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("CALENDAR_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("CALENDAR_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// oracle is systemd-analyze calendar.
type oracle struct {
	path    string
	version int
}

func systemdAnalyze(t testing.TB) oracle {
	t.Helper()
	path, err := exec.LookPath("systemd-analyze")
	if err != nil {
		need.Skip(t, need.Systemd, "systemd-analyze is not installed")
	}
	out, err := exec.Command(path, "--version").Output()
	if err != nil {
		need.Skip(t, need.Systemd, "systemd-analyze does not run: %v", err)
	}
	var o oracle
	if _, err := fmt.Sscanf(string(out), "systemd %d", &o.version); err != nil {
		need.Skip(t, need.Systemd, "systemd-analyze has no version: %q", out)
	}
	o.path = path
	return o
}

// verdict is what the oracle says of one expression. Times are in UTC, whole
// seconds.
type verdict struct {
	valid  bool
	normal string
	times  []time.Time
	ends   bool // there is no further time
	all    string
}

var timeLine = regexp.MustCompile(`^\s*(Next elapse|Iter[a-z.]* ?#\d+|\(in UTC\)): (.*)$`)

func (o oracle) ask(t testing.TB, zone, text string, base time.Time, iterations int) (v verdict) {
	t.Helper()
	command := exec.Command(o.path, "calendar", "--iterations="+strconv.Itoa(iterations),
		fmt.Sprintf("--base-time=@%d", base.Unix()), "--", text)
	command.Env = append(os.Environ(), "TZ="+zone, "LC_ALL=C")
	out, _ := command.CombinedOutput()
	v.all = string(out)
	for line := range strings.Lines(v.all) {
		line = strings.TrimRight(line, "\n")
		if normal, ok := strings.CutPrefix(line, "Normalized form: "); ok {
			v.normal, v.valid = normal, true
		}
		m := timeLine.FindStringSubmatch(line)
		switch {
		case m == nil:
		case m[2] == "never":
			v.ends = true
		case strings.HasSuffix(m[2], " UTC"):
			at, err := time.Parse("Mon 2006-01-02 15:04:05 MST", m[2])
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			v.times = append(v.times, at)
		}
	}
	return v
}
