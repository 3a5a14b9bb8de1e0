package handlers

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// firstRealTime is the first real-time signal programs may use: the C library
// keeps 32 and 33 for itself.
const firstRealTime unix.Signal = 34

// SignalName is a signal's name in event records and outcomes, as SIGTERM;
// real-time signals count from the first, as in SIGRTMIN+3.
func SignalName(sig unix.Signal) string {
	if name := unix.SignalName(sig); name != "" {
		return name
	}
	if sig == firstRealTime {
		return "SIGRTMIN"
	}
	return fmt.Sprintf("SIGRTMIN+%d", int(sig-firstRealTime))
}
