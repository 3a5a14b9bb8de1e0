package reactor_test

import (
	"math"
	"testing"
	"time"

	"github.com/reactord/reactord/reactor"
)

func TestT15_After(t *testing.T) {
	r, c := turned(t)
	q := r.NewQueue("after")
	ran := make(chan string, 8)
	note := func(what string) func() { return func() { ran <- what } }
	after := func(d time.Duration, f func()) {
		t.Helper()
		if err := q.After(d, f); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("T15_NowAndPast", func(t *testing.T) {
		q.Suspend() // ordinary items: they wait in line
		after(0, note("now"))
		after(-time.Hour, note("past"))
		q.Async(note("behind"))
		q.Resume()
		for _, want := range []string{"now", "past", "behind"} {
			if got := receive(t, ran, want); got != want {
				t.Fatalf("ran %q, want %q", got, want)
			}
		}
	})
	t.Run("T15_Forever", func(t *testing.T) {
		if err := q.AfterInstant(reactor.Monotonic, reactor.Forever, func() { t.Error("forever came") }); err != nil {
			t.Fatal(err)
		}
		c.Advance(int64(1000 * time.Hour))
		drain(t, q)
	})
	for _, tt := range []struct {
		name          string
		delay, leeway time.Duration
	}{
		{"T15_LeastLeeway", 5 * time.Millisecond, time.Millisecond},
		{"T15_TenthOfTheDelay", 10 * time.Second, time.Second},
		{"T15_MostLeeway", 24 * time.Hour, time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			after(tt.delay, note("later"))
			c.Advance(int64(tt.delay + tt.leeway - 1)) // the window is open, and nothing else wakes
			drain(t, q)
			select {
			case <-ran:
				t.Fatalf("ran before the end of its leeway of %v, though nobody woke", tt.leeway)
			default:
			}
			c.Advance(1)
			receive(t, ran, "item at the end of its leeway")
		})
	}
}

func TestT16_Arithmetic(t *testing.T) {
	const most = time.Duration(math.MaxInt64)
	for _, tt := range []struct {
		name string
		from reactor.Instant
		add  time.Duration
		want reactor.Instant
	}{
		{"plain", 5, 7, 12},
		{"backwards", 12, -7, 5},
		{"forever and more", reactor.Forever, 1, reactor.Forever},
		{"forever and less", reactor.Forever, -most, reactor.Forever},
		{"overflow", reactor.Forever - 1, 2, reactor.Forever},
		{"overflow by the most", 1, most, reactor.Forever},
		{"underflow", 5, -7, 0},
		{"underflow by the most", 5, -most, 0},
	} {
		if got := tt.from.Add(tt.add); got != tt.want {
			t.Errorf("%s: %d and %d is %d, want %d", tt.name, tt.from, tt.add, got, tt.want)
		}
	}
}
