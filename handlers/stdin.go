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
// The whole of it is there before the command starts, whatever its size, so
// nobody waits for a command that reads slowly or never. What fits into a page
// lies in a pipe, anything longer in a memfd: a file without a name in memory,
// sealed, so that nothing can be written into it. Making a memfd costs four
// times what a pipe does, and most records are short.
func openStdin(kind string, e *Event) (int, error) {
	switch kind {
	case StdinNone:
		return openNull()
	case StdinEvent, "":
		return input(e.WriteLine)
	case StdinPaths:
		return input(func(w io.Writer) error { return writeAll(w, e.Paths(), '\n') })
	case StdinPaths0:
		return input(func(w io.Writer) error { return writeAll(w, e.Paths(), 0) })
	case StdinLines:
		return input(func(w io.Writer) error { return writeAll(w, e.Lines, '\n') })
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

// pipeHolds is what every pipe holds: a page, also for a user who has too many.
const pipeHolds = 4096

// input is a descriptor to read what write writes from.
func input(write func(io.Writer) error) (int, error) {
	t := text{memfd: -1}
	if err := write(&t); err != nil {
		t.discard()
		return -1, err
	}
	if t.memfd < 0 {
		return filledPipe(t.short)
	}
	const seals = unix.F_SEAL_WRITE | unix.F_SEAL_GROW | unix.F_SEAL_SHRINK | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(uintptr(t.memfd), unix.F_ADD_SEALS, seals); err != nil {
		t.discard()
		return -1, fmt.Errorf("seal memfd: %w", err)
	}
	return t.memfd, nil
}

// filledPipe is the reading end of a pipe with p in it and no writer.
func filledPipe(p []byte) (int, error) {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		return -1, fmt.Errorf("make a pipe for its input: %w", err)
	}
	defer unix.Close(ends[1])
	if len(p) > 0 {
		if _, err := unix.Write(ends[1], p); err != nil {
			_ = unix.Close(ends[0])
			return -1, fmt.Errorf("write its input: %w", err)
		}
	}
	return ends[0], nil
}

// text takes what is written, in memory while it is short and in a memfd from
// then on. The memfd's offset stays 0, so that it need not be rewound.
type text struct {
	short []byte
	memfd int
	end   int64
}

func (t *text) Write(p []byte) (int, error) {
	if t.memfd < 0 {
		if len(t.short)+len(p) <= pipeHolds {
			t.short = append(t.short, p...)
			return len(p), nil
		}
		var err error
		if t.memfd, err = openMemfd(); err != nil {
			return 0, err
		}
		if err := t.store(t.short); err != nil {
			return 0, err
		}
	}
	if err := t.store(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (t *text) store(p []byte) error {
	for len(p) > 0 {
		n, err := unix.Pwrite(t.memfd, p, t.end)
		if err != nil {
			return fmt.Errorf("write memfd: %w", err)
		}
		p = p[n:]
		t.end += int64(n)
	}
	return nil
}

func (t *text) discard() {
	if t.memfd >= 0 {
		_ = unix.Close(t.memfd)
	}
}

func openMemfd() (int, error) {
	fd, err := unix.MemfdCreate("reactord-stdin", unix.MFD_CLOEXEC|unix.MFD_NOEXEC_SEAL)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3
		fd, err = unix.MemfdCreate("reactord-stdin", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	if err != nil {
		return -1, fmt.Errorf("create memfd: %w", err)
	}
	return fd, nil
}
