package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/renameio/v2"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/sources"
)

// stamp is a file of the state directory that holds the time of the last tick
// of a timer that was handled, so that the ticks after it can be caught up with
// when the daemon was down (clause CF5). It is replaced as a whole: after a
// crash it is the old one or the new one.
type stamp string

func (d *Daemon) stamp(name string) stamp {
	return stamp(filepath.Join(d.config.Settings.State, "timers", name+".stamp"))
}

// read is the time in the stamp; false when there is none yet.
func (s stamp) read() (at time.Time, ok bool, err error) {
	text, err := os.ReadFile(string(s))
	if errors.Is(err, fs.ErrNotExist) {
		return at, false, nil
	}
	if err == nil {
		at, err = time.Parse(time.RFC3339Nano, strings.TrimSpace(string(text)))
	}
	if err != nil {
		return at, false, fmt.Errorf("stamp %s can't be read, ticks missed are not caught up: %w", s, err)
	}
	return at, true, nil
}

func (s stamp) write(at time.Time) error {
	err := os.MkdirAll(filepath.Dir(string(s)), 0o700)
	if err == nil {
		err = renameio.WriteFile(string(s), []byte(at.UTC().Format(time.RFC3339Nano)+"\n"), 0o600)
	}
	if err != nil {
		return fmt.Errorf("stamp %s can't be written, a restart will catch up with ticks that were handled: %w", s, err)
	}
	return nil
}

// handledUntil is the time up to which the ticks of a timer were handled. At the
// first start, and when the stamp is damaged, that is first, and is stamped.
func (s *source) handledUntil(first time.Time) time.Time {
	at, ok, err := s.daemon.stamp(s.config.Name).read()
	if err != nil {
		s.failed(err)
	}
	if ok {
		return at
	}
	if err := s.daemon.stamp(s.config.Name).write(first); err != nil {
		s.failed(err)
	}
	return first
}

// timerDone stamps the last tick of an event that was handled. One whose run was
// ended by the daemon's stop is caught up with at the next start.
func timerDone(s *source, e *handlers.Event) {
	c := s.config.Timer
	if !c.CatchUp || e.Ticks == 0 || s.daemon.runs.Err() != nil {
		return
	}
	if err := s.daemon.stamp(s.config.Name).write(lastTick(c, almanac(s), e)); err != nil {
		s.failed(err)
	}
}

// lastTick is the time of the last of an event's ticks.
func lastTick(c *configs.Timer, due sources.Almanac, e *handlers.Event) time.Time {
	at := e.Scheduled
	if c.At == nil {
		return at.Add(time.Duration(e.Ticks-1) * c.Every)
	}
	for range e.Ticks - 1 {
		next, ok := due.Next(at)
		if !ok {
			break
		}
		at = next
	}
	return at
}

// resumed is the first tick of a grid after those handled until then. first is
// the configured first tick of a grid that begins at a time of the wall clock,
// zero for one that begins with the daemon. False: no tick is left.
func resumed(c *configs.Timer, first, until time.Time) (time.Time, bool) {
	switch {
	case first.IsZero():
		return until.Add(c.Every), true
	case first.After(until):
		return first, true
	case c.Once():
		return time.Time{}, false
	}
	passed := until.Sub(first) / c.Every
	return first.Add((passed + 1) * c.Every), true
}
