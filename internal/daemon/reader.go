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
	end     func(error)
	packets *packets // nil: a stream of bytes
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
	packets, err := packetsOf(fd)
	if err != nil {
		return nil, err
	}
	return &reader{source: s, fd: fd, splitter: splitter, end: end, packets: packets}, nil
}

// readSize is how much is read before other descriptors have their turn.
const readSize = 32 << 10

// read is called when there is something to read, and reads once. What is left
// is told again, and while pending is full the source is suspended, so that a
// slow handler holds the sender up instead of filling memory.
func (r *reader) read() {
	frames, end, err := r.frames()
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return
	case err != nil, end:
		r.put(r.splitter.End(), true)
		if err != nil {
			err = fmt.Errorf("read: %w", err)
		}
		r.end(err)
	default:
		if lost := r.put(frames, false); lost != nil && r.connection && r.packets == nil {
			r.end(lost)
		}
	}
}

// frames reads once, and gives what that completes, or the end.
func (r *reader) frames() (frames []sources.Frame, end bool, err error) {
	size := readSize
	if r.packets != nil {
		size = max(size, r.packets.size(r.fd))
	}
	if len(r.buffer) < size {
		r.buffer = make([]byte, size)
	}
	if r.packets != nil {
		n, end, err := r.packets.receive(r.fd, r.buffer)
		if end || err != nil {
			return nil, end, err
		}
		return r.packets.split(r.splitter, sources.Framing(r.source.config.Read.Framing), r.buffer[:n]), false, nil
	}
	n, err := unix.Read(r.fd, r.buffer)
	if n <= 0 || err != nil {
		return nil, n == 0, err
	}
	return r.splitter.Split(r.buffer[:n]), false, nil
}

// put makes an event of what is whole, and tells what is not framed as it
// should be. It returns why what follows can't be told apart, nil when it can.
func (r *reader) put(frames []sources.Frame, eof bool) (lost error) {
	e := handlers.Event{EOF: eof, Peer: r.peer}
	for _, f := range frames {
		switch {
		case f.Err != nil && f.Err.Ends:
			r.source.failed(f.Err)
			lost = f.Err
		case f.Err != nil:
			r.source.failed(fmt.Errorf("%w: dropped up to its end; raise limit, or send less at once", f.Err))
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
