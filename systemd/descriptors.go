package systemd

import (
	"fmt"
	"strconv"
	"strings"
)

// firstDescriptor is the number of the first descriptor that is passed
// (SD_LISTEN_FDS_START).
const firstDescriptor = 3

// A Descriptor is one that systemd passed when it started the service: a socket of
// one of its socket units, or one that was stored (sd_listen_fds_with_names(3)).
type Descriptor struct {
	FD int
	// Name is FileDescriptorName= of the socket unit, which by default is the unit's
	// name; several sockets may have the same. "unknown" where none was told.
	Name string
}

// Descriptors returns what was passed to the process pid, as getenv tells it
// (os.Getenv in a daemon); nothing where the variables are absent or speak to
// another process. Nothing is done to the descriptors.
func Descriptors(getenv func(string) string, pid int) ([]Descriptor, error) {
	to, count := getenv("LISTEN_PID"), getenv("LISTEN_FDS")
	if count == "" || to != strconv.Itoa(pid) {
		return nil, nil
	}
	n, err := strconv.ParseUint(count, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("LISTEN_FDS=%q is no number of descriptors", count)
	}
	var names []string
	if text := getenv("LISTEN_FDNAMES"); text != "" {
		names = strings.Split(text, ":")
	}
	passed := make([]Descriptor, n)
	for i := range passed {
		passed[i] = Descriptor{firstDescriptor + i, "unknown"}
		if i < len(names) && names[i] != "" {
			passed[i].Name = names[i]
		}
	}
	return passed, nil
}
