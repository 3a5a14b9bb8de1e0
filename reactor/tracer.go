package reactor

import (
	"fmt"
	"os"
)

// Tracer is told what the program that uses a reactor should know and nobody
// called for. Its methods may be called on any goroutine, the loop included,
// and must not block.
type Tracer interface {
	// Panicked tells that a handler panicked: the label of its queue, the
	// value and the stack. The queue goes on with its next item.
	Panicked(label string, value any, stack []byte)
	// Failed tells that something of the reactor's own went wrong: where,
	// and how.
	Failed(label string, err error)
}

// stderrTracer writes to standard error, as the runtime does for panics.
type stderrTracer struct{}

func (stderrTracer) Panicked(label string, value any, stack []byte) {
	fmt.Fprintf(os.Stderr, "reactor: panic on queue %q: %v\n%s", label, value, stack)
}

func (stderrTracer) Failed(label string, err error) {
	fmt.Fprintf(os.Stderr, "reactor: %s: %v\n", label, err)
}
