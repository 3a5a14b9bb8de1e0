package systemd

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// sendTimeout is how long a message may wait for room in systemd's queue.
const sendTimeout = 5 * time.Second

// maxStatus is the longest status text in bytes. systemd ignores a whole message of
// more than 4096 bytes (NOTIFY_BUFFER_MAX), and a status is a line for people.
const maxStatus = 1024

// A Notifier sends the state of the service to systemd as sd_notify(3) describes. The
// nil *Notifier stands for a process that systemd did not start, or does not expect
// messages from: its methods do nothing and return nil.
//
// Its methods may be called from any goroutine.
type Notifier struct {
	addr *unix.SockaddrUnix
	name string // of the address, for errors

	mu sync.Mutex
	fd int // guarded by mu; -1 once closed
}

// NewNotifier returns a notifier for the address in NOTIFY_SOCKET, as getenv tells it
// (os.Getenv in a daemon), or nil where there is none. It opens a socket, but sends
// nothing. An address that is neither an absolute path nor an abstract name ("@…") is
// an error.
func NewNotifier(getenv func(string) string) (*Notifier, error) {
	name := getenv("NOTIFY_SOCKET")
	if name == "" {
		return nil, nil
	}
	if (name[0] != '/' && name[0] != '@') || len(name) < 2 {
		return nil, fmt.Errorf("NOTIFY_SOCKET=%q: neither an absolute path nor an abstract socket", name)
	}
	if limit := len(unix.RawSockaddrUnix{}.Path); len(name) >= limit {
		return nil, fmt.Errorf("NOTIFY_SOCKET=%q: longer than the %d bytes of a socket's address", name, limit-1)
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket for %s: %w", name, err)
	}
	// A socket that does not block would lose messages while systemd is busy; one
	// that blocks for ever would hang the daemon with it.
	timeout := unix.NsecToTimeval(sendTimeout.Nanoseconds())
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &timeout); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("socket for %s: %w", name, err)
	}
	return &Notifier{addr: &unix.SockaddrUnix{Name: name}, name: name, fd: fd}, nil
}

// Ready tells that start-up has finished, and the status text that goes with it. It
// is what "systemctl start" waits for. Further calls change the text only.
func (n *Notifier) Ready(status string) error {
	return n.send("READY=1\n", status)
}

// Stopping tells that the service has begun to stop, and the status text.
func (n *Notifier) Stopping(status string) error {
	return n.send("STOPPING=1\n", status)
}

// Status sets the line that "systemctl status" shows; the empty text removes it.
//
// In this and the other texts control characters, among them the newlines that would
// begin another assignment, become spaces, bytes that are not UTF-8 become U+FFFD,
// and what is beyond 1024 bytes is cut off.
func (n *Notifier) Status(text string) error {
	return n.send("", text)
}

// Close closes the socket. Messages after it are errors (os.ErrClosed); a second
// Close does nothing.
func (n *Notifier) Close() error {
	if n == nil {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fd < 0 {
		return nil
	}
	fd := n.fd
	n.fd = -1
	return unix.Close(fd)
}

// send sends one datagram: assignments, each with its newline, and the status. The
// lock is held across the system call, which keeps the order and the descriptor.
func (n *Notifier) send(assignments, status string) error {
	if n == nil {
		return nil
	}
	message := []byte(assignments + "STATUS=" + oneLine(status))
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fd < 0 {
		return fmt.Errorf("notify systemd at %s: %w", n.name, os.ErrClosed)
	}
	for {
		// With SO_SNDTIMEO set, a signal ends the call even if its handler asked
		// for a restart: signal(7).
		err := unix.Sendto(n.fd, message, unix.MSG_NOSIGNAL, n.addr)
		switch err {
		case nil:
			return nil
		case unix.EINTR:
			continue
		case unix.EAGAIN:
			return fmt.Errorf("notify systemd at %s: %w: its queue was full for %v", n.name, os.ErrDeadlineExceeded, sendTimeout)
		default:
			return fmt.Errorf("notify systemd at %s: %w", n.name, err)
		}
	}
}

// oneLine makes text a value that systemd accepts: it splits messages at newlines and
// carriage returns, ignores one with a NUL in it and a status that is not UTF-8.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if len(text) <= maxStatus {
		return text
	}
	end := maxStatus
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
