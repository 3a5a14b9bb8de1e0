package sources

import "bytes"

// Lines cuts a stream of bytes into lines. A line longer than Max arrives in
// pieces of Max bytes, so that nothing is lost and memory is bounded; with a Max
// of 0 it isn't. The zero value is ready; it belongs to one goroutine at a time.
type Lines struct {
	Max  int
	rest []byte // a line whose end has not come
}

// Split takes the next bytes of the stream and returns the lines that are
// whole now, without their ends (\n or \r\n).
func (l *Lines) Split(p []byte) []string {
	var lines []string
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			l.rest = append(l.rest, p...)
			return l.pieces(lines, l.Max)
		}
		l.rest = append(l.rest, p[:i]...)
		p = p[i+1:]
		lines = l.pieces(lines, l.Max)
		lines = append(lines, string(bytes.TrimSuffix(l.rest, []byte("\r"))))
		l.rest = l.rest[:0]
	}
	return lines
}

// End returns what is left at the end of the stream: a line without an end.
func (l *Lines) End() []string {
	if len(l.rest) == 0 {
		return nil
	}
	last := string(l.rest)
	l.rest = nil
	return []string{last}
}

// pieces moves whole pieces of more than most bytes out of rest.
func (l *Lines) pieces(lines []string, most int) []string {
	if most <= 0 {
		return lines
	}
	at := 0
	for ; len(l.rest)-at > most; at += most {
		lines = append(lines, string(l.rest[at:at+most]))
	}
	l.rest = append(l.rest[:0], l.rest[at:]...)
	return lines
}
