package daemon

import "sync/atomic"

// ends counts what has to end before something else does. It may be used from any
// goroutine; who adds must itself be counted still.
type ends struct {
	left atomic.Int32
	then func()
}

// newEnds has then called when n have ended, and all that were added meanwhile.
func newEnds(n int, then func()) *ends {
	e := &ends{then: then}
	e.left.Store(int32(n))
	return e
}

func (e *ends) add() { e.left.Add(1) }

// one has ended.
func (e *ends) one() {
	if e.left.Add(-1) == 0 {
		e.then()
	}
}
