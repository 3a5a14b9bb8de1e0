package handlers_test

import (
	"io"
	"testing"
	"time"

	"github.com/reactord/reactord/handlers"
)

// What must not grow unnoticed. The race detector has pools forget some of what
// they hold, hence the room.
func TestAllocationBudgets(t *testing.T) {
	e := filesEvent("/srv/a")
	constant := &handlers.Log{Message: template(t, "files", "asked to rotate")}
	exec := &handlers.Exec{Reactor: newReactor(t), Command: command(t, "/bin/true")}
	run := silent(e)
	var ids handlers.IDs
	tests := []struct {
		name   string
		budget float64
		do     func()
	}{
		{"a constant log line", 1, func() { constant.Handle(t.Context(), run) }},
		{"a record", 12, func() { _ = e.WriteLine(io.Discard) }},
		{"an undivided event", 1, func() { e.Units("path") }},
		{"an id", 2, func() { ids.New(time.Now()) }},
		{"a command", 70, func() { exec.Handle(t.Context(), run) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := testing.AllocsPerRun(20, tt.do); got > tt.budget {
				t.Errorf("%v allocations, the budget is %v", got, tt.budget)
			}
		})
	}
}
