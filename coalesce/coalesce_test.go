package coalesce_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reactord/reactord/coalesce"
)

// Ensure that concurrent merges are neither lost nor delivered twice.
func TestD2_SumDeliveredIsSumMerged(t *testing.T) {
	w := coalesce.NewWord(coalesce.Add)
	const workers, each = 4, 5000
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range each {
				_ = w.Merge(3)
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	var sum uint64
	for open := true; open; {
		select {
		case <-done:
			open = false
		default:
		}
		v, _ := w.Latch()
		sum += v
	}
	v, _ := w.Latch()
	sum += v
	if want := uint64(workers * each * 3); sum != want {
		t.Fatalf("delivered %d, merged %d", sum, want)
	}
}

func TestWordMerges(t *testing.T) {
	for _, tc := range []struct {
		name   string
		mode   coalesce.Mode
		merged []uint64
		want   uint64
		ok     bool
	}{
		{"D1_add", coalesce.Add, []uint64{1, 2, 4}, 7, true},
		{"D1_or", coalesce.Or, []uint64{1, 4, 1}, 5, true},
		{"D4_replace_last_wins", coalesce.Replace, []uint64{5, 9}, 9, true},
		{"D4_zero_erases", coalesce.Replace, []uint64{5, 0}, 0, false},
		{"D3_add_zero", coalesce.Add, []uint64{0}, 0, false},
		{"D3_add_wraps_to_zero", coalesce.Add, []uint64{1, ^uint64(0)}, 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := coalesce.NewWord(tc.mode)
			for _, v := range tc.merged {
				_ = w.Merge(v)
			}
			if got, ok := w.Latch(); got != tc.want || ok != tc.ok {
				t.Fatalf("Latch() = %d, %v; want %d, %v", got, ok, tc.want, tc.ok)
			}
			if _, ok := w.Latch(); ok {
				t.Fatal("a second latch delivered something")
			}
		})
	}
}

func TestListRefusesWhatDoesNotFit(t *testing.T) {
	l := coalesce.NewList[int](3)
	if err := l.Merge([]int{1, 2}); err != nil {
		t.Fatal(err)
	}
	if err := l.Merge([]int{3, 4}); err != coalesce.ErrFull {
		t.Fatalf("err = %v, want ErrFull", err)
	}
	got, _ := l.Latch()
	if diff := cmp.Diff([]int{1, 2}, got); diff != "" {
		t.Fatal(diff)
	}
}

func c(op coalesce.Op, path string) coalesce.Change { return coalesce.Change{Op: op, Path: path} }

