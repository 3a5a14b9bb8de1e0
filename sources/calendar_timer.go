package sources

import (
	"sync"
	"time"

	"github.com/reactord/reactord/reactor"
)

// Almanac says at which times something is due: a *calendar.Expression.
type Almanac interface {
	// Next is the first due time after the one given; false when none will come.
	Next(after time.Time) (time.Time, bool)
}

// CalendarTimer is a timer that fires at times of the calendar, on the wall
// clock, as systemd's OnCalendar and cron do. It follows the clock when that is
// set: a time that is jumped over is due at once, and counted (clause T14).
//
// Its handler gets how many times were due since its last call. While it waits
// or is suspended they are counted and not queued (clause T3).
type CalendarTimer struct {
	*reactor.Source[Ticks]
	almanac Almanac
	zone    *time.Location
	leeway  time.Duration
	alarm   *reactor.Alarm

	mu    sync.Mutex
	next  reactor.Instant // the first time that was not delivered; Forever: none
	since reactor.Instant // counting begins after this; 0: at activation
	open  bool
}

// NewCalendarTimer returns an inactive timer for the times of almanac after its
// activation. leeway is how late it may fire, so that wake-ups can be shared.
// zone is the time zone of an almanac that names none.
func NewCalendarTimer(label string, target *reactor.Queue, almanac Almanac, zone *time.Location, leeway time.Duration) *CalendarTimer {
	t := &CalendarTimer{almanac: almanac, zone: zone, leeway: max(leeway, 0), next: reactor.Forever}
	t.Source = reactor.NewSource(label, target, t, calendarIntake{t})
	t.alarm = t.Reactor().NewAlarm(reactor.Wall, func(reactor.Instant) { t.Wake() })
	return t
}

// Since has the timer count from at in place of its activation: times that are
// due by then come with the first event. It is called before Activate.
func (t *CalendarTimer) Since(at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.since = reactor.WallInstant(at)
}

// Upcoming is when the timer is due next; false when it never is again, and
// before it is activated.
func (t *CalendarTimer) Upcoming() (time.Time, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.next == reactor.Forever {
		return time.Time{}, false
	}
	return t.time(t.next), true
}

// mostCounted is how many missed times are counted one by one. After more the
// timer goes on with the present.
const mostCounted = 100_000

// Latch counts the times that are due. It is the source's pending.
func (t *CalendarTimer) Latch() (Ticks, bool) {
	now := t.Reactor().Now(reactor.Wall)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.next > now {
		t.armLocked() // the clock was set back, or the alarm came for another reason
		return Ticks{}, false
	}
	ticks := Ticks{Scheduled: t.next}
	for t.next <= now && ticks.Count < mostCounted {
		ticks.Count++
		t.next = t.after(t.next)
	}
	if t.next <= now {
		t.next = t.after(now)
	}
	t.armLocked()
	return ticks, true
}

func (t *CalendarTimer) time(i reactor.Instant) time.Time { return time.Unix(0, int64(i)).In(t.zone) }

func (t *CalendarTimer) after(i reactor.Instant) reactor.Instant {
	next, ok := t.almanac.Next(t.time(i))
	if !ok {
		return reactor.Forever
	}
	return reactor.WallInstant(next)
}

func (t *CalendarTimer) armLocked() {
	if !t.open {
		return
	}
	if err := t.alarm.Set(t.next, t.next.Add(t.leeway)); err != nil {
		t.Reactor().Tracer().Failed(t.Label(), err)
	}
}

type calendarIntake struct{ *CalendarTimer }

func (t calendarIntake) Register() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	since := t.Reactor().Now(reactor.Wall)
	if t.since != 0 {
		since = min(since, t.since) // not in the future, should the clock have been set back
	}
	t.next = t.after(since)
	t.open = true
	return t.alarm.Set(t.next, t.next.Add(t.leeway))
}

func (calendarIntake) Rearm() {}

func (t calendarIntake) Unregister() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open, t.next = false, reactor.Forever
	t.alarm.Stop()
}
