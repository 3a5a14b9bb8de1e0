package sources

import (
	"os"
	"os/signal"
	"sync"
)

// dispositions remembers which signals were ignored before somebody observed
// them, to have them ignored again after the last (clause G3): package
// os/signal goes back to the default. What becomes of a signal belongs to the
// process, so this does too.
var dispositions = struct {
	mu        sync.Mutex
	observers map[os.Signal]int
	ignored   map[os.Signal]bool
}{observers: map[os.Signal]int{}, ignored: map[os.Signal]bool{}}

// observeSignals has the signals sent to c.
func observeSignals(c chan<- os.Signal, signals []os.Signal) {
	d := &dispositions
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range signals {
		if d.observers[s] == 0 && signal.Ignored(s) {
			d.ignored[s] = true
		}
		d.observers[s]++
	}
	signal.Notify(c, signals...)
}

// unobserveSignals ends that: nothing is sent to c any more.
func unobserveSignals(c chan<- os.Signal, signals []os.Signal) {
	d := &dispositions
	d.mu.Lock()
	defer d.mu.Unlock()
	signal.Stop(c)
	for _, s := range signals {
		if d.observers[s]--; d.observers[s] > 0 {
			continue
		}
		delete(d.observers, s)
		if d.ignored[s] {
			delete(d.ignored, s)
			signal.Ignore(s)
		}
	}
}
