package e2e

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/test/need"
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

// descriptors are what the daemon has open, by their names.
func (d *instance) descriptors() []string {
	d.t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", d.command.Process.Pid)
	fds, err := os.ReadDir(dir)
	must(d.t, err)
	var names []string
	for _, fd := range fds {
		if name, err := os.Readlink(dir + "/" + fd.Name()); err == nil {
			names = append(names, name)
		}
	}
	return names
}

// V1: an object that was deleted is let go, and the next one at its path is followed,
// with what was written to it before anybody could look; status says that it is
// waited for.
func TestV1_TheNextObjectIsFollowed(t *testing.T) {
	d := prepare(t, `
sources:
  f: { vnode: { path: $DIR/sub/f, events: [write, delete] }, each: path, handler: { log: "f ${op}" } }
  w: { vnode: { path: $DIR/sub/f, events: [write] }, each: path, handler: { log: "w ${op}" } }
  x: { vnode: { path: $DIR/sub/f, events: [delete] }, each: path, handler: { log: "x ${op}" } }
  d: { vnode: { path: $DIR/d, events: [write, delete] }, each: path, handler: { log: "d ${op}" } }
`)
	count := func(message string) int { return d.count(func(l line) bool { return l.text("message") == message }) }
	must(t, os.Mkdir(d.path("sub"), 0o755))
	must(t, os.Mkdir(d.path("d"), 0o755))
	d.write("sub/f", "x")
	d.ready()
	for i := 1; i <= 3; i++ {
		must(t, os.RemoveAll(d.path("sub")))
		must(t, os.Remove(d.path("d")))
		for _, s := range []string{"f", "w", "d"} {
			eventually(t, s+" waits", func() bool {
				st := d.status(s)
				return st.State == "waiting" && strings.Contains(st.Reason, "waiting for it to be there")
			})
		}
		eventually(t, "nothing is held", func() bool { return !slices.ContainsFunc(d.descriptors(), deleted) })
		eventually(t, "the deletions are told, each once", func() bool { return count("x delete") == i && count("d delete") == i })
		before := [...]int{count("f write"), count("w write"), count("d write")}
		must(t, os.Mkdir(d.path("sub"), 0o755))
		d.write("sub/f", "first")
		must(t, os.Mkdir(d.path("d"), 0o755))
		d.write("d/first", "x")
		for i, s := range []string{"f", "w", "d"} {
			eventually(t, s+" is told of the first", func() bool { return count(s+" write") > before[i] })
			eventually(t, s+" is active", func() bool { return d.status(s).State == "active" })
		}
		before[0] = count("f write")
		more, err := os.OpenFile(d.path("sub/f"), os.O_WRONLY|os.O_APPEND, 0)
		must(t, err)
		_, err = more.WriteString("more")
		must(t, err)
		must(t, more.Close())
		eventually(t, "f is told of more", func() bool { return count("f write") > before[0] })
		before[2] = count("d write")
		must(t, os.Remove(d.path("d/first")))
		eventually(t, "d is told that it is empty", func() bool { return count("d write") > before[2] })
	}
	// One that takes its place at once.
	n := count("x delete")
	d.write("sub/next", "y")
	must(t, os.Rename(d.path("sub/next"), d.path("sub/f")))
	eventually(t, "the former one is told as deleted", func() bool { return count("x delete") == n+1 })
	must(t, os.Remove(d.path("sub/f")))
	eventually(t, "the one that took its place is told as deleted", func() bool { return count("x delete") == n+2 })
}

func deleted(name string) bool { return strings.HasSuffix(name, " (deleted)") }

// FS9: a path that is missing is waited for by its nearest directory, also over
// symbolic links, and noticed at once.
func TestFS9_VnodeAppears(t *testing.T) {
	const most = time.Second // it was polled every 8 s after a while
	d := prepare(t, `
sources:
  deep: { vnode: { path: $DIR/a/b/f, events: [write] }, handler: { log: "deep" } }
  link: { vnode: { path: $DIR/link, events: [write] }, handler: { log: "link" } }
`)
	must(t, os.Symlink(d.path("away", "target"), d.path("link")))
	d.ready()
	for _, s := range []string{"deep", "link"} {
		if st := d.status(s); st.State != "waiting" || st.Errors != 1 {
			t.Errorf("%+v", st)
		}
	}
	began := time.Now()
	must(t, os.MkdirAll(d.path("a", "b"), 0o755))
	d.write("a/b/f", "x")
	d.says("deep", "deep")
	must(t, os.Mkdir(d.path("away"), 0o755))
	d.write("away/target", "x")
	d.says("link", "link")
	if took := time.Since(began); took > most {
		t.Errorf("noticed after %v", took)
	}
}

// V1: an object whose filesystem was unmounted is let go, and the one that is there
// when it is mounted again is followed.
func TestV1_Remounted(t *testing.T) {
	d := prepare(t, `
sources:
  f: { vnode: { path: $DIR/mnt/f, events: [write, revoke] }, each: path, handler: { log: "f ${op}" } }
`)
	mount := func() {
		t.Helper()
		if err := unix.Mount("none", d.path("mnt"), "tmpfs", 0, ""); err != nil {
			need.Skip(t, need.Root, "mount: %v", err)
		}
	}
	must(t, os.Mkdir(d.path("mnt"), 0o755))
	mount()
	t.Cleanup(func() { _ = unix.Unmount(d.path("mnt"), unix.MNT_DETACH) })
	d.write("mnt/f", "x")
	d.ready()
	must(t, unix.Unmount(d.path("mnt"), unix.MNT_DETACH))
	d.says("f", "f revoke")
	eventually(t, "f waits", func() bool { return d.status("f").State == "waiting" })
	mount()
	d.write("mnt/f", "x")
	d.says("f", "f write")
	// While it waits it holds nothing.
	must(t, os.Remove(d.path("mnt/f")))
	eventually(t, "f waits", func() bool { return d.status("f").State == "waiting" })
	eventually(t, "it can be unmounted", func() bool { return unix.Unmount(d.path("mnt"), 0) == nil })
}

// ready runs the daemon and waits until it is ready.
func (d *instance) ready() {
	d.t.Helper()
	d.run()
	d.await("ready", func(l line) bool { return strings.HasPrefix(l.text("message"), "ready") })
}
