package sources

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Matcher tells whether a process belongs. The error says why nobody can tell:
// above all, that the process is gone.
type Matcher func(pid int) (belongs bool, err error)

// NameMatcher tells the processes whose command name is name, as the kernel
// keeps it: its first 15 bytes.
func NameMatcher(name string) Matcher {
	name = KeptName(name)
	return func(pid int) (bool, error) {
		now, err := readName(pid)
		return err == nil && now == name, err
	}
}

// KeptName is what the kernel keeps of a command name.
func KeptName(name string) string {
	const kept = 15
	return name[:min(len(name), kept)]
}

// ExeMatcher tells the processes that execute the file at that path: the path of
// the file itself, not of a link to it or of a script that it interprets.
func ExeMatcher(path string) Matcher {
	return func(pid int) (bool, error) {
		var buf [unix.PathMax]byte
		n, err := unix.Readlink("/proc/"+strconv.Itoa(pid)+"/exe", buf[:])
		return err == nil && string(buf[:n]) == path, err
	}
}

// SeesExecutables reports whether this process may ask what those of other users
// execute: it has CAP_SYS_PTRACE.
func SeesExecutables() bool {
	var data [2]unix.CapUserData
	err := unix.Capget(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &data[0])
	return err == nil && data[0].Effective&(1<<unix.CAP_SYS_PTRACE) != 0
}

// SeesProcesses reports whether those of other users are in /proc, which the mount
// option hidepid has it hide.
func SeesProcesses() bool {
	_, err := os.Stat("/proc/1/comm")
	return err == nil
}

// FindProcesses lists the processes that match and have not ended. With an error
// there may be more.
func FindProcesses(match Matcher) ([]int, error) {
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
		pid, err := strconv.Atoi(e)
		if err != nil {
			continue
		}
		belongs, err := match(pid)
		ended := false
		if belongs {
			ended, err = zombie(pid)
		}
		switch {
		case short(err):
			return found, fmt.Errorf("list processes: process %d: %w", pid, err)
		case belongs && err == nil && !ended:
			found = append(found, pid)
		}
	}
	return found, nil
}

// short tells want of descriptors or memory, which says nothing of a process, from
// its being gone or not ours to look at, which does.
func short(err error) bool {
	return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) || errors.Is(err, unix.ENOMEM)
}

// StartTime is when a process started, in the kernel's ticks since boot; false
// when there is none of that number. With the number it names a process for good
// (clause PR3).
func StartTime(pid int) (ticks uint64, ok bool) {
	text, err := readProc(pid, "/stat")
	if err != nil {
		return 0, false
	}
	return parseStartTime(string(text))
}

func parseStartTime(text string) (ticks uint64, ok bool) {
	const startTime = 22 - 3 // field 22 of proc_pid_stat(5), behind the name
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) <= startTime {
		return 0, false
	}
	ticks, err := strconv.ParseUint(fields[startTime], 10, 64)
	return ticks, err == nil
}

// zombie reports whether a process has ended and waits to be reaped.
func zombie(pid int) (bool, error) {
	text, err := readProc(pid, "/stat")
	if err != nil {
		return false, err
	}
	_, ended := parseStat(string(text))
	return ended, nil
}

// longestPidfile is more than any pid and the space around it.
const longestPidfile = 64

// ReadPidfile reads a pid. Whoever may write where a pidfile lies could put
// anything there: what is not a short regular file is refused, and nothing is
// waited for.
func ReadPidfile(path string) (int, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err != nil {
		return 0, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return 0, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size > longestPidfile {
		return 0, fmt.Errorf("%s is no pidfile: want a regular file of at most %d bytes", path, longestPidfile)
	}
	var buf [longestPidfile]byte
	n, err := unix.Read(fd, buf[:])
	if err != nil {
		return 0, &os.PathError{Op: "read", Path: path, Err: err}
	}
	text := strings.TrimSpace(string(buf[:n]))
	pid, err := strconv.ParseUint(text, 10, 31)
	if err != nil || pid == 0 {
		return 0, fmt.Errorf("%s: %q is no pid", path, text)
	}
	return int(pid), nil
}
