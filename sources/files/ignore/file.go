package ignore

import (
	"bytes"
	"strings"
)

// File is what one file of patterns says.
type File struct{ patterns []pattern } // in order

// pattern is one line.
type pattern struct {
	glob     string
	negated  bool // it takes a path in again
	onlyDir  bool // it is about directories
	anchored bool // it has a slash: it is about the whole path below the file's directory
	// literal is what an anchored one begins with; glob is the rest, at whose beginning
	// ** is any number of directories whatever stands before it. So it is in git.
	literal string
}

// Parse reads a file of patterns. Every line is right: one that can match nothing
// says nothing.
func Parse(text []byte) File {
	var f File
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	for line := range bytes.Lines(text) {
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if p, ok := parseLine(string(line)); ok {
			f.patterns = append(f.patterns, p)
		}
	}
	return f
}

func parseLine(line string) (p pattern, ok bool) {
	if strings.HasPrefix(line, "#") {
		return p, false
	}
	line = trimSpaces(line)
	line, p.negated = strings.CutPrefix(line, "!")
	line, p.onlyDir = strings.CutSuffix(line, "/")
	p.anchored = strings.Contains(line, "/")
	p.glob = strings.TrimPrefix(line, "/")
	ok = p.glob != ""
	if p.anchored {
		n := strings.IndexAny(p.glob, `*?[\`)
		if n < 0 {
			n = len(p.glob)
		}
		p.literal, p.glob = p.glob[:n], p.glob[n:]
	}
	return p, ok
}

// trimSpaces takes spaces off the end, but for one behind a backslash.
func trimSpaces(line string) string {
	end := 0 // of what is kept
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case ' ':
			continue
		case '\\':
			i++ // whatever it is that follows, it stays
		}
		end = min(i+1, len(line))
	}
	return line[:end]
}

// verdict is what patterns say of a path.
type verdict uint8

const (
	silent verdict = iota
	out
	in
)

// of says what the file says of path, which is relative to the file's directory.
// The last pattern that matches decides.
func (f File) of(path string, dir bool) verdict {
	name := path[strings.LastIndexByte(path, '/')+1:]
	for i := len(f.patterns) - 1; i >= 0; i-- {
		p := &f.patterns[i]
		if p.onlyDir && !dir {
			continue
		}
		matches := false
		if p.anchored {
			matches = strings.HasPrefix(path, p.literal) && wildmatch(p.glob, path[len(p.literal):], true)
		} else {
			matches = wildmatch(p.glob, name, false)
		}
		switch {
		case matches && p.negated:
			return in
		case matches:
			return out
		}
	}
	return silent
}
