package coverage_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reactord/reactord/test/clauses/coverage"
)

const contract = `# The contract

- **S1.** Sources are checked.
- **GR12.** A group counts enter and leave, and this clause has more words
  than are
  quoted.

  Not a word of this.
- **E1.** A fact, no promise.

# Part II

- **DU1.** The daemon's.
`

func TestClauses(t *testing.T) {
	got, err := coverage.Clauses(strings.NewReader(contract))
	if err != nil {
		t.Fatal(err)
	}
	want := []coverage.Clause{
		{Section: "S", Number: "S1", Words: "Sources are checked."},
		{Section: "GR", Number: "GR12", Words: "A group counts enter and leave, and this clause has more words …"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestNames(t *testing.T) {
	got, err := coverage.Names("x_test.go", []byte(`package x
func TestS1_Checked(t *testing.T) {
	t.Run("S2_NoQueue", func(t *testing.T) { t.Run("S3_Deeper", nil) })
	for _, c := range cases {
		t.Run(c.name, nil)
		exec.Run("T1_NotASubtest")
	}
}
func (s suite) TestS4_Method(t *testing.T) { s.Run("S5_OfASuite", nil) }
func helper() {}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"S1_Checked", "S2_NoQueue", "S3_Deeper", "S5_OfASuite"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	if _, err := coverage.Names("x_test.go", []byte("nonsense")); err == nil {
		t.Fatal("a file that can't be parsed went unnoticed")
	}
}

func TestTestsOfATree(t *testing.T) {
	root := t.TempDir()
	write := func(path, text string) {
		t.Helper()
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a/a_test.go", "package a\nfunc TestS1_A() {}\nfunc TestS1_B() {}\nfunc TestPlain() {}\n")
	write("a/a.go", "package a\nfunc TestS2_NotInATestFile() {}\n")
	write("a/b_test.go", "//go:build never\n\npackage a\nfunc TestS3_NeverBuilt() {}\n")
	write("a/testdata/c_test.go", "package a\nfunc TestS4_Data() {}\n")
	write(".hidden/d_test.go", "package a\nfunc TestS5_Hidden() {}\n")
	write("b/e_test.go", "package b\nfunc TestS66() {}\nfunc TestS6_() {}\nfunc TestGR12_X() {}\n")
	got, err := coverage.Tests(root)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"S1": {"S1_A", "S1_B"}, "GR12": {"GR12_X"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	clauses, err := coverage.Clauses(strings.NewReader("- **S1.** a\n- **S2.** b\n- **T1.** c\n"))
	if err != nil {
		t.Fatal(err)
	}
	missing := coverage.Missing(clauses, got)
	if len(missing) != 2 || missing[0].Number != "S2" || missing[1].Number != "T1" {
		t.Fatalf("missing %v, want S2 and T1", missing)
	}
	if !missing[0].Required() || missing[1].Required() {
		t.Fatal("S is required and T is not")
	}
}
