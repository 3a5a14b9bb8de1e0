package files

import (
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// matcher holds the patterns of a source. Paths are relative to the root, with
// slashes, and bytes as they are on the disk (FS5).
type matcher struct{ include, ignore []string }

func newMatcher(o Options) matcher { return matcher{include: o.Include, ignore: o.Ignore} }

// included reports whether what happens to rel is reported.
func (m matcher) included(rel string) bool {
	return len(m.include) == 0 || matchAny(m.include, rel)
}

// ignored reports whether rel is as good as not there.
func (m matcher) ignored(rel string) bool { return matchAny(m.ignore, rel) }

// prunes reports whether rel or a directory above it is ignored.
func (m matcher) prunes(rel string) bool {
	for at := 0; ; at++ {
		next := strings.IndexByte(rel[at:], '/')
		if next < 0 {
			return m.ignored(rel)
		}
		at += next
		if m.ignored(rel[:at]) {
			return true
		}
	}
}

func matchAny(patterns []string, rel string) bool {
	for _, p := range patterns {
		if doublestar.MatchUnvalidated(p, rel) {
			return true
		}
	}
	return false
}
