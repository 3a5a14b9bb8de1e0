package files_test

import (
	"encoding/binary"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
)

// seam is the real kernel with ways to hold up and falsify inotify.
type seam struct {
	kernel.Kernel

	mu      sync.Mutex
	fd      int // of inotify
	reads   int
	gate    chan struct{} // reads wait for it
	lose    bool          // the next read of something is an overflow
	refuse  func(path string) error
	watched []string // directories as watches were asked for
}

func newSeam() *seam { return &seam{Kernel: kernel.Real{}, fd: -1} }

func (s *seam) InotifyInit() (int, error) {
	fd, err := s.Kernel.InotifyInit()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fd = fd
	return fd, err
}

func (s *seam) InotifyAdd(fd int, path string, mask uint32) (int, error) {
	if strings.HasPrefix(path, "/proc/self/fd/") {
		path, _ = os.Readlink(path)
	}
	s.mu.Lock()
	refuse := s.refuse
	s.watched = append(s.watched, path)
	s.mu.Unlock()
	if refuse != nil {
		if err := refuse(path); err != nil {
			return -1, err
		}
	}
	return s.Kernel.InotifyAdd(fd, path, mask)
}

func (s *seam) Read(fd int, p []byte) (int, error) {
	s.mu.Lock()
	mine, gate := fd == s.fd, s.gate
	s.mu.Unlock()
	if mine && gate != nil {
		<-gate
	}
	n, err := s.Kernel.Read(fd, p)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !mine {
		return n, err
	}
	s.reads++
	if s.lose && n > 0 {
		s.lose = false
		for n > 0 {
			n, _ = s.Kernel.Read(fd, p)
		}
		return copy(p, overflowRecord()), nil
	}
	return n, err
}

// stall has reads wait until the function it returns is called.
func (s *seam) stall() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	gate := make(chan struct{})
	s.gate = gate
	return func() {
		s.mu.Lock()
		s.gate = nil
		s.mu.Unlock()
		close(gate)
	}
}

// overflow has the next records read replaced by an overflow.
func (s *seam) overflow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lose = true
}

// refuseWatches has refuse asked before every watch.
func (s *seam) refuseWatches(refuse func(path string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = refuse
}

func overflowRecord() []byte {
	b := binary.NativeEndian.AppendUint32(nil, ^uint32(0))
	b = binary.NativeEndian.AppendUint32(b, unix.IN_Q_OVERFLOW)
	return append(b, make([]byte, 8)...)
}

// watches is what watches were asked for so far.
func (s *seam) watches() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.watched)
}
