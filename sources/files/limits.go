package files

import (
	"fmt"
	"math/bits"
	"os"
	"strconv"
	"strings"
)

// The limits of inotify, each a file below /proc/sys.
const (
	maxWatches   = "fs/inotify/max_user_watches"
	maxInstances = "fs/inotify/max_user_instances"
	maxQueued    = "fs/inotify/max_queued_events"
)

// limit is the value of a limit, 0 when it can't be read.
func limit(name string) int {
	text, err := os.ReadFile("/proc/sys/" + name)
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return n
}

// raise is the command that lifts a limit to the next power of two with room
// for need.
func raise(name string, need int) string {
	return fmt.Sprintf("sysctl -w %s=%d", strings.ReplaceAll(name, "/", "."), 1<<bits.Len(uint(need)))
}
