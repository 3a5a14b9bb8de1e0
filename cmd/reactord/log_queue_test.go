package main

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/reactord/reactord/internal/leak"
)

// lines hands each write on.
type lines chan string

func (l lines) Write(p []byte) (int, error) { l <- string(p); return len(p), nil }

// Ensure that every line is written without another one coming after it.
func TestLogQueue_EachLineAtOnce(t *testing.T) {
	leak.Check(t)
	out := make(lines)
	q := newLogQueue(out, 16, func(n int) { t.Errorf("%d lines missed", n) })
	defer q.close()
	for i := range 100_000 {
		want := strconv.Itoa(i)
		if _, err := io.WriteString(q, want); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-out:
			if got != want {
				t.Fatalf("line %q, want %q", got, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("line %d is not written", i)
		}
	}
}

// XC3: a reader that stands still holds up nobody. What has no room is counted, the
// rest is written in order, and close waits for it.
func TestLogQueue_SlowReader(t *testing.T) {
	leak.Check(t)
	const room, more = 16, 100
	out := make(lines)
	missed := 0
	q := newLogQueue(out, room, func(n int) { missed += n })
	want := make([]string, room)
	for i := range room + more {
		_, _ = io.WriteString(q, strconv.Itoa(i))
		if i < room {
			want[i] = strconv.Itoa(i)
		}
	}
	closed := make(chan struct{})
	go func() { q.close(); close(closed) }()
	var got []string
	for done := false; !done; {
		select {
		case l := <-out:
			got = append(got, l)
		case <-closed:
			done = true
		case <-time.After(10 * time.Second):
			t.Fatal("not closed")
		}
	}
	if !slices.Equal(got, want) || missed != more {
		t.Errorf("%d missed, want %d; written: %s", missed, more, strings.Join(got, " "))
	}
}
