package sources_test

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/sources"
)

// Ensure that neither a message without end nor a length that is only
// announced takes memory.
func TestFramingMemory(t *testing.T) {
	leak.Check(t)
	const limit = 4 << 10
	flood := bytes.Repeat([]byte("x"), 32<<10)
	for _, framing := range framings {
		t.Run(string(framing), func(t *testing.T) {
			s := splitter(t, framing, limit)
			if grown := growth(func() {
				for range 512 { // 16 MiB
					s.Split(flood)
				}
			}); grown > 1<<20 {
				t.Errorf("grew by %d bytes over a stream without end", grown)
			}
			s = splitter(t, framing, sources.MaxFrameLimit)
			if grown := growth(func() {
				s.Split([]byte("\x3f\xff\xff\xff"))
				s.Split([]byte("abc"))
			}); grown > 1<<20 {
				t.Errorf("grew by %d bytes over an announcement", grown)
			}
			s = splitter(t, sources.FramingNetstrings, sources.MaxFrameLimit)
			if grown := growth(func() { s.Split([]byte("1000000000:abc")) }); grown > 1<<20 {
				t.Errorf("grew by %d bytes over an announcement", grown)
			}
			runtime.KeepAlive(s)
		})
	}
}

// growth is how much more of the heap is in use after f, collected.
func growth(f func()) int64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return int64(after.HeapAlloc) - int64(before.HeapAlloc)
}
