package control

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Listen opens the socket at path, for its owner and group. Missing
// directories are made. A socket whose daemon is gone is replaced; one that
// answers is an error, and so is anything but a socket.
func Listen(path string) (net.Listener, error) {
	if err := makeDirectory(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() != fs.ModeSocket {
		return nil, fmt.Errorf("control socket %s: something else is there, which is left alone: remove it, or set settings.control", path)
	}
	if conn, err := net.Dial("unix", path); err == nil {
		_ = conn.Close()
		return nil, fmt.Errorf("control socket %s: another daemon listens there: stop it, or set settings.control", path)
	} else if errors.Is(err, unix.ECONNREFUSED) {
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("control socket: %w", err)
		}
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	if err := os.Chmod(path, 0o660); err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("control socket: %w", err)
	}
	return bounded{l, make(chan struct{}, mostClients)}, nil
}

// makeDirectory makes the socket's directory and refuses
// one in which another user could put a socket of theirs: clients would talk
// to that. In a sticky directory they can't replace ours.
func makeDirectory(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil {
		return &os.PathError{Op: "stat", Path: dir, Err: err}
	}
	switch {
	case st.Uid != 0 && int(st.Uid) != os.Geteuid():
		return fmt.Errorf("%s belongs to user %d, who could take the socket's place: use a directory of your own", dir, st.Uid)
	case st.Mode&unix.S_IWOTH != 0 && st.Mode&unix.S_ISVTX == 0:
		return fmt.Errorf("%s is writable by everybody, who could take the socket's place: chmod o-w %s", dir, dir)
	}
	return nil
}

// mostClients is how many connections are served at once; more wait.
const mostClients = 256

// bounded is a listener with so many connections at most.
type bounded struct {
	net.Listener
	room chan struct{}
}

func (b bounded) Accept() (net.Conn, error) {
	b.room <- struct{}{}
	conn, err := b.Listener.Accept()
	if err != nil {
		<-b.room
		return nil, err
	}
	return &client{Conn: conn, leave: func() { <-b.room }}, nil
}

// client is a connection that gives its room back, once.
type client struct {
	net.Conn
	leave func()
}

func (c *client) Close() error {
	err := c.Conn.Close()
	if err == nil {
		c.leave() // a second Close fails with net.ErrClosed
	}
	return err
}
