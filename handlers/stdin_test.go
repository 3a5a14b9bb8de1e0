package handlers_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reactord/reactord/handlers"
)

func TestXC2_Stdin(t *testing.T) {
	r := newReactor(t)
	e := filesEvent("/a\xff b", "/c\nd", "/a\xff b")
	e.Lines = []string{"one", "", "two\x00"}
	record, err := e.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ stdin, want string }{
		{"", string(record) + "\n"},
		{handlers.StdinEvent, string(record) + "\n"},
		{handlers.StdinPaths, "/a\xff b\n/c\nd\n"},
		{handlers.StdinPaths0, "/a\xff b\x00/c\nd\x00"},
		{handlers.StdinLines, "one\n\ntwo\x00\n"},
		{handlers.StdinNone, ""},
	}
	for _, tt := range tests {
		t.Run("stdin "+tt.stdin, func(t *testing.T) {
			x := &handlers.Exec{Reactor: r, Command: command(t, "cat"), Stdin: tt.stdin}
			if got := output(t, x, e); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// An event of 10 MB arrives whole, from the first byte, with its end.
func TestXC2_HugeEvents(t *testing.T) {
	r := newReactor(t)
	paths := make([]string, 80_000)
	for i := range paths {
		paths[i] = fmt.Sprintf("/srv/%0100d", i)
	}
	e := filesEvent(paths...)
	record, err := e.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if len(record) < 10e6 {
		t.Fatalf("the record has only %d bytes", len(record))
	}
	x := &handlers.Exec{Reactor: r, Shell: "sha256sum; wc -c </proc/self/fd/0"}
	want := fmt.Sprintf("%x  -\n%d\n", sha256.Sum256(append(record, '\n')), len(record)+1)
	if got := output(t, x, e); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	x = &handlers.Exec{Reactor: r, Command: command(t, "wc", "-l"), Stdin: handlers.StdinPaths}
	if got := strings.TrimSpace(output(t, x, e)); got != "80000" {
		t.Errorf("%s paths", got)
	}
	x = &handlers.Exec{Reactor: r, Command: command(t, "true")} // reads nothing
	if o := outcomeOf(t, x, e); o.Result != handlers.Done {
		t.Errorf("outcome %+v", o)
	}
}

// Nobody can write into a file that is to be read, or make it longer or shorter.
func TestXC2_StdinIsSealed(t *testing.T) {
	var paths []string
	for i := range 200 { // more than a pipe is used for
		paths = append(paths, fmt.Sprintf("/some/directory/of/files/%d", i))
	}
	x := &handlers.Exec{Reactor: newReactor(t),
		Shell: `(echo x >/proc/self/fd/0) 2>/dev/null && echo written; (: >>/proc/self/fd/0) ; cat`}
	got := output(t, x, filesEvent(paths...))
	var e handlers.Event
	if err := json.Unmarshal([]byte(got), &e); err != nil {
		t.Fatalf("%q: %v", got, err)
	}
	if diff := cmp.Diff(*filesEvent(paths...), e); diff != "" {
		t.Error(diff)
	}
}
