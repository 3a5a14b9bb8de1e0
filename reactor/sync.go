package reactor

// Sync runs f on the queue, on the caller's goroutine, and returns when it has
// returned (dispatch_sync).
func (q *Queue) Sync(f func()) {
	done := make(chan struct{})
	q.Async(func() { defer close(done); f() })
	<-done
}

// BarrierAsync submits f as a barrier (dispatch_barrier_async).
func (q *Queue) BarrierAsync(f func()) { q.Async(f) }

// BarrierSync runs f as a barrier on the caller's goroutine
// (dispatch_barrier_sync).
func (q *Queue) BarrierSync(f func()) { q.Sync(f) }
