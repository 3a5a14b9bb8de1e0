package daemon

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/sources"
	"github.com/reactord/reactord/sources/files"
)

// arrival waits for something to be at a path, by watching the directories it may
// come to be in, as a tree of files waits for its roots (clause FS9).
type arrival struct {
	directories *files.Source
	mounts      *sources.Mounts
}

// awaitArrival has look called on the intake queue at once and whenever there may be
// something at the path, mounted when something was mounted or unmounted, and ended
// at its end.
func awaitArrival(s *source, path string, look, mounted, ended func()) (*arrival, error) {
	later := func() { s.queue.Async(look) }
	roots, names := alongLinks(path)
	directories, err := files.New(s.config.Name+" path", s.queue, files.Options{
		Roots: roots, Include: names, Events: []coalesce.Op{coalesce.Create, coalesce.Rename},
		Report: func(p files.Problem) {
			if p.Kind != files.RootFound && !missing(p) {
				s.failed(p)
			}
			later()
		},
	})
	if err != nil {
		ended()
		return nil, err
	}
	mounts, err := sources.WatchMounts(s.daemon.reactor, func() { s.queue.Async(mounted) })
	if err != nil {
		ended()
		return nil, err
	}
	directories.OnRegister(look)
	directories.OnEvent(func([]coalesce.Change) { look() })
	directories.OnCancel(ended)
	a := &arrival{directories, mounts}
	if err := directories.Activate(); err != nil {
		mounts.Close()
		return nil, err // its cancel handler runs
	}
	return a, nil
}

// cancel ends it.
func (a *arrival) cancel() {
	a.mounts.Close()
	a.directories.Cancel()
}

// mostLinks is how many symbolic links the kernel follows.
const mostLinks = 40

// alongLinks are the directories that decide what is at a path, and the names in
// them: its own and those of the symbolic links it leads over, as patterns.
func alongLinks(path string) (directories, names []string) {
	for range mostLinks {
		path = filepath.Clean(path)
		if d := filepath.Dir(path); !slices.Contains(directories, d) {
			directories = append(directories, d)
		}
		names = append(names, EscapeGlob(filepath.Base(path)))
		to, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return directories, names
}
