package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// spool is a directory whose files are to be sent, or one file in it. A file that
// is being sent has a hidden name of its own: whoever puts another one under the
// old name loses nothing, and what a daemon that was killed had begun is found by
// the next.
//
// Hidden files are none of the spool's otherwise, so that a file can be written
// under a hidden name and renamed when it is whole. One that somebody has open
// for writing waits until it is closed, where the kernel says so (fcntl(2),
// F_SETLEASE; it does for files of the daemon's own user, and to root).
type spool struct {
	path string
	dir  *os.File
	only string // the one file's name, "" for all
	// names are those of the last look that have not been taken.
	names []string
	// passed are those that were passed over at the last look, with why.
	passed map[string]string
}

func openSpool(path string) (*spool, error) {
	s := &spool{path: path}
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		s.path, s.only = filepath.Split(path)
	}
	dir, err := os.OpenFile(s.path, os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	s.dir = dir
	return s, nil
}

// isThere reports whether the directory is still at its path.
func (s *spool) isThere() bool {
	now, err := os.Stat(s.path)
	was, failed := s.dir.Stat()
	return err == nil && failed == nil && os.SameFile(now, was)
}

// The name of a file that is being sent is its own between these.
const (
	takenPrefix = "."
	takenSuffix = ".sending"
)

// letter is a file that was taken from a spool.
type letter struct {
	spool *spool
	name  string
	file  *os.File
	sent  int64 // bytes of it
	// end is how many bytes had been sent of all letters when this one had been.
	end int64
}

// next takes the next file; nil when there is none. busy are those that were taken
// and are not done with: another one of the same name waits. tell is told of
// what can't be sent, once.
func (s *spool) next(busy []*letter, tell func(error)) (*letter, error) {
	if len(s.names) == 0 {
		if err := s.look(); err != nil {
			return nil, err
		}
	}
	for len(s.names) > 0 {
		name := s.names[0]
		s.names = s.names[1:]
		if slices.ContainsFunc(busy, func(l *letter) bool { return l.name == name }) {
			continue
		}
		l, err := s.take(name)
		switch {
		case l != nil:
			delete(s.passed, name)
			return l, nil
		case err == nil, errors.Is(err, fs.ErrNotExist):
			continue
		}
		if why := err.Error(); s.passed[name] != why {
			s.passed[name] = why
			tell(fmt.Errorf("not sent: %w", err))
		}
	}
	return nil, nil
}

// look reads the directory: first what a daemon before this one had begun.
func (s *spool) look() error {
	if _, err := s.dir.Seek(0, 0); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	entries, err := s.dir.Readdirnames(-1)
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	var begun, fresh []string
	for _, e := range entries {
		name, taken := strings.CutSuffix(e, takenSuffix)
		if taken = taken && strings.HasPrefix(name, takenPrefix); taken {
			name = strings.TrimPrefix(name, takenPrefix)
		} else if name = e; strings.HasPrefix(name, ".") && name != s.only {
			continue
		}
		switch {
		case s.only != "" && name != s.only:
		case taken:
			begun = append(begun, name)
		default:
			fresh = append(fresh, name)
		}
	}
	slices.Sort(begun)
	slices.Sort(fresh)
	s.names = append(begun, fresh...)
	was := s.passed
	s.passed = map[string]string{}
	for _, name := range s.names {
		if why, ok := was[name]; ok {
			s.passed[name] = why
		}
	}
	return nil
}

// take takes a file under its hidden name, where it may be already; nil without
// an error when it has to wait.
func (s *spool) take(name string) (*letter, error) {
	hidden := takenPrefix + name + takenSuffix
	if f, err := s.open(hidden); err == nil {
		return &letter{spool: s, name: name, file: f}, nil
	} else if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ENAMETOOLONG) {
		return nil, err
	}
	f, err := s.open(name)
	if err != nil {
		return nil, err
	}
	writing := isWritten(f)
	if err := f.Close(); err != nil || writing {
		return nil, err
	}
	dir := int(s.dir.Fd())
	if err := unix.Renameat(dir, name, dir, hidden); err != nil {
		return nil, &os.LinkError{Op: "rename", Old: filepath.Join(s.path, name), New: hidden, Err: err}
	}
	// It may be another file than the one that was looked at, which is as good.
	if f, err = s.open(hidden); err != nil {
		return nil, err
	}
	return &letter{spool: s, name: name, file: f}, nil
}

// errNotRegular is why a name in a spool is passed over.
var errNotRegular = errors.New("is not a regular file")

func (s *spool) open(name string) (*os.File, error) {
	path := filepath.Join(s.path, name)
	fd, err := unix.Openat(int(s.dir.Fd()), name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENXIO) {
		err = errNotRegular // a symbolic link, or a socket
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	var st unix.Stat_t
	if err = unix.Fstat(fd, &st); err == nil && st.Mode&unix.S_IFMT != unix.S_IFREG {
		err = errNotRegular
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

// isWritten reports whether somebody has the file open for writing, as far as the
// kernel says.
func isWritten(f *os.File) bool {
	_, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_RDLCK)
	if err == nil {
		_, _ = unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_UNLCK)
	}
	return errors.Is(err, unix.EAGAIN)
}

// path is where the letter was.
func (l *letter) path() string { return filepath.Join(l.spool.path, l.name) }

// more reports whether there is more of it than was sent, or will be.
func (l *letter) more() (now, later bool) {
	info, err := l.file.Stat()
	if err != nil {
		return false, true // nobody knows
	}
	return info.Size() > l.sent, isWritten(l.file)
}

// remove removes a letter that has been read.
func (l *letter) remove() error {
	hidden := takenPrefix + l.name + takenSuffix
	if err := unix.Unlinkat(int(l.spool.dir.Fd()), hidden, 0); err != nil && !errors.Is(err, unix.ENOENT) {
		return &fs.PathError{Op: "remove", Path: filepath.Join(l.spool.path, hidden), Err: err}
	}
	return l.file.Close()
}
