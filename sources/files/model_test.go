package files_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources/files"
)

// replica is a tree as a handler would rebuild it, by path.
type replica map[string]entry

type entry struct {
	dir bool
	// finished: the close of the file was told, or it was moved in.
	finished bool
}

// copyOf is the tree at dir as it is.
func copyOf(t testing.TB, dir string) replica {
	r := replica{dir: entry{dir: true}}
	must(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && path != dir && !strings.Contains(path, marker) {
			r[path] = entry{dir: e.IsDir()}
		}
		return err
	}))
	return r
}

// under calls f for path and all in it.
func (r replica) under(path string, f func(path string)) {
	for _, p := range slices.Collect(maps.Keys(r)) {
		if p == path || strings.HasPrefix(p, path+"/") {
			f(p)
		}
	}
}

// replay does what c says and complains about what can't be done. The directory
// something was created in may be missing: made and deleted in one event, it
// is not told, while what was moved out of it is.
func (r replica) replay(c coalesce.Change) error {
	old, there := r[c.Path]
	switch c.Op {
	case coalesce.Create:
		if there {
			return errors.New("created twice")
		}
		r[c.Path] = entry{dir: c.Dir, finished: c.Moved}
	case coalesce.Delete:
		if !there || old.dir != c.Dir {
			return errors.New("deleted what isn't there")
		}
		r.under(c.Path, func(p string) { delete(r, p) })
	case coalesce.Rename:
		if from, there := r[c.From]; !there || from.dir != c.Dir {
			return errors.New("renamed what isn't there")
		}
		r.under(c.Path, func(p string) { delete(r, p) })
		r.under(c.From, func(p string) {
			r[c.Path+strings.TrimPrefix(p, c.From)] = r[p]
			delete(r, p)
		})
	default:
		if !there {
			return errors.New("changed what isn't there")
		}
		r[c.Path] = entry{old.dir, old.finished || c.Op == coalesce.Close}
	}
	return nil
}

// replayAll is replay for changes but those of markers.
func (r replica) replayAll(changes []coalesce.Change) error {
	for _, c := range changes {
		if strings.Contains(c.Path, marker) {
			continue
		}
		if err := r.replay(c); err != nil {
			return fmt.Errorf("%w: %s %s from %s", err, c.Op, c.Path, c.From)
		}
	}
	return nil
}

// names is the tree without what else is known of it.
func (r replica) names() map[string]bool {
	names := map[string]bool{}
	for p, e := range r {
		names[p] = e.dir
	}
	return names
}

// unfinished is a file with a number above since that wasn't told to be
// closed.
func (r replica) unfinished(since int) string {
	for p, e := range r {
		text, err := os.ReadFile(p)
		if e.dir || e.finished || err != nil {
			continue
		}
		if n, _ := strconv.Atoi(string(text)); n > since {
			return p
		}
	}
	return ""
}

// script is random operations on a tree and a directory outside of it.
type script struct {
	t       *rapid.T
	dir     string
	outside string
	count   int
}

// any draws a name, up to three levels deep, that may be there.
func (s *script) any() string {
	depth := rapid.IntRange(1, 3).Draw(s.t, "depth")
	names := make([]string, depth)
	for i := range names {
		names[i] = rapid.SampledFrom([]string{"a", "b", "c"}).Draw(s.t, "name")
	}
	return filepath.Join(s.dir, filepath.Join(names...))
}

func (s *script) exile() string {
	return filepath.Join(s.outside, rapid.SampledFrom([]string{"x", "y"}).Draw(s.t, "exile"))
}

