package box

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cgroupPrefix begins the name of every box's cgroup.
const cgroupPrefix = "reactord-box-"

// A cgroup is the one thing of a box that other processes of the host can see. Its
// directory is locked with flock(2) as long as its owner lives: the lock is what
// tells a box in use from what a killed test left behind.
type cgroup struct {
	dir  string
	lock *os.File // the directory itself
}

// newCgroup makes a cgroup of a new name below parent and locks it.
func newCgroup(parent string) (*cgroup, error) {
	for {
		dir := filepath.Join(parent, cgroupPrefix+strings.ToLower(rand.Text()[:10]))
		if err := os.Mkdir(dir, 0o755); err != nil {
			return nil, err
		}
		lock, err := lockDir(dir, unix.LOCK_EX)
		if err == nil {
			return &cgroup{dir: dir, lock: lock}, nil
		}
		// A sweep of another process came between mkdir and flock.
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(err, os.Remove(dir))
		}
	}
}

// lockDir opens dir and locks it; the error is fs.ErrNotExist when dir was removed
// before the lock was ours.
func lockDir(dir string, how int) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(f.Fd()), how)
	if err == nil {
		_, err = os.Stat(dir)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return f, nil
}

// open makes the child name and opens it, for clone3(CLONE_INTO_CGROUP).
func (c *cgroup) open(name string) (*os.File, error) {
	dir := filepath.Join(c.dir, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	return os.Open(dir)
}

// remove kills what is left in the cgroup and removes it with its children.
func (c *cgroup) remove() error {
	defer c.lock.Close()
	return removeCgroup(c.dir)
}

func removeCgroup(dir string) error {
	for deadline := time.Now().Add(10 * time.Second); ; {
		// Linux 5.14; before it, the end of PID 1 has to do.
		_ = os.WriteFile(filepath.Join(dir, "cgroup.kill"), []byte("1"), 0)
		var dirs []string
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				dirs = append(dirs, path)
			}
			return nil // a directory that went meanwhile is what we are after
		})
		for _, d := range slices.Backward(dirs) {
			_ = unix.Rmdir(d)
		}
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if time.Now().After(deadline) {
			procs, _ := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
			return fmt.Errorf("remove %s: still in use (processes: %q)", dir, procs)
		}
		time.Sleep(2 * time.Millisecond) // the kernel buries what was killed
	}
}

// sweep removes the cgroups below parent whose owner is gone.
func sweep(parent string) error {
	stale, err := filepath.Glob(filepath.Join(parent, cgroupPrefix+"*"))
	if err != nil {
		return err
	}
	var errs []error
	for _, dir := range stale {
		lock, err := lockDir(dir, unix.LOCK_EX|unix.LOCK_NB)
		if err != nil {
			continue // in use, or just gone
		}
		errs = append(errs, removeCgroup(dir))
		lock.Close()
	}
	return errors.Join(errs...)
}

// cgroupParent returns this process's place in the cgroup2 hierarchy as a
// directory. It looks for a mount and makes none: the options of a new one would
// become those of every mount of cgroup2 on the host.
func cgroupParent() (string, error) {
	own, err := ownCgroup()
	if err != nil {
		return "", err
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(mounts)) {
		// Fields of proc_pid_mountinfo(5): 3 is the root, 4 the mount point, 5 the options.
		mount, typ, ok := strings.Cut(line, " - ")
		f := strings.Fields(mount)
		if !ok || !strings.HasPrefix(typ, "cgroup2 ") || len(f) < 6 {
			continue
		}
		if !slices.Contains(strings.Split(f[5], ","), "rw") {
			err = fmt.Errorf("cgroup2 is mounted read-only at %s", f[4])
			continue
		}
		if rel, relErr := filepath.Rel(f[3], own); relErr == nil && filepath.IsLocal(rel) && !strings.HasPrefix(own, "/..") {
			return filepath.Join(f[4], rel), nil
		}
		return f[4], nil // the mount shows another part of the tree than ours
	}
	if err == nil {
		err = errors.New("cgroup2 is not mounted")
	}
	return "", err
}

// ownCgroup returns the cgroup2 path of this process.
func ownCgroup() (string, error) {
	data, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(data)) {
		if path, ok := strings.CutPrefix(line, "0::"); ok {
			return strings.TrimSpace(path), nil
		}
	}
	return "", errors.New("the kernel has no cgroup2")
}
