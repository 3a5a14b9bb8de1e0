package sources

import "fmt"

// netstringSplitter is FramingNetstrings.
//
//	state    takes                          then
//	length   digits, no zero before others  a colon: body, or comma when it is 0
//	body     length bytes                   comma
//	comma    a comma                        the message is whole: length
//	ended    anything                       -
//
// Whatever else comes is a fault: ended.
type netstringSplitter struct {
	limit  int
	state  netstringState
	at     int64 // offset of the next byte
	digits int   // of the length
	length int
	rest   []byte
}

type netstringState uint8

const (
	netstringLength netstringState = iota
	netstringBody
	netstringComma
	netstringEnded
)

func (s *netstringSplitter) Split(p []byte) (frames []Frame) {
	for len(p) > 0 && s.state != netstringEnded {
		n := 1
		switch s.state {
		case netstringLength:
			if want := s.digit(p[0]); want != "" {
				return append(frames, s.fault(want, fmt.Sprintf("%q", p[0])))
			}
		case netstringBody:
			n = min(len(p), s.length-len(s.rest))
			s.rest = append(s.rest, p[:n]...)
			if len(s.rest) == s.length {
				s.state = netstringComma
			}
		case netstringComma:
			if p[0] != ',' {
				return append(frames, s.fault(fmt.Sprintf("a comma after %d bytes", s.length), fmt.Sprintf("%q", p[0])))
			}
			frames = append(frames, whole(s.rest))
			*s = netstringSplitter{limit: s.limit, at: s.at}
		}
		s.at += int64(n)
		p = p[n:]
	}
	return frames
}

// digit takes a byte of the length and its colon; it returns what was wanted
// instead.
func (s *netstringSplitter) digit(b byte) (want string) {
	switch {
	case b == ':' && s.digits > 0:
		s.state = netstringBody
		if s.length == 0 {
			s.state = netstringComma
		}
	case s.digits == 1 && s.length == 0:
		return "a colon after 0"
	case b >= '0' && b <= '9':
		s.digits++
		s.length = 10*s.length + int(b-'0')
		if s.length > s.limit {
			return fmt.Sprintf("a length of at most %d", s.limit)
		}
	case s.digits == 0:
		return "a digit"
	default:
		return "a digit or a colon"
	}
	return ""
}

func (s *netstringSplitter) fault(want, have string) Frame {
	err := &FramingError{Framing: FramingNetstrings, Offset: s.at, Want: want, Have: have, Ends: true}
	*s = netstringSplitter{limit: s.limit, state: netstringEnded}
	return Frame{Err: err}
}

func (s *netstringSplitter) End() (frames []Frame) {
	const have = "the end of the stream"
	switch {
	case s.state == netstringLength && s.digits > 0:
		frames = []Frame{s.fault("a digit or a colon", have)}
	case s.state == netstringBody:
		frames = []Frame{s.fault(fmt.Sprintf("%d bytes more", s.length-len(s.rest)), have)}
	case s.state == netstringComma:
		frames = []Frame{s.fault(fmt.Sprintf("a comma after %d bytes", s.length), have)}
	}
	*s = netstringSplitter{limit: s.limit}
	return frames
}