// step does one operation. That many can't be done is part of the game.
func (s *script) step() {
	switch rapid.IntRange(0, 13).Draw(s.t, "operation") {
	case 0, 1:
		path := s.any()
		s.log(os.MkdirAll(path, 0o755), "mkdir -p", path)
	case 2, 3, 4:
		path := s.any()
		s.count++
		s.log(os.WriteFile(path, fmt.Append(nil, s.count), 0o644), "write", path)
	case 5, 6, 7, 8:
		from, to := s.any(), s.any()
		s.log(os.Rename(from, to), "mv", from, to)
	case 9:
		path := s.any()
		s.log(os.Remove(path), "rm", path)
	case 10:
		path := s.any()
		s.log(os.RemoveAll(path), "rm -r", path)
	case 11:
		a, b := s.any(), s.any()
		s.log(unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE), "exchange", a, b)
	case 12:
		from, to := s.any(), s.exile()
		s.log(os.Rename(from, to), "mv", from, to)
	case 13:
		from, to := s.exile(), s.any()
		s.log(os.Rename(from, to), "mv", from, to)
	}
}

// log shows what was done in a script that fails.
func (s *script) log(err error, words ...string) {
	if err == nil {
		s.t.Log(strings.ReplaceAll(strings.Join(words, " "), s.dir+"/", ""))
	}
}

// Ensure that what is told, replayed, gives the tree, whatever happens in it,
// however late it is noticed, and whatever is lost on the way; that nothing is
// created or deleted twice; and that all that was written is told closed.
func TestModel_ReplayGivesTheTree(t *testing.T) {
	leak.Check(t)
	rapid.Check(t, func(rt *rapid.T) {
		base, err := os.MkdirTemp("", "model")
		must(t, err)
		defer func() { _ = os.RemoveAll(base) }()
		s := &script{t: rt, dir: base + "/tree", outside: base + "/outside"}
		must(t, os.Mkdir(s.dir, 0o755))
		must(t, os.Mkdir(s.outside, 0o755))
		for range rapid.IntRange(0, 5).Draw(rt, "before") {
			s.step()
		}
		k := newSeam()
		r := reactor.New(reactor.WithKernel(k))
		defer func() { must(t, r.Close()) }()
		rt.Log("activate")
		model, written := copyOf(t, s.dir), s.count
		w := activate(t, r, files.Options{Roots: []string{s.dir}, Recursive: true,
			MaxPending: rapid.SampledFrom([]int{0, 0, 3}).Draw(rt, "pending")})
		defer w.end()
		release, resume := func() {}, func() {}
		defer func() { release(); resume() }()
		stalled, suspended := false, false
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			switch rapid.IntRange(0, 19).Draw(rt, "event") {
			case 0:
				rt.Log("overflow")
				k.overflow()
			case 1, 2, 3:
				if release(); stalled {
					release = func() {}
				} else {
					release = sync.OnceFunc(k.stall())
				}
				stalled = !stalled
				rt.Log("stalled:", stalled)
			case 4:
				if resume(); suspended {
					resume = func() {}
				} else {
					w.source.Suspend()
					resume = sync.OnceFunc(w.source.Resume)
				}
				suspended = !suspended
				rt.Log("suspended:", suspended)
			case 5:
				if !stalled && !suspended {
					rt.Log("catch up")
					w.caughtUp()
				}
			}
			s.step()
		}
		release()
		resume()
		tells(rt, w, model, copyOf(t, s.dir), written)
	})
}

// tells waits until what was told, replayed over model, gives the tree wanted, and all
// that was written since is told closed. The tree may be right before everything was
// told, so it looks a second time.
func tells(rt *rapid.T, w *watched, model, want replica, written int) {
	rt.Helper()
	for range 2 {
		missing := ""
		if !w.reach(func(changes []coalesce.Change) bool {
			got := maps.Clone(model)
			if err := got.replayAll(changes); err != nil {
				rt.Fatalf("%v\nof:\n%s", err, strings.Join(w.lines(changes), "\n"))
			}
			missing = cmp.Diff(want.names(), got.names())
			if missing == "" {
				missing = got.unfinished(written)
			}
			return missing == ""
		}) {
			rt.Fatalf("tree (-want +replayed), or what was not closed:\n%s\nby:\n%s", missing, strings.Join(w.lines(w.changes()), "\n"))
		}
		w.caughtUp()
	}
}
