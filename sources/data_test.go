package sources_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/sources"
)

func TestC2_MergeAfterCancelIsIgnored(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	s := sources.NewData("data", q, coalesce.Or)
	got := make(chan uint64, 4)
	s.OnEvent(func(v uint64) { got <- v })
	must(t, s.Activate())
	s.Merge(5)
	if v := receive(t, got, "event"); v != 5 {
		t.Fatalf("data %d", v)
	}
	end(t, s)
	s.Merge(1)
	drain(t, q)
	if len(got) != 0 {
		t.Fatal("delivered after cancel")
	}
}

func TestItemsKeepTheirOrder(t *testing.T) {
	r := start(t)
	q := r.NewQueue("q")
	s := sources.NewItems[string]("items", q, 3)
	got := make(chan []string, 4)
	s.OnEvent(func(v []string) { got <- v })
	must(t, s.Send("a"))
	must(t, s.Send("b", "c"))
	if err := s.Send("d"); err != coalesce.ErrFull {
		t.Fatalf("err = %v", err)
	}
	must(t, s.Activate())
	if diff := cmp.Diff([]string{"a", "b", "c"}, receive(t, got, "items")); diff != "" {
		t.Fatal(diff)
	}
	end(t, s)
}
