package handlers

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/kernel"
)

// members opens a pidfd for every process of the group that has not ended. A
// zombie has: it is its parent's to reap, and nothing of ours.
//
// It reads all of /proc, some ten microseconds a process of the machine, and is
// asked only when a group has outlived its leader.
func members(k kernel.Kernel, group int) (found []*member, err error) {
	defer func() {
		if err != nil {
			for _, m := range found {
				_ = k.Close(m.pidfd)
			}
			found = nil
		}
	}()
	proc, err := os.Open("/proc")
	if err != nil {
		return nil, fmt.Errorf("find processes of group %d: %w", group, err)
	}
	defer func() { _ = proc.Close() }()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("find processes of group %d: %w", group, err)
	}
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil || groupOf(pid) != group {
			continue
		}
		fd, err := k.PidfdOpen(pid)
		if errors.Is(err, unix.ESRCH) {
			continue
		}
		if err != nil {
			return found, fmt.Errorf("open process %d: %w", pid, err)
		}
		// Asked again: the number may have changed hands before it was opened.
		if groupOf(pid) != group || hasEnded(fd) {
			_ = k.Close(fd)
			continue
		}
		found = append(found, &member{pid: pid, pidfd: fd})
	}
	return found, nil
}

// groupOf is the process group of pid, 0 when there is no such process. It is
// field 5 of /proc/PID/stat; field 2 is a name in parentheses that may have
// anything in it, so fields are counted from the last parenthesis.
func groupOf(pid int) int {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 3 {
		return 0
	}
	group, _ := strconv.Atoi(string(fields[2]))
	return group
}

// hasEnded reports whether the process of a pidfd is a zombie or gone. The
// state in /proc wouldn't do: it is that of one thread.
func hasEnded(pidfd int) bool {
	fds := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n == 1
}
