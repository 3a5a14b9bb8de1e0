package handlers

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// openStdin is the descriptor a run's command reads (clause XC2), for the
// caller to close.
//
// What is to be read lies in a memfd: a file without a name in memory. So the
// whole of it is there before the command starts, whatever its size; nobody
// waits for a command that reads slowly or never, and a command that wants to
// know the size or to seek can. It is sealed, so that nothing can be written
// into it.
func openStdin(kind string, e *Event) (int, error) {
	switch kind {
	case StdinNone:
		return openNull()
	case StdinEvent, "":
		return memfd(e.WriteLine)
	case StdinPaths:
		return memfd(func(w io.Writer) error { return writeAll(w, e.Paths(), '\n') })
	case StdinPaths0:
		return memfd(func(w io.Writer) error { return writeAll(w, e.Paths(), 0) })
	case StdinLines:
		return memfd(func(w io.Writer) error { return writeAll(w, e.Lines, '\n') })
	}
	return -1, fmt.Errorf("stdin: %q is none of event, paths, paths0, lines and none", kind)
}

func openNull() (int, error) {
	fd, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open /dev/null: %w", err)
	}
	return fd, nil
}

// writeAll writes each text and end after it.
func writeAll(w io.Writer, texts []string, end byte) error {
	b := bufio.NewWriterSize(w, 32<<10)
	for _, text := range texts {
		_, _ = b.WriteString(text) // an error sticks until Flush
		_ = b.WriteByte(end)
	}
	return b.Flush()
}

// memfd makes a sealed file in memory with what write writes. Its offset is 0.
func memfd(write func(io.Writer) error) (int, error) {
	fd, err := unix.MemfdCreate("reactord-stdin", unix.MFD_CLOEXEC|unix.MFD_NOEXEC_SEAL)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3
		fd, err = unix.MemfdCreate("reactord-stdin", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	if err != nil {
		return -1, fmt.Errorf("create memfd: %w", err)
	}
	if err := write(&memfile{fd: fd}); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	const seals = unix.F_SEAL_WRITE | unix.F_SEAL_GROW | unix.F_SEAL_SHRINK | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("seal memfd: %w", err)
	}
	return fd, nil
}

// memfile writes into a memfd without moving its offset, so that it need not
// be rewound.
type memfile struct {
	fd  int
	end int64
}

func (f *memfile) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		n, err := unix.Pwrite(f.fd, p[written:], f.end)
		if err != nil {
			return written, fmt.Errorf("write memfd: %w", err)
		}
		written += n
		f.end += int64(n)
	}
	return written, nil
}
