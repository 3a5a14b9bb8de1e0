package handlers_test

import (
	"os"
	"strings"
	"testing"

	"github.com/reactord/reactord/handlers"
)

// Runs with pipes that were made ahead are like any other: input, output and
// errors are whole and end, one run after the other, and the daemon keeps six
// descriptors, none after Close.
func TestPipesMadeAhead(t *testing.T) {
	r := newReactor(t)
	pipes := &handlers.Pipes{}
	t.Cleanup(pipes.Close)
	x := &handlers.Exec{Reactor: r, Pipes: pipes, Shell: `cat; echo err >&2`}
	outcomeOf(t, x, filesEvent("/warm")) // the reactor's own descriptors
	before := descriptors(t)
	for _, path := range []string{"/a", "/b", "/c"} {
		if got := output(t, x, filesEvent(path)); !strings.Contains(got, `"path":"`+path+`"`) || !strings.Contains(got, "err\n") {
			t.Fatalf("output %q", got)
		}
		if now := descriptors(t); now != before {
			t.Fatalf("%d descriptors after a run, %d before", now, before)
		}
	}
	pipes.Close()
	if now := descriptors(t); now != before-6 {
		t.Errorf("%d descriptors after Close, %d with the pipes", now, before)
	}
	output(t, x, filesEvent("/late"))
	if now := descriptors(t); now != before-6 {
		t.Errorf("%d descriptors after a run that came late, %d wanted", now, before-6)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(open)
}
