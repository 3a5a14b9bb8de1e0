package sources

import (
	"testing"

	"golang.org/x/sys/unix"
)

// Ensure that no control message, however cut off, is read beyond its end.
func FuzzPortControl(f *testing.F) {
	f.Add([]byte{})
	f.Add(unix.UnixRights(1000, 1001))
	f.Add(unix.UnixCredentials(&unix.Ucred{Pid: 1, Uid: 2, Gid: 3}))
	both := append(unix.UnixCredentials(&unix.Ucred{Pid: 1}), unix.UnixRights(1000)...)
	for cut := range both {
		f.Add(both[:cut])
	}
	f.Add([]byte("\x13\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00000")) // part of a descriptor
	f.Fuzz(func(t *testing.T, control []byte) {
		var m Message
		(&portIntake{fd: -1}).parse(&m, control)
		if len(m.FDs)*sizeofFD > len(control) {
			t.Fatalf("%d descriptors out of %d bytes", len(m.FDs), len(control))
		}
	})
}
