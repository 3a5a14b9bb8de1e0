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
	// lasting says that others may write when the last writer has gone, as into a
	// FIFO: that is the end of a line or message, and no event.
	lasting bool
	buffer  []byte
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

// readSize is how much is read before other descriptors have their turn, and
// lastReads how often when the other end has gone: then the end is told with
// what came last.
const (
	readSize  = 32 << 10
	lastReads = 4
)

// read is called when there is something to read, and reads once. What is left
// is told again, and while pending is full the source is suspended, so that a
// slow handler holds the sender up instead of filling memory.
func (r *reader) read(ready sources.Ready) {
	turns := 1
	if ready.HangUp {
		turns = lastReads
	}
	var all []sources.Frame
	for range turns {
		frames, end, err := r.frames()
		switch {
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		case err != nil:
			r.put(append(all, r.splitter.End()...), r.connection)
			r.end(fmt.Errorf("read: %w", err))
			return
		case end:
			r.put(append(all, r.splitter.End()...), true)
			r.end(nil)
			return
		}
		if all = append(all, frames...); err != nil {
			break
		}
	}
	if lost := r.put(all, false); lost != nil {
		r.end(lost)
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
// should be. Where the next message can't be found in a connection, that is
// its end: put returns why.
func (r *reader) put(frames []sources.Frame, eof bool) (lost error) {
	e := handlers.Event{Peer: r.peer}
	var faults []error // told behind what was whole
	for _, f := range frames {
		switch {
		case f.Err != nil && f.Err.Ends:
			faults = append(faults, f.Err)
			if r.connection && r.packets == nil {
				lost = f.Err
			}
		case f.Err != nil:
			faults = append(faults, fmt.Errorf("%w: dropped up to its end; raise limit, or send less at once", f.Err))
		case r.source.config.Read.Framing == string(sources.FramingLines):
			e.Lines = append(e.Lines, string(f.Data))
		default:
			e.Messages = append(e.Messages, handlers.Message{Data: string(f.Data)})
		}
	}
	e.EOF = (eof || lost != nil) && !r.lasting
	if len(e.Lines)+len(e.Messages) > 0 || e.EOF {
		r.source.put(e)
	}
	for _, err := range faults {
		r.source.failed(err)
	}
	return lost
}
