package ignore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/reactord/reactord/sources/files/ignore"
)

// No pattern takes long, however many stars it has.
func TestNoPatternTakesLong(t *testing.T) {
	name := strings.Repeat("a", 250)
	for _, line := range []string{
		strings.Repeat("*a", 60) + "b", "/" + strings.Repeat("*a", 60) + "b", strings.Repeat("**/", 60) + "b",
		strings.Repeat("a*/**/", 20) + "b", "/" + strings.Repeat("**a", 60) + "b", strings.Repeat("[a-z]*", 60) + "b",
	} {
		tree := ignore.Tree{"": {ignore.Parse([]byte(line))}}
		began := time.Now()
		for _, path := range []string{name, strings.Repeat("a/", 120) + "a", strings.Repeat("aaa/", 60) + name} {
			if tree.Ignored(path, false) {
				t.Errorf("%.20q… matches", line)
			}
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%.20q… took %v", line, took)
		}
	}
}

// Whatever a file of patterns says, it is read and asked without a fault.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a\n!b/\n**/c", "[a-", "\\", "[[:alpha:]]*/x", "\xef\xbb\xbf# x\r\n"} {
		f.Add([]byte(seed), "a/b/c", true)
	}
	f.Fuzz(func(t *testing.T, text []byte, path string, dir bool) {
		file := ignore.Parse(text)
		tree := ignore.Tree{"": {file}, "a": {file}}
		if len(path) < 100 && len(text) < 200 {
			tree.Ignored(path, dir)
		}
	})
}
