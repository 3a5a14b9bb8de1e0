package reactor_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/reactord/reactord/reactor"
)

// note adds transitions to the trace.
func (l *opTrace) note(t reactor.Transition) {
	flag := ""
	if t.Cancelled {
		flag = " cancelled"
	}
	l.add("%v to %v%s", t.From, t.To, flag)
}

func TestN9_Observers(t *testing.T) {
	t.Run("N9_EveryChangeInOrder", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q")
			q.Suspend()
			var end func(error)
			o := reactor.NewAsyncOperation("o", func(_ context.Context, finish func(error)) { end = finish })
			addAll(t, q, o)
			var trace opTrace
			o.Observe(trace.note)
			d := q.AddFunc("d", noWork)
			depend(t, o, d)
			q.Resume()
			synctest.Wait()
			if err := o.Pause(); err != nil {
				t.Fatal(err)
			}
			if err := o.Resume(); err != nil {
				t.Fatal(err)
			}
			o.Cancel()
			end(nil)
			synctest.Wait()
			trace.want(t, "ready to pending", "pending to ready", "ready to executing", "executing to paused",
				"paused to executing", "executing to executing cancelled", "executing to finished cancelled")
		})
	})
	t.Run("N9_CancelledBeforeTheStart", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q")
			q.Suspend()
			o := q.AddFunc("o", noWork)
			var trace opTrace
			o.Observe(trace.note)
			o.Cancel()
			synctest.Wait()
			trace.want(t, "ready to ready cancelled", "ready to finished cancelled")
			o.Observe(trace.note) // nothing follows
			o.Cancel()
			synctest.Wait()
			if len(trace.seen) != 2 {
				t.Fatalf("%v", trace.seen)
			}
		})
	})
	t.Run("N9_DontHoldTheOperationUp", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q", reactor.MaxConcurrent(1))
			q.Suspend()
			told := make(chan struct{})
			var trace opTrace
			o := q.AddFunc("o", noWork)
			o.Observe(func(tr reactor.Transition) { <-told; trace.note(tr) })
			var other opTrace
			o.Observe(other.note) // isn't held up either
			next := q.AddFunc("next", noWork)
			q.Resume()
			next.Wait()
			synctest.Wait()
			trace.want(t)
			other.want(t, "ready to executing", "executing to finished")
			close(told)
			synctest.Wait()
			trace.want(t, "ready to executing", "executing to finished")
		})
	})
	t.Run("N9_Stop", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q")
			q.Suspend()
			o := q.AddFunc("o", noWork)
			var trace opTrace
			var stop func()
			stop = o.Observe(func(tr reactor.Transition) { trace.note(tr); stop(); stop() })
			q.Resume()
			q.Wait()
			synctest.Wait()
			trace.want(t, "ready to executing")
		})
	})
}

func TestN13_PauseAndResume(t *testing.T) {
	t.Run("N13_StateBesideExecuting", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q", reactor.MaxConcurrent(1))
			var end func(error)
			var trace opTrace
			o := reactor.NewAsyncOperation("o", func(ctx context.Context, finish func(error)) {
				self, _ := reactor.CurrentOperation(ctx)
				self.OnPause(func(paused bool) { trace.add("paused: %v", paused) })
				end = finish
			})
			wantError(t, o.Pause(), reactor.ErrOperationIdle)
			wantError(t, o.Resume(), reactor.ErrOperationIdle)
			addAll(t, q, o)
			next := q.AddFunc("next", noWork)
			synctest.Wait()
			for range 2 {
				for range 2 { // once is enough
					if err := o.Pause(); err != nil {
						t.Fatal(err)
					}
				}
				synctest.Wait()
				wantState(t, o, reactor.OperationPaused)
				wantState(t, next, reactor.OperationReady) // o keeps its place
				if s := q.State(); s.Paused != 1 || s.Executing != 0 {
					t.Fatalf("%+v", s)
				}
				for range 2 {
					if err := o.Resume(); err != nil {
						t.Fatal(err)
					}
				}
				wantState(t, o, reactor.OperationExecuting)
			}
			end(nil)
			q.Wait()
			synctest.Wait()
			wantError(t, o.Pause(), reactor.ErrOperationIdle)
			trace.want(t, "paused: true", "paused: false", "paused: true", "paused: false")
		})
	})
	t.Run("N13_CancelledWhilePaused", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q")
			o := reactor.NewAsyncOperation("o", func(ctx context.Context, finish func(error)) {
				context.AfterFunc(ctx, func() { finish(ctx.Err()) })
			})
			var trace opTrace
			addAll(t, q, o)
			synctest.Wait()
			if err := o.Pause(); err != nil {
				t.Fatal(err)
			}
			o.Observe(trace.note)
			o.Cancel()
			q.Wait()
			synctest.Wait()
			wantError(t, o.Err(), context.Canceled)
			trace.want(t, "paused to paused cancelled", "paused to finished cancelled")
		})
	})
	t.Run("N13_PausedBeforeAnybodyAsked", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q")
			var trace opTrace
			o := reactor.NewAsyncOperation("o", func(ctx context.Context, finish func(error)) {
				self, _ := reactor.CurrentOperation(ctx)
				if err := self.Pause(); err != nil {
					trace.add("%v", err)
				}
				self.OnPause(func(paused bool) {
					trace.add("paused: %v", paused)
					finish(nil)
				})
			})
			addAll(t, q, o)
			q.Wait()
			synctest.Wait()
			trace.want(t, "paused: true")
		})
	})
	t.Run("N13_AsynchronousOnly", func(t *testing.T) {
		opBubble(t, func(t *testing.T, r *reactor.Reactor) {
			q := r.NewOperationQueue("q")
			told := make(chan struct{})
			o := q.AddFunc("o", untilTold(told))
			synctest.Wait()
			wantError(t, o.Pause(), reactor.ErrOperationBlock)
			wantError(t, o.Resume(), reactor.ErrOperationBlock)
			close(told)
			q.Wait()
		})
	})
}
