package reactor

import (
	"fmt"
	"os"
)

// Tracer is told what the program that uses a reactor should know and nobody
// called for. Its methods may be called on any goroutine, the loop included,
// and must not block.
type Tracer interface {
	// Panicked tells that an item or handler panicked. Its queue goes on with
	// the next one.
	Panicked(p Panic)
	// Failed tells that something of the reactor's own went wrong: where,
	// and how.
	Failed(label string, err error)
}

// Panic is a panic that ended at a queue.
type Panic struct {
	// Queue, Source and Operation are labels: of the queue it ran on, and of the
	// source or operation it belongs to, if it does to one.
	Queue, Source, Operation string
	Value                    any
	Stack                    []byte
}

// Where says whose panic it is.
func (p Panic) Where() string {
	switch {
	case p.Source != "":
		return fmt.Sprintf("source %q on queue %q", p.Source, p.Queue)
	case p.Operation != "":
		return fmt.Sprintf("operation %q on queue %q", p.Operation, p.Queue)
	}
	return fmt.Sprintf("queue %q", p.Queue)
}

// stderrTracer writes to standard error, as the runtime does for panics.
type stderrTracer struct{}

func (stderrTracer) Panicked(p Panic) {
	fmt.Fprintf(os.Stderr, "reactor: panic in %s: %v\n%s", p.Where(), p.Value, p.Stack)
}

func (stderrTracer) Failed(label string, err error) {
	fmt.Fprintf(os.Stderr, "reactor: %s: %v\n", label, err)
}
