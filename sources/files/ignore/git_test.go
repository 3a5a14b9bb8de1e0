package ignore_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reactord/reactord/sources/files/ignore"
)

// repository is a git repository whose files are named by paths; those that end
// with a slash are directories.
type repository struct {
	dir   string
	files map[string]string // the files of patterns, by path
	paths []string
}

func (r repository) build(t *testing.T) {
	t.Helper()
	git := exec.Command("git", "init", "-q", r.dir)
	if out, err := git.CombinedOutput(); err != nil {
		t.Fatalf("git init: %v\n%s", err, out)
	}
	for _, p := range r.paths {
		full := filepath.Join(r.dir, p)
		if strings.HasSuffix(p, "/") {
			must(t, os.MkdirAll(full, 0o700))
			continue
		}
		must(t, os.MkdirAll(filepath.Dir(full), 0o700))
		must(t, os.WriteFile(full, nil, 0o600))
	}
	for name, text := range r.files {
		must(t, os.MkdirAll(filepath.Join(r.dir, filepath.Dir(name)), 0o700))
		must(t, os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o600))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ignored is what git says of each path.
func (r repository) ignored(t *testing.T) map[string]bool {
	t.Helper()
	git := exec.Command("git", "-C", r.dir, "-c", "core.excludesFile=/dev/null", "check-ignore", "-z", "--stdin", "-v", "-n", "--no-index")
	git.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "HOME=/nonexistent")
	var stdin bytes.Buffer
	for _, p := range r.paths {
		fmt.Fprintf(&stdin, "%s\x00", strings.TrimSuffix(p, "/"))
	}
	git.Stdin = &stdin
	out, err := git.Output()
	if code := git.ProcessState.ExitCode(); code > 1 {
		t.Fatalf("git check-ignore: %v", err)
	}
	all := map[string]bool{}
	fields := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	for ; len(fields) >= 4; fields = fields[4:] { // source, line, pattern, path
		all[fields[3]] = fields[2] != "" && !strings.HasPrefix(fields[2], "!")
	}
	return all
}

// compare compares ours with git's.
func (r repository) compare(t *testing.T) {
	t.Helper()
	r.build(t)
	tree := ignore.Tree{}
	for name, text := range r.files {
		dir := filepath.Dir(name)
		if dir == "." {
			dir = ""
		}
		tree[dir] = append(tree[dir], ignore.Parse([]byte(text)))
	}
	git := r.ignored(t)
	for _, p := range r.paths {
		path, dir := strings.CutSuffix(p, "/")
		want, ok := git[path]
		if !ok {
			t.Fatalf("git says nothing of %q", path)
		}
		if got := tree.Ignored(path, dir); got != want {
			t.Errorf("%q, a directory: %v: ignored: %v, git: %v\nfiles %q", path, dir, got, want, r.files)
		}
	}
}

