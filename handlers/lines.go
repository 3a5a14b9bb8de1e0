package handlers

import (
	"bytes"
	"unicode/utf8"
)

// maxLine is the longest line that is logged as one. A longer one is cut into
// pieces of at most this many bytes.
const maxLine = 16 << 10

// splitter makes lines of a stream of bytes, the same ones however the stream is
// cut into writes. It keeps at most maxLine bytes.
type splitter struct {
	// emit is given each line without its end, and each piece of a long one;
	// cut says that the line goes on in the next piece. It must not keep the
	// slice.
	emit    func(line []byte, cut bool)
	partial []byte
}

// write takes the next bytes of the stream.
func (s *splitter) write(p []byte) {
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		switch {
		case end >= 0 && len(s.partial) == 0 && end <= maxLine:
			s.emit(withoutReturn(p[:end]), false)
			p = p[end+1:]
		case end >= 0 && len(s.partial)+end <= maxLine:
			s.partial = append(s.partial, p[:end]...)
			p = p[end+1:]
			s.flush()
		default:
			n := min(maxLine-len(s.partial), len(p))
			if n == 0 {
				s.cut()
			}
			s.partial = append(s.partial, p[:n]...)
			p = p[n:]
		}
	}
}

// flush emits what is there as a line.
func (s *splitter) flush() {
	s.emit(withoutReturn(s.partial), false)
	s.partial = s.partial[:0]
}

// close ends the stream: a last line without an end is a line too.
func (s *splitter) close() {
	if len(s.partial) > 0 {
		s.flush()
	}
}

// cut emits a full piece, but for the bytes of a last character that isn't
// complete.
func (s *splitter) cut() {
	end := len(s.partial)
	for i := end - 1; i > end-utf8.UTFMax; i-- {
		if utf8.RuneStart(s.partial[i]) {
			if !utf8.FullRune(s.partial[i:]) {
				end = i
			}
			break
		}
	}
	s.emit(s.partial[:end], true)
	s.partial = s.partial[:copy(s.partial, s.partial[end:])]
}

// withoutReturn is the line without the \r of a \r\n.
func withoutReturn(line []byte) []byte { return bytes.TrimSuffix(line, []byte{'\r'}) }
