// Package sigqueue sends signals with a value, as sigqueue(3) does.
package sigqueue

import (
	"encoding/binary"
	"os"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Send sends a signal, and waits while as many wait for the user as may.
func Send(t testing.TB, pid int, s syscall.Signal, value int32) {
	t.Helper()
	var info [128]byte
	put := func(at int, v uint32) { binary.NativeEndian.PutUint32(info[at:], v) }
	put(0, uint32(s))
	put(8, ^uint32(0)) // SI_QUEUE
	put(16, uint32(os.Getpid()))
	put(20, uint32(os.Getuid()))
	put(24, uint32(value))
	for {
		_, _, errno := unix.Syscall(unix.SYS_RT_SIGQUEUEINFO, uintptr(pid), uintptr(s), uintptr(unsafe.Pointer(&info)))
		switch {
		case errno == 0:
			return
		case errno != unix.EAGAIN:
			t.Fatalf("sigqueue: %v", errno)
		}
		time.Sleep(time.Millisecond) // it is being emptied
	}
}
