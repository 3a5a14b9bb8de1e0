package configs

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// suspicion is why a file cannot be trusted, and the remedy.
type suspicion struct{ msg, hint string }

// maxLinks bounds how many symbolic links are followed, as the kernel does.
const maxLinks = 40

// distrust finds who else than owner could change what is read at path: a file,
// a directory on the way to it or a symbolic link on that way which others own
// or can write to (CF2). Everyone may write to a directory that is sticky, since
// nobody can replace in it what is not theirs. The file that was opened is info;
// that it is the one at path is checked last, when nobody else can change that
// any more.
//
// A group may write if it is root's.
func distrust(path string, info fs.FileInfo, owner uint32) *suspicion {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return &suspicion{msg: fmt.Sprintf("cannot tell who can change it: %v", err)}
	}
	at, rest := "/", parts(absolute)
	for links := 0; ; {
		found, err := os.Lstat(at)
		if err != nil {
			return &suspicion{msg: fmt.Sprintf("cannot tell who can change it: %v", err)}
		}
		if s := suspect(at, found, owner); s != nil {
			return s
		}
		if found.Mode()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(at)
			if links++; err != nil || links > maxLinks {
				return &suspicion{msg: fmt.Sprintf("cannot follow the symbolic link %s", at)}
			}
			if !filepath.IsAbs(target) {
				target = filepath.Dir(at) + "/" + target
			}
			at, rest = "/", append(parts(target), rest...)
			continue
		}
		if len(rest) == 0 {
			if !os.SameFile(found, info) {
				return &suspicion{msg: "it was replaced while it was read"}
			}
			return nil
		}
		at, rest = filepath.Join(at, rest[0]), rest[1:]
	}
}

// parts are the elements of an absolute path. Those that are ".." stay, and are
// resolved only after the links before them: a path is walked as the kernel does.
func parts(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

// suspect tells why one file on the way cannot be trusted.
func suspect(path string, info fs.FileInfo, owner uint32) *suspicion {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return &suspicion{msg: fmt.Sprintf("cannot tell who owns %s", path)}
	}
	mode := info.Mode()
	writers := mode.Perm() & 0o022
	if stat.Gid == 0 {
		writers &^= 0o020
	}
	switch {
	case stat.Uid != owner && stat.Uid != 0:
		return &suspicion{
			msg:  fmt.Sprintf("refused as root: %s belongs to uid %d (mode %04o), who can change it", path, stat.Uid, permissions(mode)),
			hint: "chown root " + path,
		}
	case mode&fs.ModeSymlink != 0 || writers == 0 || mode.IsDir() && mode&fs.ModeSticky != 0:
		return nil
	default:
		return &suspicion{
			msg: fmt.Sprintf("refused as root: others can write to %s (mode %04o, uid %d, gid %d)",
				path, permissions(mode), stat.Uid, stat.Gid),
			hint: "chmod go-w " + path,
		}
	}
}

// permissions are the bits that chmod sets.
func permissions(mode fs.FileMode) uint32 {
	bits := uint32(mode.Perm())
	if mode&fs.ModeSticky != 0 {
		bits |= syscall.S_ISVTX
	}
	return bits
}
