package files

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// facts are what the disk says about one object. Times are in nanoseconds.
type facts struct {
	identity
	size     int64
	mtime    int64
	ctime    int64
	mode     uint16 // type and permissions
	uid, gid uint32
}

// identity tells one object from every other, also from one that got its inode
// after it was gone (FS3).
type identity struct {
	ino  uint64
	born int64 // 0 where the file system doesn't keep it
	dev  uint32
}

func (f *facts) isDir() bool { return f.mode&unix.S_IFMT == unix.S_IFDIR }

// look asks for the facts of name in the directory dirfd, or of a path when
// dirfd is AT_FDCWD, or of dirfd itself when name is empty. It doesn't follow
// a symbolic link at the end.
func look(dirfd int, name string) (facts, error) {
	return stat(dirfd, name, unix.AT_SYMLINK_NOFOLLOW)
}

func stat(dirfd int, name string, flags int) (facts, error) {
	flags |= unix.AT_NO_AUTOMOUNT
	if name == "" {
		flags |= unix.AT_EMPTY_PATH
	}
	var st unix.Statx_t
	err := unix.Statx(dirfd, name, flags, unix.STATX_BASIC_STATS|unix.STATX_BTIME, &st)
	for err == unix.EINTR {
		err = unix.Statx(dirfd, name, flags, unix.STATX_BASIC_STATS|unix.STATX_BTIME, &st)
	}
	if err != nil {
		return facts{}, err
	}
	return facts{
		// The kernel's own device numbers have 12 and 20 bits (MKDEV).
		identity: identity{ino: st.Ino, born: nanoseconds(st.Btime), dev: st.Dev_major<<20 | st.Dev_minor},
		size:     int64(st.Size),
		mtime:    nanoseconds(st.Mtime),
		ctime:    nanoseconds(st.Ctime),
		mode:     st.Mode,
		uid:      st.Uid,
		gid:      st.Gid,
	}, nil
}

func nanoseconds(t unix.StatxTimestamp) int64 { return t.Sec*1e9 + int64(t.Nsec) }

// openDirectory opens the directory path for listing. follow says whether path
// may be a symbolic link.
func openDirectory(path string, follow bool) (int, error) {
	flags := unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC | unix.O_NONBLOCK
	if !follow {
		flags |= unix.O_NOFOLLOW
	}
	fd, err := unix.Open(path, flags, 0)
	for err == unix.EINTR {
		fd, err = unix.Open(path, flags, 0)
	}
	return fd, err
}

// names calls each with every name in the directory fd but the two dots, until
// it reports false. buffer is for getdents.
func names(fd int, buffer []byte, each func(name string) bool) error {
	var batch []string
	for {
		n, err := unix.Getdents(fd, buffer)
		if err == unix.EINTR {
			continue
		}
		if n <= 0 || err != nil {
			return err
		}
		_, _, batch = unix.ParseDirent(buffer[:n], -1, batch[:0])
		for _, name := range batch {
			if !each(name) {
				return nil
			}
		}
	}
}

// byDescriptor is a path to what fd has open, whatever became of its name.
func byDescriptor(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }
