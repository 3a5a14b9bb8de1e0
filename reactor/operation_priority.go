package reactor

import "fmt"

// Priority decides which of the operations that are ready starts first (clause
// N5). It never overrides a dependency, and means nothing after the start.
type Priority int8

// The priorities. Normal is the zero value.
const (
	VeryLow Priority = iota - 2
	Low
	Normal
	High
	VeryHigh
)

var priorityNames = [...]string{"very-low", "low", "normal", "high", "very-high"}

// String is the priority's name.
func (p Priority) String() string { return priorityNames[p.clamped()-VeryLow] }

func (p Priority) clamped() Priority { return min(max(p, VeryLow), VeryHigh) }

// SetPriority places the operation before those of its queue that are ready and
// have a lower priority. Among equal ones the order of addition counts. A value
// outside VeryLow to VeryHigh is taken as the nearest. It has no effect after
// the start.
func (o *Operation) SetPriority(p Priority) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.queue == nil {
		o.priority = p.clamped()
		return
	}
	o.queue.mu.Lock()
	defer o.queue.mu.Unlock()
	o.priority = p.clamped()
	o.queue.reorderLocked(o)
}

// Priority is the operation's priority.
func (o *Operation) Priority() Priority {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.priority
}

// SetQoS has the operation run on the global queue of that class instead of its
// queue's, unless its queue has an underlying one, whose class counts (clause
// Q11). The class is also where completion functions and observers are called.
// It doesn't change where an operation runs that was started already.
func (o *Operation) SetQoS(class QoS) {
	if class > Background {
		panic(fmt.Sprintf("reactor: operation %q: there is no quality of service %d", o.label, class))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.queue != nil {
		o.queue.mu.Lock()
		defer o.queue.mu.Unlock()
	}
	o.qos, o.ownQoS = class, true
}

// QoS is the operation's class: its own, or else its queue's, or else
// DefaultQoS.
func (o *Operation) QoS() QoS {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.qosLocked()
}

// qosLocked wants the operation's lock or its queue's.
func (o *Operation) qosLocked() QoS {
	if !o.ownQoS && o.queue != nil {
		return o.queue.qos
	}
	return o.qos
}
