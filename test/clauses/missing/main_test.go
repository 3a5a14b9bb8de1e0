package main

import (
	"strings"
	"testing"
)

func TestEveryRequiredClauseHasATest(t *testing.T) {
	var listed strings.Builder
	complete, err := list(&listed)
	if err != nil {
		t.Fatal(err)
	}
	if !complete {
		t.Errorf("clauses without a test:\n%s", listed.String())
	}
}
