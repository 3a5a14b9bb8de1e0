package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/handlers"
)

type event = handlers.Event

// eventually waits for a state of the daemon's that is asked for.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

const recording = `
sources:
  tree:
    files: { paths: [$DIR/tree], recursive: true, events: [create, close], include: ["**/f"] }
    handler: { exec: { shell: 'cat >> out' } }
`

// tally counts the operations told of each path.
func tally(events []event) map[coalesce.Op]map[string]int {
	n := map[coalesce.Op]map[string]int{coalesce.Create: {}, coalesce.Close: {}}
	for _, e := range events {
		for _, c := range e.Changes {
			if n[c.Op] != nil {
				n[c.Op][c.Path]++
			}
		}
	}
	return n
}

// Ensure that files in directories made at the same moment are told, one
// create and one close each, however fast they are made.
func TestNewDirectoriesLoseNothing(t *testing.T) {
	for _, way := range []string{"program", "shell"} {
		t.Run(way, func(t *testing.T) {
			d := prepare(t, recording)
			must(t, os.Mkdir(d.path("tree"), 0o700))
			d.run()
			d.await("ready", func(l line) bool { return strings.HasPrefix(l.text("message"), "ready") })
			const n = 1000
			if way == "program" {
				for i := range n {
					dir := d.path("tree", fmt.Sprint(i), "a/b/c/d")
					must(t, os.MkdirAll(dir, 0o700))
					f, err := os.Create(filepath.Join(dir, "f"))
					must(t, err)
					must(t, f.Close())
				}
			} else {
				cmd := exec.Command("sh", "-c", `i=0; while [ $i -lt 1000 ]; do mkdir -p tree/$i/a/b/c/d && touch tree/$i/a/b/c/d/f; i=$((i+1)); done`)
				cmd.Dir = d.dir
				must(t, cmd.Run())
			}
			var got map[coalesce.Op]map[string]int
			d.records("out", func(es []event) bool {
				got = tally(es)
				return len(got[coalesce.Create]) >= n && len(got[coalesce.Close]) >= n
			})
			for op, paths := range got {
				if len(paths) != n {
					t.Errorf("%v: %d of %d files", op, len(paths), n)
				}
				for path, times := range paths {
					if times != 1 {
						t.Errorf("%v of %s told %d times", op, path, times)
					}
				}
			}
		})
	}
}

// Ensure that nothing that changes while a handler runs is lost, that runs
// never overlap, and that none is killed: 51 files in 2 runs, 3 at most.
func TestNothingIsLostWhileTheHandlerRuns(t *testing.T) {
	d := prepare(t, `
sources:
  tree:
    files: { paths: [$DIR/tree], events: [close] }
    handler: { exec: { shell: 'mkdir lock || echo OVERLAP; sleep 1; cat >> out; rmdir lock; echo ended' } }
`)
	must(t, os.Mkdir(d.path("tree"), 0o700))
	d.run()
	d.await("ready", func(l line) bool { return strings.HasPrefix(l.text("message"), "ready") })
	d.write("tree/first", "x")
	eventually(t, "the handler runs", func() bool { _, err := os.Stat(d.path("lock")); return err == nil })
	for i := range 50 {
		d.write(fmt.Sprintf("tree/%d", i), "x")
	}
	var events []event
	events = d.records("out", func(es []event) bool { return len(tally(es)[coalesce.Close]) == 51 })
	if n := len(tally(events)[coalesce.Close]); n != 51 {
		t.Fatalf("%d of 51 files", n)
	}
	if len(events) > 3 {
		t.Errorf("%d runs for 51 files", len(events))
	}
	eventually(t, "all runs have ended", func() bool {
		return d.count(func(l line) bool { return l.text("message") == "ended" }) == len(events)
	})
	if n := d.count(func(l line) bool { return l.text("message") == "OVERLAP" }); n > 0 {
		t.Errorf("%d runs overlapped", n)
	}
}

// Ensure DV3: several paths at once, one run a path, never two on one path.
func TestDV3_EachPathInParallel(t *testing.T) {
	d := prepare(t, `
queues: { wide: { width: 3 } }
sources:
  tree:
    files: { paths: [$DIR/tree], events: [close], include: ["f?"] } # not what the handler writes
    queue: wide
    each: path
    parallel: 3
    coalesce: { settle: 100ms }
    handler: { exec: { shell: 'mkdir "$REACTORD_PATH.lock" || echo OVERLAP; sleep 0.05; rmdir "$REACTORD_PATH.lock"; ls -d tree/*.lock 2>/dev/null | wc -l; cat >> "$REACTORD_PATH.out"', dir: $DIR } }
`)
	must(t, os.Mkdir(d.path("tree"), 0o700))
	d.run()
	d.await("ready", func(l line) bool { return strings.HasPrefix(l.text("message"), "ready") })
	for round := range 3 {
		for i := range 6 {
			d.write(fmt.Sprintf("tree/f%d", i), fmt.Sprint(round))
		}
	}
	eventually(t, "all are handled", func() bool { return d.status("tree").Running == 0 && d.status("tree").Runs >= 6 })
	if n := d.count(func(l line) bool { return l.text("message") == "OVERLAP" }); n > 0 {
		t.Errorf("%d runs overlapped on a path", n)
	}
}

func TestWatchCommand(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Mkdir(dir+"/src", 0o700))
	cmd := exec.Command(binary, "watch", "src", "--", "sh", "-c", `echo "changed: $*" >> ../seen`, "sh", "${paths}")
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	must(t, cmd.Start())
	seen := filepath.Join(filepath.Dir(dir), "seen")
	_ = os.Remove(seen)
	defer os.Remove(seen)
	want := "changed: " + dir + "/src/a b"
	eventually(t, "the command ran", func() bool {
		must(t, os.WriteFile(dir+"/src/a b", []byte("x"), 0o600)) // until the watch is there
		text, _ := os.ReadFile(seen)
		return strings.Contains(string(text), want)
	})
	must(t, cmd.Process.Signal(os.Interrupt))
	if err := cmd.Wait(); err != nil {
		t.Errorf("after Ctrl-C: %v", err)
	}
}
