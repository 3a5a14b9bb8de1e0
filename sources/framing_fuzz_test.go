package sources_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reactord/reactord/sources"
)

// fuzzFraming looks for a stream that depends on how it is cut up, gives a
// message over the limit, or goes on after its end.
func fuzzFraming(f *testing.F, framing sources.Framing, seeds ...string) {
	for _, seed := range seeds {
		f.Add([]byte(seed), uint8(3), uint8(8))
	}
	f.Fuzz(func(t *testing.T, stream []byte, size, limit uint8) {
		most := int(limit)%64 + 1
		one := splitter(t, framing, most)
		want := append(one.Split(stream), one.End()...)
		for i, frame := range want {
			if len(frame.Data) > most {
				t.Fatalf("a message of %d bytes, the limit is %d", len(frame.Data), most)
			}
			if frame.Err == nil {
				continue
			}
			if frame.Err.Ends && i != len(want)-1 {
				t.Fatalf("%v, and %d frames after it", frame.Err, len(want)-1-i)
			}
			if frame.Err.Offset < 0 || frame.Err.Offset > int64(len(stream)) {
				t.Fatalf("%v: the stream has %d bytes", frame.Err, len(stream))
			}
		}
		got := pieces(splitter(t, framing, most), stream, func(left int) int { return min(left, int(size)%16+1) })
		if diff := cmp.Diff(show(want), show(got)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzFramingLines(f *testing.F) { fuzzFraming(f, sources.FramingLines, "a\r\nb", "\r\r\n\n") }

func FuzzFramingNUL(f *testing.F) {
	fuzzFraming(f, sources.FramingNUL, "a\x00b", "0123456789\x00a\x00")
}

func FuzzFramingNetstrings(f *testing.F) {
	fuzzFraming(f, sources.FramingNetstrings, "5:hello,0:,", "05:", "3:ab", "99:", ":")
}

func FuzzFramingLength16(f *testing.F) {
	fuzzFraming(f, sources.FramingLength16, "\x00\x01a\x00\x00", "\xff\xff")
}

func FuzzFramingLength32(f *testing.F) {
	fuzzFraming(f, sources.FramingLength32, "\x00\x00\x00\x01a", "\xff\xff\xff\xff")
}

func FuzzFramingWhole(f *testing.F) { fuzzFraming(f, sources.FramingWhole, "abc", "0123456789") }
