package control

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Listen opens the socket at path, for its owner and group. Missing
// directories are made. A socket whose daemon is gone is replaced; one that
// answers is an error.
func Listen(path string) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
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

// mostClients is how many connections are served at once; more wait.
const mostClients = 64

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
