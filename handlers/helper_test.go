package handlers_test

import (
	"fmt"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/handlers"
)

// helper names the variable that makes the test binary a program to be run by
// tests.
const helper = "HANDLERS_TEST_HELPER"

// TestMain runs the tests, or is the program.
func TestMain(m *testing.M) {
	handlers.Launch()
	switch os.Getenv(helper) {
	case "":
	case "leave-group":
		leaveGroup()
		return
	default:
		panic("unknown helper")
	}
	os.Exit(m.Run())
}

// leaveGroup joins the group of the parent and waits to be killed.
func leaveGroup() {
	group, err := unix.Getpgid(os.Getppid())
	if err == nil {
		err = unix.Setpgid(0, group)
	}
	if err != nil {
		panic(err)
	}
	fmt.Println("left")
	select {}
}

// executable is the test binary.
func executable(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// onBlockedThread calls f on a thread that blocks signals.
func onBlockedThread(t *testing.T, blocked *unix.Sigset_t, f func()) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, after unix.Sigset_t
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, blocked, &before); err != nil {
		t.Fatal(err)
	}
	f()
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &before, &after); err != nil {
		t.Fatal(err)
	}
	if after != *blocked {
		t.Error("the thread's mask was not put back")
	}
}
