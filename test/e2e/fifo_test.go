package e2e

import (
	"fmt"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A FIFO that is removed or moved away underneath is made anew, with no writer
// and with one, whose lines are read to the end first; each time, and none lost.
func TestFifoRemovedUnderneath(t *testing.T) {
	d := start(t, `
sources:
  lines: { read: { fifo: $DIR/lines, framing: lines }, each: line, handler: { log: "${line}" } }
  bytes: { read: { fifo: $DIR/bytes }, handler: { exec: [dd, "if=$DIR/bytes", iflag=nonblock, status=none] } }
`)
	// writer opens the FIFO of that name when there is one with a reader.
	writer := func(name string, not os.FileInfo) *os.File {
		t.Helper()
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			f, err := os.OpenFile(d.path(name), os.O_WRONLY|unix.O_NONBLOCK, 0)
			if err != nil {
				continue
			}
			is, err := f.Stat()
			must(t, err)
			if not == nil || !os.SameFile(is, not) {
				return f
			}
			_ = f.Close()
		}
		t.Fatalf("the FIFO %s doesn't come back", name)
		return nil
	}
	for i := range 3 {
		old, err := os.Stat(d.path("lines"))
		must(t, err)
		must(t, os.Remove(d.path("lines"))) // nobody writes
		w := writer("lines", old)
		old, err = w.Stat()
		must(t, err)
		must(t, os.Rename(d.path("lines"), d.path(fmt.Sprint("moved", i)))) // somebody does
		for j := range 100 {
			_, err = fmt.Fprintf(w, "%d-%d\n", i, j)
			must(t, err)
		}
		must(t, w.Close())
		w = writer("lines", old)
		_, err = fmt.Fprintf(w, "%d-new\n", i)
		must(t, err)
		must(t, w.Close())
		d.says("lines", fmt.Sprintf("%d-new", i))
		for j := range 100 {
			d.says("lines", fmt.Sprintf("%d-%d", i, j))
		}

		old, err = os.Stat(d.path("bytes"))
		must(t, err)
		must(t, os.Remove(d.path("bytes")))
		w = writer("bytes", old)
		_, err = fmt.Fprintf(w, "bytes %d\n", i)
		must(t, err)
		d.says("bytes", fmt.Sprintf("bytes %d", i))
		must(t, w.Close())
	}
}
