package files

import (
	"encoding/binary"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/reactor"
)

// headerSize is that of struct inotify_event: wd, mask, cookie and length,
// four bytes each; the name follows, padded with NULs to the length.
const headerSize = unix.SizeofInotifyEvent

// decode appends the records in data, which begins at position start of the
// stream. What nobody asked for is left out; a record that isn't whole ends
// it.
//
// The names of one call share one copy of data. Whoever keeps a name clones it.
func decode(data []byte, start uint64, now reactor.Instant, to []record) []record {
	text := string(data)
	for at := 0; len(data)-at >= headerSize; {
		header := data[at : at+headerSize]
		length := binary.NativeEndian.Uint32(header[12:])
		if uint64(length) > uint64(len(data)-at-headerSize) {
			break
		}
		name := text[at+headerSize : at+headerSize+int(length)]
		if end := strings.IndexByte(name, 0); end >= 0 {
			name = name[:end]
		}
		at += headerSize + int(length)
		mask := binary.NativeEndian.Uint32(header[4:])
		what := happened(mask, name != "")
		if what == 0 {
			continue
		}
		to = append(to, record{
			happening: what,
			dir:       mask&unix.IN_ISDIR != 0,
			watch:     watchID(binary.NativeEndian.Uint32(header)),
			cookie:    binary.NativeEndian.Uint32(header[8:]),
			name:      name,
			end:       start + uint64(at),
			read:      now,
		})
	}
	return to
}

// happened translates a mask, which has one bit besides IN_ISDIR. What happens
// to a directory itself is told by the watch of its parent too, with its name,
// so here only what no parent tells counts.
func happened(mask uint32, named bool) happening {
	switch {
	case mask&unix.IN_Q_OVERFLOW != 0:
		return overflowed
	case mask&unix.IN_UNMOUNT != 0:
		return unmounted
	case mask&unix.IN_IGNORED != 0:
		return ended
	case mask&unix.IN_MOVE_SELF != 0:
		return selfMoved
	case !named:
		return 0
	case mask&unix.IN_CREATE != 0:
		return created
	case mask&unix.IN_DELETE != 0:
		return deleted
	case mask&unix.IN_MOVED_FROM != 0:
		return movedFrom
	case mask&unix.IN_MOVED_TO != 0:
		return movedTo
	case mask&unix.IN_CLOSE_WRITE != 0:
		return closed
	case mask&unix.IN_MODIFY != 0:
		return modified
	case mask&unix.IN_ATTRIB != 0:
		return attributes
	}
	return 0
}
