package reactor_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
)

func pipe(t testing.TB) (r, w int) {
	t.Helper()
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	return p[0], p[1]
}

func TestR3_WatchesShareADescriptor(t *testing.T) {
	r := start(t)
	rd, wr := pipe(t)
	told := make(chan string, 8)
	var watches []*reactor.Watch
	for _, name := range []string{"a", "b"} {
		w, err := r.Watch(rd, reactor.In, reactor.HoldOff, func(reactor.Readiness) { told <- name })
		if err != nil {
			t.Fatal(err)
		}
		watches = append(watches, w)
	}
	_, _ = unix.Write(wr, []byte("x"))
	if a, b := receive(t, told, "first"), receive(t, told, "second"); a == b {
		t.Fatalf("%s was told twice", a)
	}
	watches[0].Rearm()
	if got := receive(t, told, "again"); got != "a" {
		t.Fatalf("%s was told, only a was re-armed", got)
	}
	for _, w := range watches {
		w.Close()
		w.Close()
	}
	_ = unix.Close(rd)
	_ = unix.Close(wr)
}

func TestR7_UnpollableIsAnError(t *testing.T) {
	r := start(t)
	dir, err := unix.Open(t.TempDir(), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(dir)
	if _, err := r.Watch(dir, reactor.In, reactor.HoldOff, func(reactor.Readiness) {}); err == nil {
		t.Fatal("a directory was taken")
	}
	if _, err := r.Watch(9999, reactor.In, reactor.HoldOff, func(reactor.Readiness) {}); err == nil {
		t.Fatal("a descriptor that isn't open was taken")
	}
}

// Ensure that a descriptor closed before its watch harms nobody who gets the
// number next, and that the old watch is told.
func TestR8_StaleNumberIsDetected(t *testing.T) {
	r := start(t)
	rd, wr := pipe(t)
	old := make(chan reactor.Readiness, 8)
	stale, err := r.Watch(rd, reactor.In, reactor.HoldOff, func(ready reactor.Readiness) { old <- ready })
	if err != nil {
		t.Fatal(err)
	}
	_ = unix.Close(rd)
	_ = unix.Close(wr)
	rd2, wr2 := pipe(t)
	if rd2 != rd {
		t.Fatalf("the number %d was not reused but %d", rd, rd2)
	}
	fresh := make(chan reactor.Readiness, 8)
	w, err := r.Watch(rd2, reactor.In, reactor.HoldOff, func(ready reactor.Readiness) { fresh <- ready })
	if err != nil {
		t.Fatal(err)
	}
	if got := receive(t, old, "notice"); got != reactor.Stale {
		t.Fatalf("the old watch was told %#x", got)
	}
	stale.Rearm()
	stale.Close() // must not take the new registration away
	_, _ = unix.Write(wr2, []byte("x"))
	receive(t, fresh, "readiness of the new descriptor")
	if len(old) != 0 {
		t.Fatal("the old watch was told of the new descriptor")
	}
	w.Close()
	_ = unix.Close(rd2)
	_ = unix.Close(wr2)
}
