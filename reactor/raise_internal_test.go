package reactor

import "testing"

// Ensure that a queue for which an urgent item waits in Sync is taken before
// the rest of its class, and still runs on its own root. No worker is started:
// one is said to be on its way.
func TestQ11_RaisedWhileSomebodyWaits(t *testing.T) {
	r := New()
	r.crew.coming = true
	slow := r.NewQueue("slow", WithQoS(Background))
	for range 10 {
		r.Global(Background).Async(func() {})
		r.Global(Utility).Async(func() {})
	}
	slow.Async(func() {})

	var g goroutine
	g.push(frame{queue: r.Global(UserInitiated)})
	g.raise(slow)
	g.raise(slow) // a second one finds it raised

	first, class := r.crew.takeLocked()
	if up, ok := first.(raised); !ok || up.task != task((*slot)(slow)) || up.root != r.Global(Background) || class != UserInitiated {
		t.Errorf("took %v of class %v first", first, class)
	}
	if left := r.crew.count; left != 20 {
		t.Errorf("%d are left, want 20", left)
	}
}
