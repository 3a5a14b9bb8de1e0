package sources

import (
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

// ports knows which sockets have a port, in the whole process: a descriptor is
// the process's, not a reactor's.
var ports = portClaims{of: map[inode]*portIntake{}}

type portClaims struct {
	mu sync.Mutex
	of map[inode]*portIntake
}

// claim makes in the only port of its socket.
func (c *portClaims) claim(in *portIntake) error {
	var st unix.Stat_t
	if err := in.source.Reactor().Kernel().Fstat(in.fd, &st); err != nil {
		return fmt.Errorf("port: descriptor %d: %w", in.fd, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	in.socket = inode{st.Dev, st.Ino}
	if other := c.of[in.socket]; other != nil {
		return fmt.Errorf("port: descriptor %d: port %q reads this socket already", in.fd, other.source.Label())
	}
	c.of[in.socket] = in
	return nil
}

// isOf reports whether the port's descriptor is still the socket it claimed. The
// error says why nobody can tell.
func (*portClaims) isOf(in *portIntake) (bool, error) {
	var st unix.Stat_t
	switch err := in.source.Reactor().Kernel().Fstat(in.fd, &st); {
	case errors.Is(err, unix.EBADF):
		return false, nil
	case err != nil:
		return false, err
	}
	return in.socket == inode{st.Dev, st.Ino}, nil
}

func (c *portClaims) release(in *portIntake) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of[in.socket] == in {
		delete(c.of, in.socket)
	}
}
