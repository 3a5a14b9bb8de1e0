package sources

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// ListenPort makes a socket at a path, or at an abstract name that begins with
// @. Network unixgram gives a bound datagram socket, ready for NewPort;
// unixpacket gives a listening one, for a read source that calls Accept and
// makes a port of each connection.
//
// mode is the path's, never wider for a moment; 0 leaves it to the umask. An
// abstract name has no mode: any process of the network namespace can send, and
// Message.Peer is what to go by. A socket that nobody has open any more is
// replaced; one in use, or a file of another type, is an error. The descriptor
// is the caller's, non-blocking; so is the path, to be removed after closing.
func ListenPort(network, address string, mode fs.FileMode) (fd int, err error) {
	kind := unix.SOCK_DGRAM
	switch network {
	case "unixgram":
	case "unixpacket":
		kind = unix.SOCK_SEQPACKET
	default:
		return -1, fmt.Errorf("listen on %s %s: want unixgram or unixpacket", network, address)
	}
	if address == "" || mode&^fs.ModePerm != 0 {
		return -1, fmt.Errorf("listen on %s %q, mode %#o: want a path or @name, and nothing but permissions", network, address, uint32(mode))
	}
	fd, err = unix.Socket(unix.AF_UNIX, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("listen on %s %s: %w", network, address, err)
	}
	if err := bindPort(fd, kind, address, mode); err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("listen on %s %s: %w", network, address, err)
	}
	return fd, nil
}

func bindPort(fd, kind int, address string, mode fs.FileMode) error {
	abstract := strings.HasPrefix(address, "@")
	// Before bind, so that the first message has its sender.
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PASSCRED, 1); err != nil {
		return err
	}
	if mode != 0 && !abstract {
		// The path is made with the socket's own mode, less the umask (unix(7)).
		if err := unix.Fchmod(fd, uint32(mode)); err != nil {
			return err
		}
	}
	addr := &unix.SockaddrUnix{Name: address}
	err := unix.Bind(fd, addr)
	if errors.Is(err, unix.EADDRINUSE) && !abstract && isSocket(address) && abandoned(kind, addr) {
		if err = os.Remove(address); err == nil {
			err = unix.Bind(fd, addr)
		}
	}
	if err != nil {
		return err
	}
	if mode != 0 && !abstract {
		if err = os.Chmod(address, mode); err != nil { // what the umask took
			_ = os.Remove(address)
			return err
		}
	}
	if kind == unix.SOCK_SEQPACKET {
		return unix.Listen(fd, backlog)
	}
	return nil
}

// isSocket tells a socket's file from others: connecting to any file is
// refused as if nobody listened.
func isSocket(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().Type() == fs.ModeSocket
}
