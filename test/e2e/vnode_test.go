package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/reactord/reactord/handlers"
)

// V1: the deletion of a directory is told, with the other events and alone.
func TestV1_DirectoryIsRemoved(t *testing.T) {
	d := prepare(t, `
sources:
  all:   { vnode: { path: $DIR/d, events: [delete, rename, revoke] }, each: path, handler: { log: "all ${op} ${path}" } }
  alone: { vnode: { path: $DIR/d, events: [delete] }, each: path, handler: { log: "alone ${op} ${path}" } }
`)
	must(t, os.Mkdir(d.path("d"), 0o755))
	d.ready()
	must(t, os.Remove(d.path("d")))
	d.says("all", "all delete "+d.path("d"))
	d.says("alone", "alone delete "+d.path("d"))
}

// V2: each of many renames is told with both names, at 2 ms intervals as a log
// rotation in a hurry and without any pause.
func TestV2_EachRename(t *testing.T) {
	const n = 1000
	for _, pause := range []time.Duration{0, 2 * time.Millisecond} {
		t.Run(pause.String(), func(t *testing.T) {
			d := prepare(t, `
sources:
  f: { vnode: { path: $DIR/f, events: [rename] }, handler: { exec: { shell: 'cat >> out' } } }
`)
			d.write("f", "")
			d.ready()
			name := func(i int) string { return d.path(fmt.Sprint("f.", i)) }
			must(t, os.Rename(d.path("f"), name(0)))
			tick := time.NewTicker(max(pause, 1))
			defer tick.Stop()
			for i := 1; i < n; i++ {
				if pause > 0 {
					<-tick.C
				}
				must(t, os.Rename(name(i-1), name(i)))
			}
			var told []string
			d.records("out", func(all []handlers.Event) bool {
				told = told[:0]
				for _, e := range all {
					for _, c := range e.Changes {
						told = append(told, c.From+" "+c.Path)
					}
				}
				return len(told) >= n
			})
			if len(told) != n {
				t.Fatalf("%d of %d renames were told", len(told), n)
			}
			for i := 1; i < n; i++ {
				if want := name(i-1) + " " + name(i); told[i] != want {
					t.Fatalf("rename %d is told as %s, want %s", i, told[i], want)
				}
			}
		})
	}
}

// ready runs the daemon and waits until it is ready.
func (d *instance) ready() {
	d.t.Helper()
	d.run()
	d.await("ready", func(l line) bool { return strings.HasPrefix(l.text("message"), "ready") })
}
