package files_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources/files"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func receive[T any](t testing.TB, from <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("no %s within %v", what, patience)
		panic("unreachable")
	}
}

// start returns a reactor that is closed, and checked for leaks, in the end.
func start(t testing.TB, options ...reactor.Option) *reactor.Reactor {
	t.Helper()
	leak.Check(t)
	r := reactor.New(options...)
	t.Cleanup(func() { must(t, r.Close()) })
	return r
}

// watched is a directory with a source on it that keeps what it was told.
type watched struct {
	t      testing.TB
	dir    string // what paths are relative to, the first root unless told otherwise
	source *files.Source

	mu       sync.Mutex
	told     []coalesce.Change // since the last pause
	before   []coalesce.Change // before it, folded
	problems []files.Problem
	news     chan struct{} // something was added
	markers  int
}

// watch activates a source, which is cancelled in the end. Without roots in o
// it makes one.
func watch(t testing.TB, r *reactor.Reactor, o files.Options) *watched {
	t.Helper()
	w := prepare(t, r, o)
	t.Cleanup(w.end)
	must(t, w.source.Activate())
	return w
}

// activate is watch for a source whose end is the caller's business.
func activate(t testing.TB, r *reactor.Reactor, o files.Options) *watched {
	t.Helper()
	w := prepare(t, r, o)
	must(t, w.source.Activate())
	return w
}

// prepare makes a source.
func prepare(t testing.TB, r *reactor.Reactor, o files.Options) *watched {
	t.Helper()
	w := &watched{t: t, news: make(chan struct{}, 1)}
	if len(o.Roots) == 0 {
		o.Roots = []string{t.TempDir()}
	}
	w.dir = o.Roots[0]
	report := o.Report
	o.Report = func(p files.Problem) {
		if report != nil {
			report(p)
		}
		w.mu.Lock()
		w.problems = append(w.problems, p)
		w.mu.Unlock()
		w.notify()
	}
	var err error
	w.source, err = files.New("test", r.NewQueue("handler"), o)
	must(t, err)
	w.source.OnEvent(func(changes []coalesce.Change) {
		w.mu.Lock()
		w.told = append(w.told, changes...)
		w.mu.Unlock()
		w.notify()
	})
	return w
}

func (w *watched) notify() {
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// end cancels the source and waits for its cancel handler.
func (w *watched) end() {
	done := make(chan struct{})
	w.source.OnCancel(func() { close(done) })
	w.source.Cancel()
	if err := w.source.Activate(); err != nil { // its cancel handler waits for that
		w.t.Log(err)
	}
	receive(w.t, done, "cancel handler")
}

// path is a path in the directory.
func (w *watched) path(rel string) string { return filepath.Join(w.dir, rel) }

func (w *watched) write(rel, text string) {
	w.t.Helper()
	must(w.t, os.WriteFile(w.path(rel), []byte(text), 0o644))
}

func (w *watched) mkdir(rel string) {
	w.t.Helper()
	must(w.t, os.MkdirAll(w.path(rel), 0o755))
}

func (w *watched) rename(from, to string) {
	w.t.Helper()
	must(w.t, os.Rename(w.path(from), w.path(to)))
}

func (w *watched) remove(rel string) {
	w.t.Helper()
	must(w.t, os.Remove(w.path(rel)))
}

// changes is what was told so far.
func (w *watched) changes() []coalesce.Change {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.told)
}

// until waits until what was told is enough.
func (w *watched) until(what string, enough func([]coalesce.Change) bool) []coalesce.Change {
	w.t.Helper()
	var changes []coalesce.Change
	if !w.reach(func(told []coalesce.Change) bool { changes = told; return enough(told) }) {
		w.t.Fatalf("no %s within %v; told:\n%s", what, patience, strings.Join(w.lines(changes), "\n"))
	}
	return changes
}

// reach waits until what was told is enough, and reports whether it was in
// time.
func (w *watched) reach(enough func([]coalesce.Change) bool) bool {
	deadline := time.After(patience)
	for !enough(w.changes()) {
		select {
		case <-w.news:
		case <-deadline:
			return false
		}
	}
	return true
}

// problem waits for a problem of that kind.
func (w *watched) problem(kind files.ProblemKind) files.Problem {
	w.t.Helper()
	var found files.Problem
	w.until(kind.String(), func([]coalesce.Change) bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		at := slices.IndexFunc(w.problems, func(p files.Problem) bool { return p.Kind == kind })
		if at >= 0 {
			found = w.problems[at]
		}
		return at >= 0
	})
	return found
}

