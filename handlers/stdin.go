package handlers

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// openStdin is the descriptor a run's command reads (clause XC2), for the
// caller to close, and what is to be called, if not nil, once it has been
// started, or could not be.
//
// Nobody ever waits for a command that reads slowly or never. What fits into a
// page goes into a pipe, which takes it at once, anything longer lies in a
// memfd: a file without a name in memory, sealed, so that nothing can be written
// into it. Making a memfd costs four times what a pipe does, and most records
// are short. A record that is certain to be short is made and written while the
// command is being executed, which has the command begin a twentieth sooner.
func (x *Exec) openStdin(e *Event) (fd int, started func(), err error) {
	kind := x.Stdin
	if kind == StdinConnection {
		fd, err = connection(e)
		return fd, nil, err
	}
	if (kind == StdinEvent || kind == "") && e.short() {
		return x.emptyPipe(e)
	}
	fd, err = readyStdin(kind, e)
	return fd, nil, err
}

// connection is a copy of the connection that e brings. Commands expect it to
// block.
func connection(e *Event) (fd int, err error) {
	fds, err := e.Descriptors.copies()
	switch {
	case err != nil:
		return -1, err
	case len(fds) != 1:
		closeAll(fds)
		return -1, errors.New("stdin: the connection is closed already")
	}
	if err := unix.SetNonblock(fds[0], false); err != nil {
		closeAll(fds)
		return -1, fmt.Errorf("stdin: connection: %w", err)
	}
	return fds[0], nil
}

// emptyPipe is a pipe into which the record of e goes later.
func (x *Exec) emptyPipe(e *Event) (fd int, started func(), err error) {
	p, err := x.Pipes.take()
	if err != nil {
		return -1, nil, fmt.Errorf("make a pipe for its input: %w", err)
	}
	return p.read, func() {
		defer unix.Close(p.write)
		var record bytes.Buffer
		_ = e.WriteLine(&record)                   // a short event has nothing that can't be written
		_, _ = unix.Write(p.write, record.Bytes()) // EPIPE: it has ended, or closed its input
	}, nil
}

// Bounds of what a record takes: all but its texts, a change but for its texts,
// and a byte of text, which is six when it is escaped, and once more in base64.
const (
	recordBytes = 600
	changeBytes = 160
	textByte    = 8
)

// short reports whether the record of e is certain to fit into a pipe, and to
// be written without an error.
func (e *Event) short() bool {
	if len(e.Items)+len(e.Lines)+len(e.Messages)+len(e.Senders) > 0 || e.Peer != nil {
		return false
	}
	n := recordBytes + textByte*(len(e.ID)+len(e.Source)+len(e.Kind)+len(e.Signal)+len(e.Name)+len(e.Resource)+len(e.Level)+len(e.What)+len(e.About))
	for i := range e.Changes {
		c := &e.Changes[i]
		n += changeBytes + textByte*(len(c.Path)+len(c.From)+len(c.To))
	}
	return n <= pipeHolds
}

// readyStdin is a descriptor from which everything can be read.
func readyStdin(kind string, e *Event) (int, error) {
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
	return -1, fmt.Errorf("stdin: %q is none of event, paths, paths0, lines, connection and none", kind)
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
	ends, err := makePipe()
	if err != nil {
		return -1, fmt.Errorf("make a pipe for its input: %w", err)
	}
	defer unix.Close(ends.write)
	if len(p) > 0 {
		if _, err := unix.Write(ends.write, p); err != nil {
			_ = unix.Close(ends.read)
			return -1, fmt.Errorf("write its input: %w", err)
		}
	}
	return ends.read, nil
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
