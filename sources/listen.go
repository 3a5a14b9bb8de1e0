package sources

import (
	"errors"
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// backlog is how many connections may wait to be accepted.
const backlog = 128

// Listen opens a listening socket for a read source: network is unix,
// unixpacket or tcp. The descriptor is the caller's. A unix socket that nobody
// listens on any more is replaced; one that is in use is an error.
func Listen(network, address string) (fd int, err error) {
	family, kind, addr, err := resolve(network, address)
	if err != nil {
		return -1, fmt.Errorf("listen on %s %s: %w", network, address, err)
	}
	fd, err = unix.Socket(family, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("listen on %s %s: %w", network, address, err)
	}
	if family != unix.AF_UNIX {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	}
	if err == nil {
		err = unix.Bind(fd, addr)
	}
	if errors.Is(err, unix.EADDRINUSE) && family == unix.AF_UNIX && isSocket(address) && abandoned(kind, addr) {
		if err = os.Remove(address); err == nil {
			err = unix.Bind(fd, addr)
		}
	}
	if err == nil {
		err = unix.Listen(fd, backlog)
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("listen on %s %s: %w", network, address, err)
	}
	return fd, nil
}

func resolve(network, address string) (family, kind int, addr unix.Sockaddr, err error) {
	switch network {
	case "unix":
		return unix.AF_UNIX, unix.SOCK_STREAM, &unix.SockaddrUnix{Name: address}, nil
	case "unixpacket":
		return unix.AF_UNIX, unix.SOCK_SEQPACKET, &unix.SockaddrUnix{Name: address}, nil
	}
	a, err := net.ResolveTCPAddr(network, address)
	if err != nil {
		return 0, 0, nil, err
	}
	if ip := a.IP.To4(); ip != nil {
		return unix.AF_INET, unix.SOCK_STREAM, &unix.SockaddrInet4{Port: a.Port, Addr: [4]byte(ip)}, nil
	}
	to := &unix.SockaddrInet6{Port: a.Port}
	copy(to.Addr[:], a.IP.To16())
	return unix.AF_INET6, unix.SOCK_STREAM, to, nil
}

// abandoned reports whether a socket's file is there and nobody listens.
func abandoned(kind int, addr unix.Sockaddr) bool {
	fd, err := unix.Socket(unix.AF_UNIX, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return errors.Is(unix.Connect(fd, addr), unix.ECONNREFUSED)
}

// Connection is an accepted connection and who is at its other end.
type Connection struct {
	FD   int // non-blocking, the caller's
	Addr string
	// Credentials of the peer; nil when the socket has none, as TCP.
	Credentials *unix.Ucred
}

// Accept takes one connection off a listening socket; unix.EAGAIN when none
// waits. A connection that was gone before it was accepted is passed over.
func Accept(fd int) (Connection, error) { return accept(fd, unix.Accept4) }

func accept(fd int, accept4 func(fd, flags int) (int, unix.Sockaddr, error)) (Connection, error) {
	for {
		conn, peer, err := accept4(fd, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err != nil && goneBefore(err) {
			continue
		}
		if err != nil {
			return Connection{}, err
		}
		c := Connection{FD: conn}
		switch p := peer.(type) {
		case *unix.SockaddrInet4:
			c.Addr = (&net.TCPAddr{IP: p.Addr[:], Port: p.Port}).String()
		case *unix.SockaddrInet6:
			c.Addr = (&net.TCPAddr{IP: p.Addr[:], Port: p.Port}).String()
		case *unix.SockaddrUnix:
			if c.Addr = p.Name; c.Addr == "@" { // the kernel's way to say that it has no name
				c.Addr = ""
			}
			if cred, err := unix.GetsockoptUcred(conn, unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
				c.Credentials = cred
			}
		}
		return c, nil
	}
}

// goneBefore reports whether an error of accept(2) is about one connection, which
// is off the queue: Linux passes on what the network said of it.
func goneBefore(err error) bool {
	switch err {
	case unix.EINTR, unix.ECONNABORTED, unix.EPROTO, unix.ENOPROTOOPT, unix.ENONET,
		unix.ENETDOWN, unix.ENETUNREACH, unix.EHOSTDOWN, unix.EHOSTUNREACH:
		return true
	}
	return false
}
