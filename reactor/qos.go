package reactor

import "fmt"

// QoS is a quality-of-service class, the most urgent first (clause Q11).
type QoS uint8

// The classes, by GCD's names.
const (
	UserInteractive QoS = iota
	UserInitiated
	DefaultQoS
	Utility
	Background
)

// classes is how many there are.
const classes = 5

var qosNames = [classes]string{"user-interactive", "user-initiated", "default", "utility", "background"}

// mustExist panics for a class that doesn't.
func (q QoS) mustExist() {
	if q >= classes {
		panic(fmt.Sprintf("reactor: quality of service %d: there are %d classes, from UserInteractive to Background", q, classes))
	}
}

// String is the name the configuration uses.
func (q QoS) String() string { return qosNames[q] }

// ParseQoS is the class of that name; it reports false for an unknown one.
func ParseQoS(name string) (QoS, bool) {
	for i, n := range qosNames {
		if n == name {
			return QoS(i), true
		}
	}
	return DefaultQoS, false
}
