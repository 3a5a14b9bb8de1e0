package sources

import (
	"bytes"
	"fmt"
)

// lineSplitter is FramingLines.
type lineSplitter struct {
	limit    int
	line     int64 // how many came before the one that is collected
	at       int64 // offset where it begins
	length   int64 // what came of it
	skipping bool  // it was over the limit, and told
	rest     []byte
}

func (s *lineSplitter) Split(p []byte) (frames []Frame) {
	for len(p) > 0 {
		part, next, ended := bytes.Cut(p, []byte{'\n'})
		p = next
		s.length += int64(len(part))
		if !s.skipping {
			s.rest = append(s.rest, part[:min(len(part), s.limit+2-len(s.rest))]...)
			frames = append(frames, s.over(true)...)
		}
		if !ended {
			break
		}
		if !s.skipping {
			frames = append(frames, whole(bytes.TrimSuffix(s.rest, []byte{'\r'})))
		}
		*s = lineSplitter{limit: s.limit, line: s.line + 1, at: s.at + s.length + 1}
	}
	return frames
}

// over is a fault when what is collected is over the limit; with more to come, the
// byte behind it may be the \r of its end.
func (s *lineSplitter) over(more bool) []Frame {
	switch n := len(s.rest); {
	case n <= s.limit, more && n == s.limit+1 && s.rest[s.limit] == '\r':
		return nil
	}
	s.skipping, s.rest = true, nil
	return []Frame{{Err: &FramingError{
		Framing: FramingLines, Offset: s.at + int64(s.limit),
		Want: fmt.Sprintf("the end of line %d after at most %d bytes", s.line+1, s.limit), Have: "more",
	}}}
}

func (s *lineSplitter) End() (frames []Frame) {
	if frames = s.over(false); len(s.rest) > 0 {
		frames = []Frame{whole(s.rest)}
	}
	*s = lineSplitter{limit: s.limit}
	return frames
}
