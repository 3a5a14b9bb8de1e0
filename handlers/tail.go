package handlers

import "slices"

// tailSize is how much of a run's output is kept (clause XC3).
const tailSize = 64 << 10

// tail keeps the last tailSize bytes written to it, in at most twice as much
// memory: a byte is moved once for every tailSize bytes that come.
type tail struct{ buf []byte }

func (t *tail) write(p []byte) {
	if len(p) >= tailSize {
		t.buf = append(t.buf[:0], p[len(p)-tailSize:]...)
		return
	}
	if len(t.buf)+len(p) > 2*tailSize {
		n := copy(t.buf, t.buf[len(t.buf)+len(p)-tailSize:])
		t.buf = t.buf[:n]
	}
	t.buf = append(t.buf, p...)
}

// bytes is a copy of what was kept, nil when nothing was written.
func (t *tail) bytes() []byte { return slices.Clone(t.buf[max(0, len(t.buf)-tailSize):]) }
