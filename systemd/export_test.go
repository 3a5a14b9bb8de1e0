package systemd

import (
	"time"

	"golang.org/x/sys/unix"
)

// SetSendTimeout shortens the time a message may wait, for tests.
func (n *Notifier) SetSendTimeout(d time.Duration) error {
	timeout := unix.NsecToTimeval(d.Nanoseconds())
	return unix.SetsockoptTimeval(n.fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &timeout)
}
