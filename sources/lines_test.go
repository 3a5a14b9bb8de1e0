package sources_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reactord/reactord/sources"
)

func TestLinesOverTheLimitArriveInPieces(t *testing.T) {
	l := sources.Lines{Max: 4}
	got := append(l.Split([]byte("ab\r\n0123456789\nx")), l.End()...)
	if diff := cmp.Diff([]string{"ab", "0123", "4567", "89", "x"}, got); diff != "" {
		t.Fatal(diff)
	}
}

// Ensure that how the stream is cut up does not matter and no byte is lost.
func TestLinesModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ab\n]{0,60}`).Draw(t, "text")
		l := sources.Lines{Max: 1000}
		var got []string
		for rest := text; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "n")
			got = append(got, l.Split([]byte(rest[:n]))...)
			rest = rest[n:]
		}
		got = append(got, l.End()...)
		want := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if text == "" {
			want = nil
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}
