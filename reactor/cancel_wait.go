package reactor

import "fmt"

// CancelAndWait cancels the source and returns when it is finished: a call of
// the event handler that runs has returned, and nothing is registered with the
// kernel (dispatch_source_cancel_and_wait, clause C11). It activates a source
// that is inactive.
//
// It panics when the source has a cancel handler, when it is suspended, and
// when it is called from a handler of the source or from another item that its
// end would have to wait for.
func (s *base) CancelAndWait() {
	refuse := func(why string) { panic(fmt.Sprintf("reactor: source %q: cancel and wait: %s", s.label, why)) }
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
	if s.load().has(finished | farewell) {
		return
	}
	ended := make(chan struct{})
	for {
		had := s.onCancel.Load()
		end := func() { close(ended) }
		switch {
		case had == nil || *had == nil:
		case s.load().has(expected): // somebody waits already
			end = func() { (*had)(); close(ended) }
		default:
			refuse("it has a cancel handler, which tells of the end")
		}
		s.set(expected)
		if s.onCancel.CompareAndSwap(had, &end) {
			break
		}
	}
	s.Cancel()
	if !s.load().has(opening) {
		_ = s.Activate() // it registers nothing, for it is cancelled
	}
	if s.load().has(finished) { // before it was told whom to tell, perhaps
		if tell := s.onCancel.Swap(nil); tell != nil {
			s.set(farewell)
			(*tell)()
		}
	}
	<-ended
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
