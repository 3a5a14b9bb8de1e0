package sources

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/reactor"
)

// V2: fsnotify drops what is renamed, and whoever watches something else may take
// the watch: without one renames are found as soon as there is one again, and those
// after them, whichever of the sources of the object is cancelled meanwhile.
func TestV2_WatchRefused(t *testing.T) {
	leak.Check(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	r := reactor.New(reactor.WithTracer(&silent{}))
	defer func() { must(r.Close()) }()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(err)
	path := filepath.Join(dir, "f")
	must(os.WriteFile(path, nil, 0o600))
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	must(err)
	var refuse atomic.Bool
	var asked atomic.Int32
	all := Vnodes{refuse: func() error {
		if !refuse.Load() {
			return nil
		}
		asked.Add(1)
		return unix.ENOSPC
	}}
	refuse.Store(true)
	refused, err := all.New("refused", r.NewQueue("q"), fd, VnodeAll)
	must(err)
	refused.OnEvent(func(VnodeEvent) {})
	if err := refused.Activate(); !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("activate: %v", err)
	}
	refuse.Store(false)
	changes := make(chan coalesce.Change, 64)
	var two [2]*reactor.Source[VnodeEvent]
	for i := range two {
		two[i], err = all.New(fmt.Sprint(i), r.NewQueue("q"), fd, VnodeRename)
		must(err)
		two[i].OnEvent(func(ev VnodeEvent) {
			for _, c := range ev.Changes {
				if i == 1 {
					changes <- c
				}
			}
		})
		must(two[i].Activate())
	}
	rename := func(to string) {
		t.Helper()
		to = filepath.Join(dir, to)
		must(os.Rename(path, to))
		path = to
	}
	told := func() {
		t.Helper()
		select {
		case c := <-changes:
			if c.Op != coalesce.Rename || c.Path != path {
				t.Fatalf("%+v, want a rename to %s", c, path)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("the rename to %s was lost", path)
		}
	}
	refuse.Store(true)
	rename("a")
	told() // of the rename that cost the watch
	rename("b")
	two[0].CancelAndWait()
	told() // found by looking
	for asked.Load() < 5 {
		<-time.After(time.Millisecond)
	}
	refuse.Store(false)
	for i := range 20 {
		rename(fmt.Sprint("c", i))
		told()
	}
	two[1].CancelAndWait()
	_ = unix.Close(fd)
	if n := asked.Load(); n > 100 {
		t.Errorf("asked %d times", n)
	}
}

type silent struct{}

func (*silent) Panicked(reactor.Panic) {}
func (*silent) Failed(string, error)   {}
