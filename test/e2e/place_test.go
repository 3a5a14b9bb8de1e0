package e2e

import (
	"fmt"
	"net"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// Ensure that a FIFO and a socket are made anew however soon they are moved away
// after they were made: also before their files are watched.
func TestMovedAsSoonAsItIsThere(t *testing.T) {
	rounds := 100
	if soak() {
		rounds = 5000
	}
	d := start(t, `
sources:
  fifo:   { read: { fifo: $DIR/fifo, framing: lines }, each: line, handler: { log: "${line}" } }
  socket: { port: "unix:$DIR/socket", each: message, handler: { log: "${message}" } }
`)
	for _, name := range []string{"fifo", "socket"} {
		var last os.FileInfo
		for i := range rounds {
			until(t, fmt.Sprint(name, " is there again, round ", i), func() bool {
				is, err := os.Lstat(d.path(name))
				if err != nil || last != nil && os.SameFile(is, last) {
					return false
				}
				last = is
				return os.Rename(d.path(name), d.path(name+" away")) == nil
			})
		}
	}
	until(t, "the FIFO is read", func() bool {
		fd, err := unix.Open(d.path("fifo"), unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			return false
		}
		_, err = unix.Write(fd, []byte("through the last\n"))
		must(t, unix.Close(fd))
		return err == nil
	})
	d.says("fifo", "through the last")
	until(t, "the socket is bound", func() bool {
		conn, err := net.Dial("unixgram", d.path("socket"))
		if err != nil {
			return false
		}
		_, err = conn.Write([]byte("to the last"))
		must(t, conn.Close())
		return err == nil
	})
	d.says("socket", "to the last")
}
