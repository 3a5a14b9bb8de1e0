package e2e

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

const spoolConfig = `
sources:
  out: { write: { fifo: $DIR/out, from: $DIR/spool }, each: path, handler: { log: "${path} was read" } }
`

// until waits until a condition holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not so: " + what)
		}
	}
}

// names are the names in the spool, hidden ones too.
func (d *instance) names() (all []string) {
	entries, err := os.ReadDir(d.path("spool"))
	must(d.t, err)
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// put puts a file into the spool as it should be done.
func (d *instance) put(name, text string) {
	d.write("spool/.new", text)
	must(d.t, os.Rename(d.path("spool", ".new"), d.path("spool", name)))
}

// What is in a spool is read from the FIFO in the order of its names; what comes
// later too; what was read is removed, with an event; what is not whole waits.
func TestWriteFrom(t *testing.T) {
	d := prepare(t, spoolConfig)
	must(t, os.Mkdir(d.path("spool"), 0o700))
	must(t, os.Mkdir(d.path("spool", "directory"), 0o700))
	must(t, os.Symlink("/etc/passwd", d.path("spool", "link")))
	d.put("b", "of b\n")
	d.put("a", strings.Repeat("a line of a\n", 100_000)) // more than a pipe holds
	d.write("spool/.hidden", "hidden\n")
	d.put("empty", "")
	d.run()
	d.await("ready", func(l line) bool { return strings.HasPrefix(l.text("message"), "ready") })
	until(t, "status says that nobody reads", func() bool { return strings.HasPrefix(d.status("out").Reason, "nobody reads ") })
	open, err := os.Create(d.path("spool", "open"))
	must(t, err)

	r, err := os.Open(d.path("out"))
	must(t, err)
	lines := bufio.NewScanner(r)
	next := func(want string) {
		t.Helper()
		must(t, r.SetReadDeadline(time.Now().Add(patience)))
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("read %q, %v, want %q", lines.Text(), lines.Err(), want)
		}
	}
	for range 100_000 {
		next("a line of a")
	}
	next("of b")
	d.says("out", d.path("spool", "a")+" was read")
	d.says("out", d.path("spool", "b")+" was read")
	d.says("out", d.path("spool", "empty")+" was read")

	d.await("the link is refused", func(l line) bool {
		return l.text("source") == "out" && strings.Contains(l.text("error"), "link: is not a regular file")
	})

	_, err = open.WriteString("a part, ")
	must(t, err)
	d.put("c", "of c\n")
	next("of c")
	_, err = open.WriteString("and the rest\n")
	must(t, err)
	must(t, open.Close())
	next("a part, and the rest")
	for i := range 300 { // always the same name
		d.put("same", fmt.Sprintf("%d\n", i))
		if i%3 == 0 {
			next(fmt.Sprint(i))
			continue
		}
		until(t, "it was taken", func() bool { return !slices.Contains(d.names(), "same") })
		next(fmt.Sprint(i))
	}
	until(t, "only what isn't to be sent is left", func() bool {
		return slices.Equal(d.names(), []string{".hidden", "directory", "link"})
	})
	if s := d.status("out"); s.Detail["unread_bytes"] != 0.0 || s.Detail["sent"] != 305.0 {
		t.Errorf("status: %v", s.Detail)
	}

	must(t, r.Close())
	must(t, os.Remove(d.path("out"))) // underneath
	d.put("d", "of d\n")
	until(t, "it is there again", func() bool { r, err = os.Open(d.path("out")); return err == nil })
	lines = bufio.NewScanner(r)
	next("of d")
	must(t, r.Close())

	must(t, os.Rename(d.path("spool"), d.path("moved")))
	d.await("the spool has gone", func(l line) bool {
		return l.text("source") == "out" && strings.Contains(l.text("error"), "was removed or moved")
	})
	must(t, os.Mkdir(d.path("spool"), 0o700))
	d.put("e", "of e\n")
	until(t, "e is sent", func() bool { // a reader that comes before the spool is back reads nothing
		r, err = os.Open(d.path("out"))
		must(t, err)
		defer r.Close()
		text, err := io.ReadAll(io.LimitReader(r, 5))
		must(t, err)
		return string(text) == "of e\n"
	})
}

// One file is sent as a spool of one, and others beside it are left alone.
func TestWriteFromFile(t *testing.T) {
	d := start(t, `
sources:
  out: { write: { fifo: $DIR/out, from: $DIR/mail }, handler: { log: "${data} bytes of ${paths[0]}" } }
`)
	d.write("letter", "not asked for\n")
	for i := range 3 {
		d.write("new", fmt.Sprintf("mail %d\n", i))
		must(t, os.Rename(d.path("new"), d.path("mail")))
		r, err := os.Open(d.path("out"))
		must(t, err)
		text, err := bufio.NewReader(r).ReadString('\n')
		must(t, err)
		if text != fmt.Sprintf("mail %d\n", i) {
			t.Fatalf("read %q", text)
		}
		must(t, r.Close())
		n := 0
		d.await("each is told before the next, with which it could merge", func(l line) bool {
			if l.text("source") == "out" && l.text("message") == "7 bytes of "+d.path("mail") {
				n++
			}
			return n == i+1
		})
	}
	until(t, "it is removed", func() bool { _, err := os.Stat(d.path("mail")); return os.IsNotExist(err) })
	if _, err := os.Stat(d.path("letter")); err != nil {
		t.Error(err)
	}
}

// Nothing is lost by kill -9 and by readers that come and go: what was not read is
// sent again. A file is read twice only if it was on its way.
func TestWriteFromKilled(t *testing.T) {
	rounds := 5
	if soak() {
		rounds = 200
	}
	d := prepare(t, spoolConfig)
	must(t, os.Mkdir(d.path("spool"), 0o700))
	const each = 400
	for i := range rounds * each {
		d.put(fmt.Sprintf("%07d", i), fmt.Sprintf("%07d%s\n", i, strings.Repeat(".", 1000)))
	}
	seen := map[string]int{}
	for round := 0; len(seen) < rounds*each; round++ {
		if round > 3*rounds {
			t.Fatalf("%d of %d", len(seen), rounds*each)
		}
		x := &instance{t: t, dir: d.dir, config: d.config, socket: d.socket}
		x.run()
		var r *os.File
		until(t, "the FIFO is there", func() (ok bool) {
			var err error
			r, err = os.Open(d.path("out"))
			return err == nil
		})
		must(t, r.SetReadDeadline(time.Now().Add(patience)))
		lines := bufio.NewReader(r)
		for i := 0; i < each+100 && len(seen) < rounds*each; i++ {
			if i == each/2 { // another reader; what this one has buffered is its own
				for lines.Buffered() > 0 {
					if n := note(t, lines); n != "" {
						seen[n]++
					}
				}
			}
			if n := note(t, lines); n != "" {
				seen[n]++
			}
		}
		x.kill()
		must(t, r.Close())
	}
	twice := 0
	for _, n := range seen {
		if n > 1 {
			twice++
		}
	}
	t.Logf("%d files, %d read more than once", len(seen), twice)
}

// note reads a line of the test above and returns its number, "" when it begins in
// the middle.
func note(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	text, err := r.ReadString('\n')
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	if len(text) != 1008 {
		return ""
	}
	return text[:7]
}
