package sources

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/reactor"
)

// Ensure that the level is at every time the highest whose trigger fired
// within its calm, and that whoever looks only at firings and at the ends the
// ladder announces misses no change.
func TestPressureLadderModel(t *testing.T) {
	leak.Check(t)
	rapid.Check(t, func(t *rapid.T) {
		calm := [pressureLevels]time.Duration{
			PressureWarn:     time.Duration(rapid.IntRange(1, 20).Draw(t, "calm of warn")),
			PressureCritical: time.Duration(rapid.IntRange(1, 20).Draw(t, "calm of critical")),
		}
		const end = 100
		var fires [end]PressureLevel // at that time; normal: none
		for range rapid.IntRange(0, 20).Draw(t, "firings") {
			at := rapid.IntRange(1, end-1).Draw(t, "at")
			fires[at] = PressureLevel(rapid.IntRange(1, 2).Draw(t, "level"))
		}
		want := func(now int) PressureLevel {
			worst := PressureNormal
			for at, level := range fires[:now+1] {
				if level != PressureNormal && now < at+int(calm[level]) {
					worst = max(worst, level)
				}
			}
			return worst
		}
		l := ladder{calm: calm}
		alarm := reactor.Forever
		for now := range end {
			at := reactor.Instant(now)
			if alarm <= at {
				l.settle(at)
				alarm = l.ends()
			}
			if fires[now] != PressureNormal {
				before := l.level
				l.fired(fires[now], at)
				if l.level != before { // as the intake does: only a change moves the alarm
					alarm = l.ends()
				}
			}
			if l.level != want(now) {
				t.Fatalf("at %d the level is %v, want %v (calm %v, firings %v)", now, l.level, want(now), calm, fires)
			}
		}
	})
}

func FuzzParsePressure(f *testing.F) {
	f.Add("some avg10=0.08 avg60=0.85 avg300=5.29 total=2163082003\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n")
	f.Add("full avg10=1.50 avg60=0.00 avg300=0.00 total=18446744073709551615\n")
	f.Add("some avg10=NaN\n")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		numbers, err := parsePressure(text)
		if (numbers == nil) == (err == nil) {
			t.Fatalf("%q: %v, %v", text, numbers, err)
		}
		if err == nil && (numbers.Some.Total < 0 || numbers.Full.Total < 0) {
			t.Fatalf("%q: a negative total", text)
		}
	})
}
