package sources

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/moby/sys/mountinfo"
)

// CgroupMatcher tells the processes in a control group and in those below it. dir
// is the group's directory in the unified hierarchy (cgroups(7)); it need not
// exist yet.
func CgroupMatcher(dir string) (Matcher, error) {
	group, err := cgroupOf(dir)
	if err != nil {
		return nil, err
	}
	return func(pid int) (bool, error) {
		text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cgroup")
		return err == nil && inCgroup(text, group), err
	}, nil
}

// cgroupOf is the group a directory stands for, as /proc/PID/cgroup has it.
func cgroupOf(dir string) (string, error) {
	mounts, err := mountinfo.GetMounts(mountinfo.ParentsFilter(dir))
	if err != nil {
		return "", fmt.Errorf("control group %s: %w", dir, err)
	}
	var on *mountinfo.Info
	for _, m := range mounts { // the one mounted last hides those below it
		if on == nil || len(m.Mountpoint) >= len(on.Mountpoint) {
			on = m
		}
	}
	if on == nil || on.FSType != "cgroup2" {
		return "", fmt.Errorf("%s is no control group of the unified hierarchy (cgroup2)", dir)
	}
	below, err := filepath.Rel(on.Mountpoint, dir)
	if err != nil {
		return "", fmt.Errorf("control group %s: %w", dir, err)
	}
	return filepath.Join(on.Root, below), nil
}

// inCgroup reports whether the text of /proc/PID/cgroup names group or one below.
func inCgroup(text []byte, group string) bool {
	for line := range bytes.Lines(text) {
		name, unified := bytes.CutPrefix(bytes.TrimSuffix(line, []byte("\n")), []byte("0::"))
		if unified {
			in := string(name)
			return in == group || group == "/" || strings.HasPrefix(in, group+"/")
		}
	}
	return false
}
