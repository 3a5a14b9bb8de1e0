package reactor

import "fmt"

// CancelAndWait cancels the source and returns when it is finished: a call of
// the event handler that runs has returned, and nothing is registered with the
// kernel (dispatch_source_cancel_and_wait, clause C11). It activates a source
// that is inactive.
//
// It panics when the source has a cancel handler, when it is suspended, and
// when it is called from a handler of the source or from another item that its
// end would have to wait for. A source that is suspended meanwhile holds it up
// until it is resumed (clause C5). Several may wait.
func (s *base) CancelAndWait() {
	refuse := func(why string) { panic(fmt.Sprintf("reactor: source %q: cancel and wait: %s", s.label, why)) }
	if handler := s.onCancel.Load(); handler != nil && *handler != nil {
		refuse("it has a cancel handler, which tells of the end")
	}
	if s.load().has(finished) {
		return
	}
	if s.load().suspended() {
		refuse("it is suspended, so its end can't come")
	}
	if g := known(); g != nil {
		if g.handles(s) {
			refuse("called from its own handler, which it would wait for")
		}
		if err := g.deadlock(s.target.Load(), false); err != nil {
			panic(err)
		}
	}
	ended := make(chan struct{})
	for {
		others := s.ends.Load()
		end := func() {
			close(ended)
			if others != nil {
				(*others)()
			}
		}
		if s.ends.CompareAndSwap(others, &end) {
			break
		}
	}
	s.Cancel()
	if !s.load().has(opening) {
		_ = s.Activate() // it registers nothing, for it is cancelled
	}
	if s.load().has(finished) {
		s.tellEnd() // it was finished before it knew of this one, perhaps
	}
	<-ended
}

// tellEnd tells those who wait, each once.
func (s *base) tellEnd() {
	if end := s.ends.Swap(nil); end != nil {
		(*end)()
	}
}

// handles reports whether the goroutine runs a handler of s.
func (g *goroutine) handles(s *base) bool {
	for i := range g.depth {
		if g.frame(i).source == s {
			return true
		}
	}
	return false
}
