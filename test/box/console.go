package box

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// A console is the terminal PID 1 logs to. systemd accepts nothing but a terminal
// there, and opens and closes it for each line, so the other end is kept open here
// as well: a read from a pty without a slave fails with EIO.
type console struct {
	master, slave *os.File
	read          chan struct{} // closed when the reader has ended

	mu  sync.Mutex
	buf []byte // guarded by mu
}

// openConsole makes the terminal and starts its reader, which close ends.
func openConsole() (*console, error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open /dev/ptmx: %w", err)
	}
	c := &console{master: os.NewFile(uintptr(fd), "/dev/ptmx"), read: make(chan struct{})}
	n, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		c.slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		c.master.Close()
		return nil, fmt.Errorf("make a pty: %w", err)
	}
	go c.readAll()
	return c, nil
}

func (c *console) readAll() {
	defer close(c.read)
	buf := make([]byte, 4096)
	for {
		n, err := c.master.Read(buf)
		c.mu.Lock()
		c.buf = append(c.buf, buf[:n]...)
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// text returns what was written so far.
func (c *console) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.ReplaceAll(string(c.buf), "\r\n", "\n")
}

func (c *console) close() {
	c.master.Close()
	<-c.read
	c.slave.Close()
}
