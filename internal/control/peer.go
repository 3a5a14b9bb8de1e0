package control

import (
	"fmt"
	"net"
	"os"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// allowed asks the kernel who is at the other end of a connection and whether
// that user may call.
func allowed(conn net.Conn, group int) error {
	c, ok := conn.(*client)
	if !ok {
		return fmt.Errorf("not a connection of the control socket: %T", conn)
	}
	raw, err := c.Conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		return err
	}
	var cred *unix.Ucred
	var groups []uint32
	var failed error
	if err := raw.Control(func(fd uintptr) {
		if cred, failed = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); failed == nil {
			groups, failed = peerGroups(int(fd))
		}
	}); err != nil {
		return err
	}
	if failed != nil {
		return fmt.Errorf("peer credentials: %w", failed)
	}
	switch {
	case cred.Uid == 0, int(cred.Uid) == os.Geteuid(), int(cred.Gid) == group, slices.Contains(groups, uint32(group)):
		return nil
	}
	return fmt.Errorf("user %d is neither root nor the daemon's user nor in group %d", cred.Uid, group)
}

// peerGroups are the supplementary groups of the peer (SO_PEERGROUPS).
func peerGroups(fd int) ([]uint32, error) {
	groups := make([]uint32, 64)
	for {
		size := uint32(len(groups) * 4)
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_PEERGROUPS,
			uintptr(unsafe.Pointer(unsafe.SliceData(groups))), uintptr(unsafe.Pointer(&size)), 0)
		switch {
		case errno == unix.ERANGE && int(size)/4 > len(groups):
			groups = make([]uint32, size/4)
		case errno == unix.ENODATA: // none
			return nil, nil
		case errno != 0:
			return nil, errno
		default:
			return groups[:size/4], nil
		}
	}
}
