package clauses_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/sources"
)

func TestDispatchRead(t *testing.T) {
	r := start(t)
	const chunk, size = 500 << 10, 3 * 500 << 10
	path := t.TempDir() + "/file"
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC|unix.O_NONBLOCK, 0o600)
	must(t, err)
	_, err = unix.Pwrite(fd, make([]byte, size), 0)
	must(t, err)
	s := sources.NewRead("file", r.NewQueue("q"), fd)
	closed := make(chan struct{})
	read, buf := 0, make([]byte, chunk)
	s.OnEvent(func(e sources.Ready) {
		if s.Cancelled() {
			t.Error("call after cancel")
		}
		if left := size - read; e.Bytes > left {
			t.Errorf("the estimate is %d with %d left", e.Bytes, left)
		}
		n, err := unix.Read(fd, buf)
		if read += n; err != nil || n == 0 {
			s.Cancel() // end of file
		}
	})
	s.OnCancel(func() { shut(t, fd); close(closed) })
	must(t, s.Activate())
	receive(t, closed, "end of file")
	if read != size {
		t.Errorf("%d of %d bytes read", read, size)
	}
}
