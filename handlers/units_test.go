package handlers_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/handlers"
)

func TestDV3_UnitsByPath(t *testing.T) {
	e := filesEvent("/b", "/a", "/b")
	e.Data = new(uint64(9))
	e.Changes[2].Op = coalesce.Delete
	units := e.Units("path")
	if len(units) != 2 {
		t.Fatalf("%d units", len(units))
	}
	want := []coalesce.Change{{Op: coalesce.Close, Path: "/b"}, {Op: coalesce.Delete, Path: "/b"}}
	if diff := cmp.Diff(want, units[0].Changes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]coalesce.Change{{Op: coalesce.Close, Path: "/a"}}, units[1].Changes); diff != "" {
		t.Error(diff)
	}
	for i, u := range units {
		if u.ID != e.ID || u.Source != e.Source || u.Kind != e.Kind || u.Time != e.Time || u.Attempt != e.Attempt {
			t.Errorf("unit %d is of another event: %+v", i, u)
		}
		if u.Data != nil {
			t.Errorf("unit %d has the data of all", i)
		}
	}
}

func TestDV3_UnitsByLineAndMessage(t *testing.T) {
	e := handlers.Event{Lines: []string{"a", "b"}, EOF: true, Data: new(uint64(4))}
	want := []handlers.Event{{Lines: []string{"a"}}, {Lines: []string{"b"}, EOF: true}}
	if diff := cmp.Diff(want, e.Units("line")); diff != "" {
		t.Error(diff)
	}
	e = handlers.Event{Messages: []handlers.Message{{Data: "a"}, {Data: "b"}}}
	want = []handlers.Event{{Messages: e.Messages[:1]}, {Messages: e.Messages[1:]}}
	if diff := cmp.Diff(want, e.Units("message")); diff != "" {
		t.Error(diff)
	}
}

// An end that comes alone is for a run that gets whole events.
func TestDV3_BareEnd(t *testing.T) {
	end, last := handlers.Event{EOF: true}, handlers.Event{EOF: true, Lines: []string{""}}
	for each, want := range map[string]bool{"event": false, "line": true, "message": true} {
		if got := end.Bare(each); got != want {
			t.Errorf("each: %s: an end alone is bare: %v", each, got)
		}
	}
	if last.Bare("line") || new(handlers.Event).Bare("line") {
		t.Error("a line, or what is no end, is bare")
	}
}

// An event that isn't divided is its own unit, with all it has.
func TestDV3_UndividedEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anyEvents().Draw(t, "event")
		each := rapid.SampledFrom([]string{"event", "", "path", "line", "message"}).Draw(t, "each")
		units := e.Units(each)
		if len(units) == 1 {
			if diff := cmp.Diff([]handlers.Event{e}, units); diff != "" {
				t.Fatal(diff)
			}
		}
		if each == "event" && len(units) != 1 {
			t.Fatalf("%d units", len(units))
		}
	})
}

// Units lose nothing, double nothing, and keep the order of each path.
func TestDV3_UnitsHoldEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := events("files").Draw(t, "event")
		units := e.Units("path")
		if len(units) != len(e.Paths()) {
			t.Fatalf("%d units of %d paths", len(units), len(e.Paths()))
		}
		for i, path := range e.Paths() {
			want := slices.DeleteFunc(slices.Clone(e.Changes), func(c coalesce.Change) bool { return c.Path != path })
			if diff := cmp.Diff(want, units[i].Changes); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

// What is appended to one unit doesn't reach the next one's.
func TestDV3_UnitsAreApart(t *testing.T) {
	e := filesEvent("/a", "/b")
	units := e.Units("path")
	units[0].Merge(*filesEvent("/c"), coalesce.Add)
	if got := units[1].Changes[0].Path; got != "/b" {
		t.Errorf("the second unit has %s", got)
	}
}
