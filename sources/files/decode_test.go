package files

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// inotifyEvent is one record as the kernel writes it.
func inotifyEvent(wd int32, mask, cookie uint32, name string) []byte {
	padded := (len(name) + 1 + 15) / 16 * 16
	if name == "" {
		padded = 0
	}
	b := binary.NativeEndian.AppendUint32(nil, uint32(wd))
	b = binary.NativeEndian.AppendUint32(b, mask)
	b = binary.NativeEndian.AppendUint32(b, cookie)
	b = binary.NativeEndian.AppendUint32(b, uint32(padded))
	return append(append(b, name...), make([]byte, padded-len(name))...)
}

func TestDecode(t *testing.T) {
	long := strings.Repeat("x", 255)
	data := bytes.Join([][]byte{
		inotifyEvent(1, unix.IN_CREATE|unix.IN_ISDIR, 0, "d"),
		inotifyEvent(2, unix.IN_MOVED_FROM, 7, long),
		inotifyEvent(1, unix.IN_OPEN, 0, "not asked for"),
		inotifyEvent(-1, unix.IN_Q_OVERFLOW, 0, ""),
		inotifyEvent(3, unix.IN_IGNORED, 0, ""),
		inotifyEvent(3, unix.IN_ATTRIB|unix.IN_ISDIR, 0, ""),
		inotifyEvent(1, unix.IN_CLOSE_WRITE, 0, "a\nb\xff"),
	}, nil)
	got := decode(append(data, 1, 2, 3), 100, 5, nil)
	want := []record{
		{happening: created, dir: true, watch: 1, name: "d", end: 132, read: 5},
		{happening: movedFrom, watch: 2, cookie: 7, name: long, end: 404, read: 5},
		{happening: overflowed, watch: -1, end: 452, read: 5},
		{happening: ended, watch: 3, end: 468, read: 5},
		{happening: closed, watch: 1, name: "a\nb\xff", end: 516, read: 5},
	}
	if len(got) != len(want) {
		t.Fatalf("decoded %+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("record %d: %+v, want %+v", i, got[i], want[i])
		}
	}
}

// FuzzDecode feeds the decoder what the kernel would never write. It must not
// panic, read past the end, or lose its place.
func FuzzDecode(f *testing.F) {
	f.Add(inotifyEvent(1, unix.IN_CREATE, 0, "name"))
	f.Add(inotifyEvent(1, unix.IN_MOVED_TO, 3, "name")[:20])
	f.Add([]byte("\xff\xff\xff\xff\x00\x40\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		last := uint64(1000)
		for _, r := range decode(data, 1000, 1, nil) {
			if r.happening == 0 || r.end <= last || r.end > 1000+uint64(len(data)) || strings.IndexByte(r.name, 0) >= 0 {
				t.Fatalf("decoded %+v of %q", r, data)
			}
			last = r.end
		}
	})
}
