package coverage

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// number is how the name of a test begins: the clause's number and a low line.
var number = regexp.MustCompile(`^([A-Z]+[0-9]+)_.`)

// Tests reads the test files of the tree at root and returns the names of tests
// and sub-tests by the number of the clause they begin with. Files that a plain
// `go test ./...` on this machine would pass over don't count, and neither do
// sub-tests whose name isn't written out.
func Tests(root string) (map[string][]string, error) {
	tested := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if path != root && skipped(d.Name()) {
				return fs.SkipDir
			}
			return nil
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		built, err := build.Default.MatchFile(filepath.Split(path))
		if err != nil || !built {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		names, err := Names(path, source)
		if err != nil {
			return err
		}
		for _, name := range names {
			if m := number.FindStringSubmatch(name); m != nil {
				tested[m[1]] = append(tested[m[1]], name)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the tests below %s: %w", root, err)
	}
	return tested, nil
}

// skipped says whether the go command passes over a folder of that name.
func skipped(name string) bool {
	return name == "testdata" || name == "vendor" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}

// Names returns what the tests and sub-tests of one file are called, tests
// without their "Test".
func Names(path string, source []byte) ([]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if name, ok := strings.CutPrefix(f.Name.Name, "Test"); ok && f.Recv == nil {
			names = append(names, name)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if name, ok := subtest(n); ok {
				names = append(names, name)
			}
			return true
		})
	}
	return names, nil
}

// subtest is the name in t.Run("name", ...), if n is such a call.
func subtest(n ast.Node) (string, bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) != 2 {
		return "", false
	}
	if method, ok := call.Fun.(*ast.SelectorExpr); !ok || method.Sel.Name != "Run" {
		return "", false
	}
	text, ok := call.Args[0].(*ast.BasicLit)
	if !ok || text.Kind != token.STRING {
		return "", false
	}
	name, err := strconv.Unquote(text.Value)
	return name, err == nil
}