const marker = ".marker-"

// caughtUp waits until the stream up to now was dealt with: it makes a
// directory in the root and waits for it.
func (w *watched) caughtUp() []coalesce.Change {
	w.t.Helper()
	return w.caughtUpIn("")
}

func (w *watched) caughtUpIn(rel string) []coalesce.Change {
	w.t.Helper()
	w.markers++
	path := filepath.Join(w.path(rel), fmt.Sprint(marker, w.markers))
	must(w.t, os.Mkdir(path, 0o755))
	return w.until("marker", func(changes []coalesce.Change) bool {
		return slices.ContainsFunc(changes, func(c coalesce.Change) bool { return c.Path == path })
	})
}

// settled waits until nothing of the start is remembered as recent, and drops
// what was told.
func (w *watched) settled() {
	w.t.Helper()
	w.caughtUp()
	w.caughtUp()
	w.forget()
}

// pause ends what is folded together: what follows is another event.
func (w *watched) pause() {
	w.t.Helper()
	w.caughtUp()
	w.caughtUp()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before = append(w.before, coalesce.Fold(w.told)...)
	w.told = nil
}

// closed waits for the close of every path, which may come of quiet.
func (w *watched) closed(rels ...string) {
	w.t.Helper()
	w.until("close of "+strings.Join(rels, ", "), func(changes []coalesce.Change) bool {
		for _, rel := range rels {
			if !slices.ContainsFunc(changes, func(c coalesce.Change) bool {
				return c.Op == coalesce.Close && c.Path == w.path(rel)
			}) {
				return false
			}
		}
		return true
	})
}

// forget drops what was told so far.
func (w *watched) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told, w.before = nil, nil
}

// lines shows changes with paths relative to the directory, without markers.
func (w *watched) lines(changes []coalesce.Change) []string {
	rel := func(path string) string { return strings.TrimPrefix(strings.TrimPrefix(path, w.dir), "/") }
	var lines []string
	for _, c := range changes {
		if strings.Contains(c.Path, marker) {
			continue
		}
		line := c.Op.String() + " " + rel(c.Path)
		if c.From != "" {
			line += " from " + rel(c.From)
		}
		if c.To != "" {
			line += " to " + rel(c.To)
		}
		if c.Dir {
			line += " dir"
		}
		if c.Moved {
			line += " moved"
		}
		if c.Rescan {
			line += " rescan"
		}
		lines = append(lines, line)
	}
	return lines
}

// expect waits until the source has caught up and compares what it has told
// since forget, in order, folded from pause to pause.
func (w *watched) expect(want ...string) {
	w.t.Helper()
	w.pause()
	if diff := cmp.Diff(want, w.lines(w.before)); diff != "" {
		w.t.Fatalf("told (-want +got):\n%s", diff)
	}
}

// sorted is expect where the order is not determined.
func (w *watched) sorted(want ...string) {
	w.t.Helper()
	w.pause()
	got := w.lines(w.before)
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Fatalf("told (-want +got):\n%s", diff)
	}
}

// exchange swaps two names.
func exchange(w *watched, a, b string) {
	w.t.Helper()
	must(w.t, unix.Renameat2(unix.AT_FDCWD, w.path(a), unix.AT_FDCWD, w.path(b), unix.RENAME_EXCHANGE))
}

// outlive waits until the disk's clock has moved on: what was made before is
// older, by its ctime, than what is made after.
func (w *watched) outlive() {
	w.t.Helper()
	dir := w.t.TempDir()
	ctime := func() unix.Timespec {
		path, st := filepath.Join(dir, "probe"), unix.Stat_t{}
		must(w.t, os.WriteFile(path, nil, 0o600))
		must(w.t, unix.Stat(path, &st))
		must(w.t, os.Remove(path))
		return st.Ctim
	}
	for first := ctime(); ctime() == first; {
	}
}

// pauseWith compares what was told since the last time, in any order, by a
// root in which nothing can be made now.
func (w *watched) pauseWith(want []string) {
	w.t.Helper()
	changes := w.changes()
	w.forget()
	got := w.lines(coalesce.Fold(changes))
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Fatalf("told (-want +got):\n%s", diff)
	}
}
