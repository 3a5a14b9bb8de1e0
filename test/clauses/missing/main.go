// Command missing lists the clauses of the contract that no test is named
// after, one a line: the number and the first words. Its exit status is 1 when
// one of them is of a section that must be complete.
//
//	go run ./test/clauses/missing
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/reactord/reactord/test/clauses/coverage"
)

// contract is where the clauses stand, from the root of the module.
const contract = "docs/contract.md"

func main() {
	complete, err := list(os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "missing:", err)
		os.Exit(2)
	}
	if !complete {
		os.Exit(1)
	}
}

// list writes the clauses without a test to w and reports whether the sections
// that must be complete are.
func list(w io.Writer) (complete bool, err error) {
	root, err := module()
	if err != nil {
		return false, err
	}
	f, err := os.Open(filepath.Join(root, contract))
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	clauses, err := coverage.Clauses(f)
	if err != nil {
		return false, err
	}
	if len(clauses) == 0 {
		return false, fmt.Errorf("%s has no clauses", contract)
	}
	tested, err := coverage.Tests(root)
	if err != nil {
		return false, err
	}
	complete = true
	for _, c := range coverage.Missing(clauses, tested) {
		if _, err := fmt.Fprintln(w, c); err != nil {
			return false, err
		}
		complete = complete && !c.Required()
	}
	return complete, nil
}

// module is the nearest folder upwards that holds a go.mod.
func module() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod in %s or above", start)
		}
	}
}
