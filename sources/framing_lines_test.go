package sources_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reactord/reactord/sources"
)

// Ensure that how the stream is cut up does not matter and no byte is lost.
func TestLinesModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ab\n]{0,60}`).Draw(t, "text")
		l, err := sources.NewSplitter(sources.FramingLines, 1000)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		add := func(frames []sources.Frame) {
			for _, f := range frames {
				got = append(got, string(f.Data))
			}
		}
		for rest := text; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "n")
			add(l.Split([]byte(rest[:n])))
			rest = rest[n:]
		}
		add(l.End())
		want := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if text == "" {
			want = nil
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}
