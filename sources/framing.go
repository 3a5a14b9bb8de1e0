package sources

import (
	"fmt"
)

// Framing is how messages are told apart in a stream of bytes.
type Framing string

// The framings there are.
const (
	// FramingLines ends a message at \n or \r\n, which is not part of it. One over
	// the limit is a fault, skipped up to the next \n: cut into pieces, a part of
	// it could be taken for a line that nobody sent. What has no end when the
	// stream ends is a message too.
	FramingLines Framing = "lines"
	// FramingNUL ends a message at a byte 0, as find -print0 does. One over the
	// limit is a fault, skipped up to the next 0. What has no end when the stream
	// ends is a message too.
	FramingNUL Framing = "nul"
	// FramingNetstrings is a length in decimal, a colon, the message, a comma:
	// 5:hello, (https://cr.yp.to/proto/netstrings.txt). Every fault ends it.
	FramingNetstrings Framing = "netstrings"
	// FramingLength16 is a length in two bytes, the higher first, then the
	// message. A length over the limit, and an end within a message, end it.
	FramingLength16 Framing = "length16"
	// FramingLength32 is the same with four bytes.
	FramingLength32 Framing = "length32"
	// FramingWhole makes one message of everything, told at the end of the
	// stream; of nothing it makes none. Over the limit, a fault ends it.
	FramingWhole Framing = "whole"
)

// Bounds and default of a splitter's limit, in bytes.
const (
	MaxFrameLimit     = 1 << 30
	DefaultFrameLimit = 64 << 10
)

// Splitter cuts a stream of bytes into messages. How the stream is cut up when
// it is handed over makes no difference, to messages or to faults.
//
// A splitter keeps at most the beginning of one message, twice its limit of
// memory however long a message is announced, and nothing between messages. It
// belongs to one goroutine at a time.
type Splitter interface {
	// Split takes the next bytes of the stream and returns what they complete,
	// in order. p may be used again afterwards.
	Split(p []byte) []Frame
	// End says that the stream is at its end, and returns what that completes.
	// Then the splitter is ready for another stream.
	End() []Frame
}

// Frame is a message, or what stands in the stream in place of one.
type Frame struct {
	Data []byte        // the caller's to keep; not nil unless there is a Fault
	Err  *FramingError // nil for a message
}

// FramingError tells where a stream is not framed as it should be.
type FramingError struct {
	Framing Framing
	Offset  int64 // of the byte at fault, from the beginning of the stream
	Want    string
	Have    string
	// Ends says that where the next message begins can't be known: the rest of
	// the stream is passed over, and the connection is best closed. Without it
	// the splitter has gone on to the next message by itself.
	Ends bool
}

// Error is the fault in words.
func (e *FramingError) Error() string {
	return fmt.Sprintf("%s: at byte %d: want %s, have %s", e.Framing, e.Offset, e.Want, e.Have)
}

// NewSplitter returns a splitter whose messages have at most limit bytes, from
// 1 to MaxFrameLimit; 0 is DefaultFrameLimit.
func NewSplitter(framing Framing, limit int) (Splitter, error) {
	if limit == 0 {
		limit = DefaultFrameLimit
	}
	if limit < 1 || limit > MaxFrameLimit {
		return nil, fmt.Errorf("framing %s: limit %d: want 1 to %d bytes", framing, limit, MaxFrameLimit)
	}
	switch framing {
	case FramingLines:
		return &lineSplitter{limit: limit}, nil
	case FramingNUL:
		return &nulSplitter{limit: limit}, nil
	case FramingNetstrings:
		return &netstringSplitter{limit: limit}, nil
	case FramingLength16:
		return &lengthSplitter{framing: framing, width: 2, limit: limit}, nil
	case FramingLength32:
		return &lengthSplitter{framing: framing, width: 4, limit: limit}, nil
	case FramingWhole:
		return &wholeSplitter{limit: limit}, nil
	}
	return nil, fmt.Errorf("framing %q: want lines, nul, netstrings, length16, length32 or whole", string(framing))
}

// whole makes a message of bytes that were collected: they are given away.
func whole(collected []byte) Frame {
	if collected == nil {
		collected = []byte{}
	}
	return Frame{Data: collected}
}
