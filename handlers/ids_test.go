package handlers_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/reactord/reactord/handlers"
)

// Ids rise whatever the clock does.
func TestEV1_IdsRise(t *testing.T) {
	var ids handlers.IDs
	now := time.Now()
	last := ""
	for i, at := range []time.Time{now, now, now.Add(time.Millisecond), now.Add(-time.Hour), now, now.Add(time.Hour), now} {
		for range 1000 {
			id := ids.New(at)
			if len(id) != 26 || id <= last {
				t.Fatalf("time %d: %q after %q", i, id, last)
			}
			last = id
		}
	}
}

func TestEV1_IdsOfManyGoroutinesDiffer(t *testing.T) {
	const goroutines, each = 8, 2000
	var ids handlers.IDs
	var mu sync.Mutex
	var all []string
	var done sync.WaitGroup
	for range goroutines {
		done.Go(func() {
			own := make([]string, each)
			for i := range own {
				own[i] = ids.New(time.Now())
			}
			if !slices.IsSorted(own) {
				t.Error("a goroutine's ids don't rise")
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, own...)
		})
	}
	done.Wait()
	slices.Sort(all)
	if n := len(slices.Compact(all)); n != goroutines*each {
		t.Errorf("%d different ids of %d", n, goroutines*each)
	}
}

// Another process, or the next life of this one, makes others.
func TestEV1_IdsOfTwoProcessesDiffer(t *testing.T) {
	var a, b handlers.IDs
	at := time.Now()
	if x, y := a.New(at), b.New(at); x == y || x[:10] != y[:10] {
		t.Errorf("%s and %s", x, y)
	}
}
