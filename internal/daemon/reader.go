package daemon

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/handlers"
	"github.com/reactord/reactord/sources"
)

// reader reads a descriptor and makes events of its lines or messages.
type reader struct {
	source   *source
	fd       int
	peer     *handlers.Peer // nil: not known
	splitter sources.Splitter
	// end is called once: at the end of the stream with nil, else with why no
	// more can be read.
	end func(error)
	// packets says that a read gives one packet, whose end ends a line or
	// message.
	packets bool
	// connection says that the stream has a sender of its own: a fault after
	// which the next message can't be found ends it. In a FIFO others may write
	// as well, and the rest is passed over until the last writer has gone.
	connection bool
	buffer     []byte
}

func newReader(s *source, fd int, end func(error)) (*reader, error) {
	c := s.config.Read
	splitter, err := sources.NewSplitter(sources.Framing(c.Framing), int(c.Limit))
	if err != nil {
		return nil, err
	}
	return &reader{source: s, fd: fd, splitter: splitter, end: end}, nil
}

// readSize is how much is read before other descriptors have their turn.
const readSize = 32 << 10

// read is called when there is something to read, and reads once. What is left
// is told again, and while pending is full the source is suspended, so that a
// slow handler holds the sender up instead of filling memory.
func (r *reader) read() {
	size := readSize
	if r.packets { // what doesn't fit would be lost
		n, _, err := unix.Recvfrom(r.fd, nil, unix.MSG_PEEK|unix.MSG_TRUNC)
		if err == nil {
			size = max(size, n)
		}
	}
	if len(r.buffer) < size {
		r.buffer = make([]byte, size)
	}
	n, err := unix.Read(r.fd, r.buffer)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return
	case err != nil, n == 0:
		r.put(r.splitter.End(), true)
		if err != nil {
			err = fmt.Errorf("read: %w", err)
		}
		r.end(err)
	default:
		frames := r.splitter.Split(r.buffer[:n])
		if r.packets {
			frames = append(frames, r.splitter.End()...)
		}
		if lost := r.put(frames, false); lost != nil && r.connection && !r.packets {
			r.end(lost)
		}
	}
}

// put makes an event of what is whole, and tells what is not framed as it
// should be. It returns why what follows can't be told apart, nil when it can.
func (r *reader) put(frames []sources.Frame, eof bool) (lost error) {
	e := handlers.Event{EOF: eof, Peer: r.peer}
	for _, f := range frames {
		switch {
		case f.Err != nil:
			r.source.failed(f.Err)
			if f.Err.Ends {
				lost = f.Err
			}
		case r.source.config.Read.Framing == string(sources.FramingLines):
			e.Lines = append(e.Lines, string(f.Data))
		default:
			e.Messages = append(e.Messages, handlers.Message{Data: string(f.Data)})
		}
	}
	if len(e.Lines)+len(e.Messages) > 0 {
		r.source.put(e)
	}
	return lost
}
