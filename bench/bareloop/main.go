// Command bareloop DIR CMD ARG starts CMD for every file closed after writing
// in DIR: the least that can be done about it in Go. It prints a byte when it
// watches.
package main

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

func main() {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		panic(err)
	}
	if _, err := unix.InotifyAddWatch(fd, os.Args[1], unix.IN_CLOSE_WRITE); err != nil {
		panic(err)
	}
	events := os.NewFile(uintptr(fd), "inotify") // in the runtime's poller
	_, _ = os.Stdout.Write([]byte{'+'})
	var buf [64 << 10]byte
	for {
		n, err := events.Read(buf[:])
		if err != nil {
			panic(err)
		}
		for at := 0; at < n; {
			ev := (*unix.InotifyEvent)(unsafe.Pointer(&buf[at]))
			p, err := os.StartProcess(os.Args[2], os.Args[2:], &os.ProcAttr{})
			if err == nil {
				_, _ = p.Wait()
			}
			at += unix.SizeofInotifyEvent + int(ev.Len)
		}
	}
}
