package sources_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/sources"
)

var framings = []sources.Framing{
	sources.FramingLines, sources.FramingNUL, sources.FramingNetstrings,
	sources.FramingLength16, sources.FramingLength32, sources.FramingWhole,
}

func splitter(t testing.TB, framing sources.Framing, limit int) sources.Splitter {
	t.Helper()
	s, err := sources.NewSplitter(framing, limit)
	must(t, err)
	return s
}

// show is frames as text, faults included.
func show(frames []sources.Frame) (texts []string) {
	for _, f := range frames {
		switch {
		case f.Err == nil && f.Data == nil:
			texts = append(texts, "a message that is nil")
		case f.Err == nil:
			texts = append(texts, fmt.Sprintf("%q", f.Data))
		case f.Err.Ends:
			texts = append(texts, f.Err.Error()+", ends")
		default:
			texts = append(texts, f.Err.Error())
		}
	}
	return texts
}

func TestFraming(t *testing.T) {
	leak.Check(t)
	for _, tc := range []struct {
		name    string
		framing sources.Framing
		limit   int
		stream  string
		want    []string
	}{
		{"lines", sources.FramingLines, 4, "ab\r\n\n0123\r\nx\ry\nz\r", []string{`"ab"`, `""`, `"0123"`, `"x\ry"`, `"z\r"`}},
		{"lines, too long", sources.FramingLines, 4, "a\n012345\r\nb\n0123\r4\n0123\r\r\nc\n01234", []string{
			`"a"`, "lines: at byte 6: want the end of line 2 after at most 4 bytes, have more",
			`"b"`, "lines: at byte 16: want the end of line 4 after at most 4 bytes, have more",
			"lines: at byte 23: want the end of line 5 after at most 4 bytes, have more",
			`"c"`, "lines: at byte 32: want the end of line 7 after at most 4 bytes, have more"}},
		{"lines, too long without an end", sources.FramingLines, 4, "0123\r", []string{
			"lines: at byte 4: want the end of line 1 after at most 4 bytes, have more"}},
		{"nul", sources.FramingNUL, 4, "ab\x00\x00abcd\x00x", []string{`"ab"`, `""`, `"abcd"`, `"x"`}},
		{"nul, too long", sources.FramingNUL, 4, "a\x00abcdefgh\x00b\x00vwxyz", []string{
			`"a"`, "nul: at byte 6: want NUL after at most 4 bytes, have more", `"b"`,
			"nul: at byte 17: want NUL after at most 4 bytes, have more"}},
		{"netstrings", sources.FramingNetstrings, 10, "5:hello,0:,10:0123456789,", []string{`"hello"`, `""`, `"0123456789"`}},
		{"netstring, too long", sources.FramingNetstrings, 10, "1:a,11:0123456789a,", []string{
			`"a"`, "netstrings: at byte 5: want a length of at most 10, have '1', ends"}},
		{"netstring, no digit", sources.FramingNetstrings, 10, "hello", []string{"netstrings: at byte 0: want a digit, have 'h', ends"}},
		{"netstring, only a colon", sources.FramingNetstrings, 10, ":,", []string{"netstrings: at byte 0: want a digit, have ':', ends"}},
		{"netstring, no colon", sources.FramingNetstrings, 10, "5hello,1:a,", []string{"netstrings: at byte 1: want a digit or a colon, have 'h', ends"}},
		{"netstring, leading zero", sources.FramingNetstrings, 10, "05:hello,", []string{"netstrings: at byte 1: want a colon after 0, have '5', ends"}},
		{"netstring, no comma", sources.FramingNetstrings, 10, "3:hello,", []string{"netstrings: at byte 5: want a comma after 3 bytes, have 'l', ends"}},
		{"netstring, cut in its length", sources.FramingNetstrings, 10, "1:a,1", []string{`"a"`, "netstrings: at byte 5: want a digit or a colon, have the end of the stream, ends"}},
		{"netstring, cut in its body", sources.FramingNetstrings, 10, "5:he", []string{"netstrings: at byte 4: want 3 bytes more, have the end of the stream, ends"}},
		{"netstring, cut before its comma", sources.FramingNetstrings, 10, "2:he", []string{"netstrings: at byte 4: want a comma after 2 bytes, have the end of the stream, ends"}},
		{"length16", sources.FramingLength16, 10, "\x00\x02ab\x00\x00\x00\x01c", []string{`"ab"`, `""`, `"c"`}},
		{"length16, too long", sources.FramingLength16, 10, "\x00\x01a\x00\x0babcdefghijk", []string{
			`"a"`, "length16: at byte 3: want a length of at most 10, have 11, ends"}},
		{"length32", sources.FramingLength32, 10, "\x00\x00\x00\x02ab\x00\x00\x00\x00", []string{`"ab"`, `""`}},
		{"length32, another protocol", sources.FramingLength32, 10, "GET / HTTP", []string{
			"length32: at byte 0: want a length of at most 10, have 1195725856, ends"}},
		{"length32, cut in its length", sources.FramingLength32, 10, "\x00\x00\x00", []string{"length32: at byte 3: want 1 bytes more of a length, have the end of the stream, ends"}},
		{"length32, cut in its body", sources.FramingLength32, 10, "\x00\x00\x00\x03a", []string{"length32: at byte 5: want 2 bytes more, have the end of the stream, ends"}},
		{"whole", sources.FramingWhole, 10, "a\nb\x00c", []string{`"a\nb\x00c"`}},
		{"whole, nothing", sources.FramingWhole, 10, "", nil},
		{"whole, too long", sources.FramingWhole, 4, "abcde", []string{"whole: at byte 4: want the end after at most 4 bytes, have more, ends"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := splitter(t, tc.framing, tc.limit)
			for range 2 { // after its end it is ready for another stream
				if diff := cmp.Diff(tc.want, show(append(s.Split([]byte(tc.stream)), s.End()...))); diff != "" {
					t.Fatal(diff)
				}
			}
		})
	}
}

