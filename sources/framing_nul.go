package sources

import (
	"bytes"
	"fmt"
)

// nulSplitter is FramingNUL.
type nulSplitter struct {
	limit    int
	at       int64 // offset where the message that is collected begins
	length   int64 // what came of it
	skipping bool  // it was over the limit, and told
	rest     []byte
}

func (s *nulSplitter) Split(p []byte) (frames []Frame) {
	for len(p) > 0 {
		part, next, ended := bytes.Cut(p, []byte{0})
		p = next
		s.length += int64(len(part))
		switch {
		case s.skipping:
		case s.length > int64(s.limit):
			s.skipping, s.rest = true, nil
			frames = append(frames, Frame{Err: &FramingError{
				Framing: FramingNUL, Offset: s.at + int64(s.limit),
				Want: fmt.Sprintf("NUL after at most %d bytes", s.limit), Have: "more",
			}})
		default:
			s.rest = append(s.rest, part...)
		}
		if !ended {
			break
		}
		if !s.skipping {
			frames = append(frames, whole(s.rest))
		}
		*s = nulSplitter{limit: s.limit, at: s.at + s.length + 1}
	}
	return frames
}

func (s *nulSplitter) End() (frames []Frame) {
	if len(s.rest) > 0 {
		frames = []Frame{whole(s.rest)}
	}
	*s = nulSplitter{limit: s.limit}
	return frames
}

// wholeSplitter is FramingWhole.
type wholeSplitter struct {
	limit int
	over  bool
	rest  []byte
}

func (s *wholeSplitter) Split(p []byte) []Frame {
	switch {
	case s.over:
	case len(s.rest)+len(p) > s.limit:
		s.over, s.rest = true, nil
		return []Frame{{Err: &FramingError{
			Framing: FramingWhole, Offset: int64(s.limit),
			Want: fmt.Sprintf("the end after at most %d bytes", s.limit), Have: "more", Ends: true,
		}}}
	default:
		s.rest = append(s.rest, p...)
	}
	return nil
}

func (s *wholeSplitter) End() (frames []Frame) {
	if len(s.rest) > 0 {
		frames = []Frame{whole(s.rest)}
	}
	*s = wholeSplitter{limit: s.limit}
	return frames
}
