package handlers

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reactord/reactord/reactor"
)

// split makes lines of chunks: a cut piece ends with a mark.
func split(chunks ...[]byte) []string {
	var lines []string
	s := splitter{emit: func(line []byte, cut bool) {
		lines = append(lines, string(line)+map[bool]string{true: "<cut>"}[cut])
	}}
	for _, chunk := range chunks {
		s.write(chunk)
	}
	s.close()
	return lines
}

func TestXC3_Lines(t *testing.T) {
	full := strings.Repeat("x", maxLine)
	tests := []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", nil},
		{"lines", "a\n\nb\n", []string{"a", "", "b"}},
		{"no end", "a\nb", []string{"a", "b"}},
		{"returns", "a\r\nb\rc\n\r\n", []string{"a", "b\rc", ""}},
		{"as long as may be", full + "\n", []string{full}},
		{"as long as may be, no end", full, []string{full}},
		{"longer", full + "yz\n", []string{full + "<cut>", "yz"}},
		{"twice as long", full + full + "z", []string{full + "<cut>", full + "<cut>", "z"}},
		{"cut between characters", full[1:] + "世\n", []string{full[1:] + "<cut>", "世"}},
		{"cut in what is no character", full[1:] + "\xff\xff\n", []string{full[1:] + "\xff<cut>", "\xff"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, split([]byte(tt.text))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// However a stream is read, its lines are the same, and hold all its bytes.
func TestXC3_LinesOfAnyChunks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var chunks [][]byte
		for range rapid.IntRange(0, 6).Draw(t, "chunks") {
			text := rapid.SampledFrom([]string{"a", "\n", "ü", "\xff", "ab\n"}).Draw(t, "text")
			chunks = append(chunks, bytes.Repeat([]byte(text), rapid.IntRange(0, maxLine).Draw(t, "times")))
		}
		text := bytes.Join(chunks, nil)
		lines := split(chunks...)
		if diff := cmp.Diff(split(text), lines); diff != "" {
			t.Fatal(diff)
		}
		whole := strings.ReplaceAll(strings.Join(lines, "\n"), "<cut>\n", "")
		if want := strings.TrimSuffix(string(text), "\n"); whole != want {
			t.Fatalf("%d bytes in, %d out", len(want), len(whole))
		}
	})
}

func TestXC3_Tail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var kept tail
		var all []byte
		for i := range rapid.IntRange(0, 10).Draw(t, "writes") {
			chunk := bytes.Repeat([]byte(fmt.Sprint(i)), rapid.IntRange(0, 2*tailSize).Draw(t, "size"))
			kept.write(chunk)
			all = append(all, chunk...)
		}
		if want := all[max(0, len(all)-tailSize):]; !bytes.Equal(kept.bytes(), want) {
			t.Fatalf("kept %d bytes of %d", len(kept.bytes()), len(all))
		}
		if cap(kept.buf) > 3*tailSize {
			t.Fatalf("holds %d bytes", cap(kept.buf))
		}
	})
}

func TestXC3_FloodsPassAtARate(t *testing.T) {
	const second = reactor.Instant(time.Second)
	var f flood
	pass := func(lines int, now reactor.Instant) (passed int) {
		for range lines {
			if f.passes(now) {
				passed++
			}
		}
		return passed
	}
	steps := []struct {
		at                 reactor.Instant
		lines, passes, out int
	}{
		{1, 1200, floodBurst, 200},
		{1, 10, 0, 10},
		{1 + floodEvery, 2, 1, 1},
		{1 + second, 200, floodRate - 1, 101},
		{1 + 60*second, 5000, floodBurst, 4000},
		{1 + 600*second, 3, 3, 0},
	}
	for _, s := range steps {
		if got := pass(s.lines, s.at); got != s.passes {
			t.Errorf("at %d: %d of %d pass, want %d", s.at, got, s.lines, s.passes)
		}
		if got := f.takeLeft(); got != s.out {
			t.Errorf("at %d: %d left out, want %d", s.at, got, s.out)
		}
	}
}
