package reactor_test

import (
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/reactor"
)

// panicWith fails the test unless f panics with a text that has all of words.
func panicWith(t rapid.TB, f func(), words ...string) {
	t.Helper()
	defer func() {
		t.Helper()
		text, _ := recover().(string)
		for _, w := range words {
			if !strings.Contains(text, w) {
				t.Errorf("panic %q lacks %q", text, w)
			}
		}
	}()
	f()
	t.Errorf("no panic, want one with %q", words)
}

// longOrShare is the count long under REACTORD_SOAK, and else a share of it.
func longOrShare(long, share int) int {
	if os.Getenv("REACTORD_SOAK") != "" {
		return long
	}
	return share
}

// bubble runs f under synctest and checks for leaks outside.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	leak.Check(t)
	synctest.Test(t, f)
}

// inBubble hides the Deadline of a test, which rapid asks for and a bubble
// forbids.
type inBubble struct{ rapid.TB }

// quiet is a tracer for panics that are meant.
type quiet struct{}

func (quiet) Panicked(reactor.Panic) {}
func (quiet) Failed(string, error)   {}