func TestFS1_Fold(t *testing.T) {
	const (
		create = coalesce.Create
		write  = coalesce.Write
		closed = coalesce.Close
		remove = coalesce.Delete
		attrib = coalesce.Attrib
	)
	rename := coalesce.Change{Op: coalesce.Rename, From: "/a", Path: "/b"}
	for _, tc := range []struct {
		name     string
		in, want []coalesce.Change
	}{
		{"create_and_close_are_two", []coalesce.Change{c(create, "/a"), c(closed, "/a")}, []coalesce.Change{c(create, "/a"), c(closed, "/a")}},
		{"write_folds_into_close", []coalesce.Change{c(write, "/a"), c(write, "/a"), c(closed, "/a")}, []coalesce.Change{c(closed, "/a")}},
		{"a_later_write_stays", []coalesce.Change{c(closed, "/a"), c(write, "/a")}, []coalesce.Change{c(closed, "/a"), c(write, "/a")}},
		{"closes_fold", []coalesce.Change{c(closed, "/a"), c(write, "/a"), c(closed, "/a")}, []coalesce.Change{c(closed, "/a")}},
		{"create_delete_vanishes", []coalesce.Change{c(create, "/a"), c(closed, "/a"), c(attrib, "/a"), c(remove, "/a")}, nil},
		{"delete_create_stays", []coalesce.Change{c(remove, "/a"), c(create, "/a")}, []coalesce.Change{c(remove, "/a"), c(create, "/a")}},
		{"delete_create_delete", []coalesce.Change{c(remove, "/a"), c(create, "/a"), c(remove, "/a")}, []coalesce.Change{c(remove, "/a")}},
		{"paths_are_apart", []coalesce.Change{c(create, "/a"), c(create, "/b"), c(remove, "/a")}, []coalesce.Change{c(create, "/b")}},
		{"rename_is_a_border", []coalesce.Change{c(closed, "/b"), rename, c(closed, "/b")}, []coalesce.Change{c(closed, "/b"), rename, c(closed, "/b")}},
		{"old_name_anew", []coalesce.Change{c(create, "/a"), rename, c(create, "/a"), c(remove, "/a")}, []coalesce.Change{c(create, "/a"), rename}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := coalesce.Fold(append([]coalesce.Change(nil), tc.in...))
			if len(got) == 0 && len(tc.want) == 0 {
				return
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

// Ensure that folding never changes which files exist at the end nor which of
// them have news, against a plain replay.
func TestFS1_FoldKeepsTheOutcome(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		paths := []string{"/a", "/b", "/c"}
		exists := map[string]bool{"/a": true}
		var in []coalesce.Change
		for range rapid.IntRange(0, 40).Draw(t, "n") {
			p := rapid.SampledFrom(paths).Draw(t, "path")
			if !exists[p] {
				in = append(in, c(coalesce.Create, p))
				exists[p] = true
				continue
			}
			op := rapid.SampledFrom([]coalesce.Op{coalesce.Write, coalesce.Close, coalesce.Delete, coalesce.Attrib}).Draw(t, "op")
			in = append(in, c(op, p))
			exists[p] = op != coalesce.Delete
		}
		out := coalesce.Fold(append([]coalesce.Change(nil), in...))
		replay := map[string]bool{"/a": true}
		for _, ch := range out {
			switch ch.Op {
			case coalesce.Create:
				if replay[ch.Path] {
					t.Fatalf("%s created twice in %v", ch.Path, out)
				}
				replay[ch.Path] = true
			case coalesce.Delete:
				if !replay[ch.Path] {
					t.Fatalf("%s deleted before it was there in %v", ch.Path, out)
				}
				replay[ch.Path] = false
			}
		}
		for _, p := range paths {
			if replay[p] != exists[p] {
				t.Fatalf("%s: exists %v, the folded changes say %v", p, exists[p], replay[p])
			}
		}
		if len(coalesce.Fold(append([]coalesce.Change(nil), out...))) != len(out) {
			t.Fatal("folding twice folds more")
		}
	})
}

func TestDV4_Window(t *testing.T) {
	ms := func(n int64) int64 { return n * int64(time.Millisecond) }
	t.Run("DV4_settle_waits_for_quiet", func(t *testing.T) {
		w := coalesce.Window{Settle: 200 * time.Millisecond, Max: time.Second}
		for now := ms(0); now <= ms(900); now += ms(100) {
			w.Arrived(now)
		}
		if at, _ := w.Deadline(); at != ms(1000) {
			t.Fatalf("deadline %d ms, want max after the first: 1000", at/1e6)
		}
		w.Started(ms(1000))
		w.Arrived(ms(1500))
		if at, _ := w.Deadline(); at != ms(1700) {
			t.Fatalf("deadline %d ms, want 1700", at/1e6)
		}
	})
	t.Run("DV4_every_keeps_the_trailing_run", func(t *testing.T) {
		w := coalesce.Window{Every: time.Second}
		w.Arrived(ms(0))
		if at, _ := w.Deadline(); at != 0 {
			t.Fatalf("the first run waits until %d", at)
		}
		w.Started(0)
		w.Arrived(ms(10))
		if at, _ := w.Deadline(); at != ms(1000) {
			t.Fatalf("deadline %d ms, want 1000", at/1e6)
		}
	})
	t.Run("DV4_limit_delays", func(t *testing.T) {
		w := coalesce.Window{Limit: 2, Interval: time.Second}
		var starts []int64
		now := int64(0)
		for range 5 {
			w.Arrived(now)
			at, _ := w.Deadline()
			now = max(now, at)
			w.Started(now)
			starts = append(starts, now/1e6)
		}
		if diff := cmp.Diff([]int64{0, 0, 500, 1000, 1500}, starts); diff != "" {
			t.Fatal(diff)
		}
	})
	t.Run("nothing_waits", func(t *testing.T) {
		w := coalesce.Window{Settle: time.Second}
		if _, ok := w.Deadline(); ok {
			t.Fatal("a deadline without an event")
		}
	})
}
