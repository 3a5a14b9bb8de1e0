package sources

import (
	"fmt"
	"os"
	"strconv"
)

// FindByName lists the processes whose command name is name, as the kernel
// keeps it: its first 15 bytes.
func FindByName(name string) ([]int, error) {
	const kept = 15
	if len(name) > kept {
		name = name[:kept]
	}
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	defer dir.Close()
	entries, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	var found []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e); err == nil && commandName(pid) == name && !zombie(pid) {
			found = append(found, pid)
		}
	}
	return found, nil
}

// zombie reports whether a process has ended and waits to be reaped.
func zombie(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return true
	}
	_, ended := parseStat(string(text))
	return ended
}
