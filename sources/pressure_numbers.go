package sources

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// PressureNumbers is a pressure file as numbers (proc_pressure(5)).
type PressureNumbers struct {
	Some StallNumbers // at least one task was stalled
	// Full says that all tasks that could run were stalled. The kernel has no
	// such figure for the cpu of the whole machine: it is 0 there.
	Full StallNumbers
}

// StallNumbers is one line of a pressure file.
type StallNumbers struct {
	// Avg10, Avg60 and Avg300 are the stalled share of the last 10, 60 and 300
	// seconds, in percent.
	Avg10, Avg60, Avg300 float64
	Total                time.Duration // since boot, or since the cgroup was made
}

// parsePressure reads a pressure file. Lines and fields it doesn't know are
// passed over: kernels add some.
func parsePressure(text string) (*PressureNumbers, error) {
	numbers, found := &PressureNumbers{}, false
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		var into *StallNumbers
		switch fields[0] {
		case "some":
			into, found = &numbers.Some, true
		case "full":
			into, found = &numbers.Full, true
		default:
			continue
		}
		for _, field := range fields[1:] {
			if err := into.set(field); err != nil {
				return nil, fmt.Errorf("pressure file: %w", err)
			}
		}
	}
	if !found {
		return nil, fmt.Errorf("pressure file: want a line that begins with some or full, have %.40q", text)
	}
	return numbers, nil
}

func (s *StallNumbers) set(field string) error {
	name, value, _ := strings.Cut(field, "=")
	var average *float64
	switch name {
	case "avg10":
		average = &s.Avg10
	case "avg60":
		average = &s.Avg60
	case "avg300":
		average = &s.Avg300
	case "total":
		us, err := strconv.ParseUint(value, 10, 64)
		if err != nil {
			return fmt.Errorf("total: want microseconds, have %.40q", value)
		}
		s.Total = time.Duration(min(us, math.MaxInt64/1000)) * time.Microsecond
		return nil
	default:
		return nil
	}
	share, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(share) || math.IsInf(share, 0) {
		return fmt.Errorf("%s: want a share in percent, have %.40q", name, value)
	}
	*average = share
	return nil
}
