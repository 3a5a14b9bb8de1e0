package handlers_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/handlers"
)

func TestEV5_Count(t *testing.T) {
	tests := []struct {
		name  string
		event handlers.Event
		want  int
	}{
		{"nothing to count", handlers.Event{}, 1},
		{"an end of file", handlers.Event{EOF: true, Bytes: new(uint64(0))}, 1},
		{"a sum", handlers.Event{Data: new(uint64(40))}, 1},
		{"changes", handlers.Event{Changes: make([]coalesce.Change, 3)}, 3},
		{"lines", handlers.Event{Lines: make([]string, 4)}, 4},
		{"items", handlers.Event{Items: make([]any, 5)}, 5},
		{"messages", handlers.Event{Messages: make([]handlers.Message, 6)}, 6},
		{"signals", handlers.Event{Data: new(uint64(7)), SignalCount: 7}, 7},
		{"ticks", handlers.Event{Data: new(uint64(8)), Ticks: 8}, 8},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.event.Count(); got != tt.want {
				t.Errorf("count %d, want %d", got, tt.want)
			}
		})
	}
}

func TestPathsAreEachOnceAndInOrder(t *testing.T) {
	tests := []struct {
		name        string
		paths, want []string
	}{
		{"none", nil, nil},
		{"one", []string{"/b"}, []string{"/b"}},
		{"some twice", []string{"/b", "/a", "/b", "/a", "/c"}, []string{"/b", "/a", "/c"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, filesEvent(tt.paths...).Paths()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
