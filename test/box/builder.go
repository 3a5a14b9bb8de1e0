package box

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// A builder makes one file or mount after the other until the first failure, which
// it keeps.
type builder struct{ err error }

func (b *builder) do(what string, f func() error) {
	if b.err == nil {
		if err := f(); err != nil {
			b.err = fmt.Errorf("%s: %w", what, err)
		}
	}
}

func (b *builder) mkdir(path string, mode fs.FileMode) {
	b.do("make a directory", func() error {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
		return os.Chmod(path, mode)
	})
}

func (b *builder) write(path, data string) {
	b.mkdir(filepath.Dir(path), 0o755)
	b.do("write a file", func() error { return os.WriteFile(path, []byte(data), 0o644) })
}

func (b *builder) symlink(target, path string) {
	b.mkdir(filepath.Dir(path), 0o755)
	b.do("make a link", func() error { return os.Symlink(target, path) })
}

func (b *builder) remove(path string) {
	b.do("remove", func() error { return os.RemoveAll(path) })
}

func (b *builder) mount(source, target, fstype string, flags uintptr, data string) {
	b.mkdir(target, 0o755)
	b.do(fmt.Sprintf("mount %s at %s", fstype, target), func() error {
		return unix.Mount(source, target, fstype, flags, data)
	})
}

// bind mounts source at target, which must exist.
func (b *builder) bind(source, target string) {
	b.do(fmt.Sprintf("bind %s to %s", source, target), func() error {
		return unix.Mount(source, target, "", unix.MS_BIND|unix.MS_REC, "")
	})
}

// remount sets the flags of one bind mount.
func (b *builder) remount(target string, flags uintptr) {
	b.do("remount "+target, func() error {
		return unix.Mount("", target, "", unix.MS_REMOUNT|unix.MS_BIND|flags, "")
	})
}

// copyTree copies a file, link or directory; one that does not exist is left out.
func copyTree(from, to string) error {
	info, err := os.Lstat(from)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return os.CopyFS(to, os.DirFS(from))
	case info.Mode().Type() == fs.ModeSymlink:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, info.Mode().Perm())
}

// newID returns a random UUID, its groups joined by sep.
func newID(sep string) string {
	data, err := os.ReadFile("/proc/sys/kernel/random/uuid")
	if err != nil {
		panic(err) // no Linux
	}
	return strings.ReplaceAll(strings.TrimSpace(string(data)), "-", sep)
}