func TestS1_FramingRefuses(t *testing.T) {
	leak.Check(t)
	for _, framing := range framings {
		for _, limit := range []int{-1, sources.MaxFrameLimit + 1} {
			if _, err := sources.NewSplitter(framing, limit); err == nil {
				t.Errorf("%s took limit %d", framing, limit)
			}
		}
	}
	if _, err := sources.NewSplitter("xml", 1); err == nil || !strings.Contains(err.Error(), "want lines") {
		t.Errorf("err = %v", err)
	}
}

// pieces hands a stream over cut up as draw says, and spoils the bytes after
// each piece: a splitter must not keep them.
func pieces(s sources.Splitter, stream []byte, draw func(most int) int) (frames []sources.Frame) {
	for len(stream) > 0 {
		n := draw(len(stream))
		piece := bytes.Clone(stream[:n])
		frames = append(frames, s.Split(piece)...)
		clear(piece)
		stream = stream[n:]
	}
	return append(frames, s.End()...)
}

// Ensure that how any stream is cut up makes no difference.
func TestFramingPieces(t *testing.T) {
	leak.Check(t)
	for _, framing := range framings {
		t.Run(string(framing), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				limit := rapid.IntRange(1, 12).Draw(t, "limit")
				stream := rapid.OneOf(
					rapid.SliceOfN(rapid.Byte(), 0, 60),
					rapid.SliceOfN(rapid.SampledFrom([]byte("\x00\x01\x02\r\n0123:,ab")), 0, 60),
				).Draw(t, "stream")
				one, err := sources.NewSplitter(framing, limit)
				if err != nil {
					t.Fatal(err)
				}
				other, _ := sources.NewSplitter(framing, limit)
				want := show(append(one.Split(stream), one.End()...))
				got := show(pieces(other, stream, func(most int) int { return rapid.IntRange(1, most).Draw(t, "n") }))
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatal(diff)
				}
			})
		})
	}
}

// encode frames messages, none of them over the limit.
func encode(framing sources.Framing, messages [][]byte) (stream []byte) {
	for _, m := range messages {
		switch framing {
		case sources.FramingLines:
			stream = append(append(stream, m...), '\n')
		case sources.FramingNUL:
			stream = append(append(stream, m...), 0)
		case sources.FramingNetstrings:
			stream = append(append(fmt.Appendf(stream, "%d:", len(m)), m...), ',')
		case sources.FramingLength16:
			stream = append(binary.BigEndian.AppendUint16(stream, uint16(len(m))), m...)
		case sources.FramingLength32:
			stream = append(binary.BigEndian.AppendUint32(stream, uint32(len(m))), m...)
		case sources.FramingWhole:
			stream = append(stream, m...)
		}
	}
	return stream
}

// Ensure that what was framed comes out as it went in.
func TestFramingModel(t *testing.T) {
	leak.Check(t)
	for _, framing := range framings {
		t.Run(string(framing), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				const limit = 20
				alphabet := rapid.Byte()
				switch framing {
				case sources.FramingLines:
					alphabet = rapid.SampledFrom([]byte("ab\x00,"))
				case sources.FramingNUL:
					alphabet = rapid.SampledFrom([]byte("ab\n,"))
				}
				messages := rapid.SliceOfN(rapid.SliceOfN(alphabet, 0, limit), 0, 8).Draw(t, "messages")
				if framing == sources.FramingWhole {
					messages = messages[:min(1, len(messages))]
					if len(messages) == 1 && len(messages[0]) == 0 {
						messages = nil
					}
				}
				var want []string
				for _, m := range messages {
					want = append(want, fmt.Sprintf("%q", m))
				}
				s, err := sources.NewSplitter(framing, limit)
				if err != nil {
					t.Fatal(err)
				}
				got := show(pieces(s, encode(framing, messages), func(most int) int { return rapid.IntRange(1, most).Draw(t, "n") }))
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatal(diff)
				}
			})
		})
	}
}