// What is hard, each line by itself against many paths.
func TestLinesLikeGit(t *testing.T) {
	paths := []string{
		"a", "b", "a.o", "A.o", "dir/", "dir/a", "dir/a.o", "dir/sub/", "dir/sub/a", "dir/sub/a.o", "x/", "x/dir/", "x/dir/a",
		"x/y/z/a", "x/y/z/b", "a b", "a ", "a  ", "a\t", "#a", "!a", `a\`, `\a`, "a*b", "a?b", "a[b", "[ab]", "]", "-", "a-b", "a]",
		".a", ".dir/", ".dir/a", "a\nb", "\xff\xfe", "ä", "x/ä", "**", "a**b", "*", "?", "foo/", "foo/bar/", "foo/bar/baz", "foo/x/bar/",
		"foo/x/bar/baz", "foo/x/y/bar/", "foo/x/y/bar/baz", "bar", "abc", "abd", "aXc", "a1c", "a/c"[:1] + "_c", "deep/1/2/3/4/5/f",
	}
	lines := []string{
		"a", "/a", "a/", "/a/", "*.o", "!*.o", "dir", "dir/", "/dir", "/dir/", "dir/*", "/dir/*", "dir/**", "**/dir", "**/a", "/**/a", "x/**/a",
		"x/**", "x/**/", "**/", "**", "*", "/*", "/", "//", "!", "!/", "#a", `\#a`, `\!a`, "a ", `a\ `, `a\  `, "a b", "a\\", `a\\`, `\\a`, `\a`,
		"a\t", "[ab]", "[!a]", "[^a]", "[a-c]", "[]]", "[!]]", "[]-]", "[a-]", `[\]]`, `[\a]`, "[[:alpha:]]", "[[:nope:]]", "[[:alpha:]", "[a", "a[",
		"a[[]b", "a[*]b", "a[?]b", "a?b", "a*b", "a**b", "***", "**a", "a**", "foo/**/bar", "foo/**/bar/", "foo/*/bar", "foo/**", "/foo/**/baz",
		"**/bar/baz", "foo**bar", "foo/**bar", "foo**/bar", "**/**/baz", "foo/***/bar", "*/", "*/*", "*/a", "?", "??", "/?", "x/?/z", "[/]", "x[/]dir",
		"x?dir", ".*", "\xff\xfe", "ä", "?ä", "a[!b]c", "a[^a-z]c", "a[[:digit:]]c", "a[[:upper:][:digit:]]c", "a[x-a]c", "deep/**/f", "deep/**/4/", "a\r", "a \r",
		"**/*.o", "**/sub/*.o", "dir/sub/", "!dir/", "f", `\*`, `\?`, `a\*b`, `\[ab\]`, `[\\]`, `x/\dir`, "x/dir/", "a[]b]c", `dir\/a`, `**\/a`, "dir//a", "./a", "../a",
		"[a-c-e]", "a[a-]b", "a[--0]b", "[[:space:]]", "a[[:space:]]", "a[[:blank:]]b", "[[:punct:]]", "*[[:punct:]]", "[!!a]", "[^^a]", `[!\]a]`, "a[b-]",
	}
	for i, line := range lines {
		t.Run(fmt.Sprintf("%q", line), func(t *testing.T) {
			files := map[string]string{".gitignore": line + "\n"}
			if i%2 == 0 { // another file is no better
				files = map[string]string{".gitignore": "*\n!*/\n!a\n" + line}
			}
			repository{t.TempDir(), files, paths}.compare(t)
		})
	}
}

// Random files in random trees.
func TestTreesLikeGit(t *testing.T) {
	n := 60
	if os.Getenv("REACTORD_SOAK") != "" {
		n = 5000
	}
	for seed := range uint64(n) {
		r := rand.New(rand.NewPCG(seed, 1))
		x := repository{dir: t.TempDir(), files: map[string]string{}}
		names := []string{"a", "b", "ab", "a.o", "b.o", ".a", "c d", "A"}
		dirs := []string{""}
		for range 1 + r.IntN(12) {
			parent := dirs[r.IntN(len(dirs))]
			d := parent + names[r.IntN(len(names))] + "/"
			dirs = append(dirs, d)
			x.paths = append(x.paths, d)
		}
		isDir := map[string]bool{}
		for _, d := range x.paths {
			isDir[d] = true
		}
		for range 20 {
			if p := dirs[r.IntN(len(dirs))] + names[r.IntN(len(names))]; !isDir[p+"/"] {
				x.paths = append(x.paths, p)
			}
		}
		for _, d := range dirs {
			if d != "" && r.IntN(3) > 0 {
				continue
			}
			var text strings.Builder
			for range r.IntN(6) {
				text.WriteString(randomLine(r, names))
				text.WriteString([]string{"\n", "\n", "\n", "\r\n", " \n"}[r.IntN(5)])
			}
			x.files[d+".gitignore"] = text.String()
		}
		x.compare(t)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func randomLine(r *rand.Rand, names []string) string {
	parts := []string{"*", "?", "[ab]", "[!a]", ".", "o", "**", `\a`, "a", "b"}
	var line strings.Builder
	if r.IntN(4) == 0 {
		line.WriteByte('!')
	}
	if r.IntN(4) == 0 {
		line.WriteByte('/')
	}
	for i := range 1 + r.IntN(3) {
		if i > 0 {
			line.WriteByte('/')
		}
		switch r.IntN(4) {
		case 0:
			line.WriteString("**")
		case 1:
			for range 1 + r.IntN(3) {
				line.WriteString(parts[r.IntN(len(parts))])
			}
		default:
			line.WriteString(names[r.IntN(len(names))])
		}
	}
	if r.IntN(4) == 0 {
		line.WriteByte('/')
	}
	return line.String()
}
