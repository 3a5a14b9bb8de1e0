package sources

import "fmt"

// lengthSplitter is FramingLength16 and FramingLength32: a header of width
// bytes, then as many as it says.
type lengthSplitter struct {
	framing Framing
	width   int
	limit   int

	ended  bool
	at     int64  // offset of the next byte
	taken  int    // bytes of the header
	length uint64 // what they say so far
	rest   []byte
}

func (s *lengthSplitter) Split(p []byte) (frames []Frame) {
	for len(p) > 0 && !s.ended {
		n := 1
		if s.taken < s.width {
			s.taken++
			s.length = s.length<<8 | uint64(p[0])
			if s.taken == s.width && s.length > uint64(s.limit) {
				s.at -= int64(s.width - 1)
				return append(frames, s.fault(fmt.Sprintf("a length of at most %d", s.limit), fmt.Sprint(s.length)))
			}
		} else {
			n = min(len(p), int(s.length)-len(s.rest))
			s.rest = append(s.rest, p[:n]...)
		}
		s.at += int64(n)
		p = p[n:]
		if s.taken == s.width && len(s.rest) == int(s.length) {
			frames = append(frames, whole(s.rest))
			s.taken, s.length, s.rest = 0, 0, nil
		}
	}
	return frames
}

func (s *lengthSplitter) fault(want, have string) Frame {
	err := &FramingError{Framing: s.framing, Offset: s.at, Want: want, Have: have, Ends: true}
	s.rest, s.ended = nil, true
	return Frame{Err: err}
}

func (s *lengthSplitter) End() (frames []Frame) {
	switch missing := int(s.length) - len(s.rest); {
	case s.ended || s.taken == 0:
	case s.taken < s.width:
		frames = []Frame{s.fault(fmt.Sprintf("%d bytes more of a length", s.width-s.taken), "the end of the stream")}
	default:
		frames = []Frame{s.fault(fmt.Sprintf("%d bytes more", missing), "the end of the stream")}
	}
	*s = lengthSplitter{framing: s.framing, width: s.width, limit: s.limit}
	return frames
}
