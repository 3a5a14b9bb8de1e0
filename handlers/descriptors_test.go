package handlers_test

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/handlers"
)

func isOpen(fd int) bool {
	_, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	return err == nil
}

// Descriptors are closed once, after release was called, however often Close is.
func TestDescriptorsClose(t *testing.T) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	released := 0
	d := handlers.NewDescriptors(func() {
		released++
		if !isOpen(fds[0]) || !isOpen(fds[1]) {
			t.Error("closed before they were released")
		}
	}, fds[:]...)
	if d.Len() != 2 {
		t.Errorf("%d descriptors", d.Len())
	}
	d.Close()
	if isOpen(fds[0]) || isOpen(fds[1]) || d.Len() != 0 {
		t.Error("still open")
	}
	f, err := os.Open("/dev/null") // takes a number that was theirs
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d.Close()
	if released != 1 || !isOpen(int(f.Fd())) {
		t.Errorf("released %d times; closed what is somebody else's: %v", released, !isOpen(int(f.Fd())))
	}
	var none *handlers.Descriptors
	none.Close()
	if none.Len() != 0 {
		t.Error("nothing has a length")
	}
}

// XC5: a connection that is closed already fails the run, and says so.
func TestXC5_Closed(t *testing.T) {
	d := handlers.NewDescriptors(nil)
	x := &handlers.Exec{Reactor: newReactor(t), Command: command(t, "true"), Stdin: handlers.StdinConnection}
	o := outcomeOf(t, x, &handlers.Event{Descriptors: d})
	if o.Result == handlers.Done || o.Err == nil {
		t.Errorf("%+v", o)
	}
}
