package reactor

import (
	"sync"
	"weak"
)

// registry knows all objects of a type that there are, for Dump, without
// keeping them from being collected.
type registry[T any] struct {
	mu   sync.Mutex
	all  []weak.Pointer[T]
	full int // when to look for those that are gone
}

const leastFull = 64

func (r *registry[T]) add(object *T) {
	ref := weak.Make(object)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.all) >= max(r.full, leastFull) {
		r.sweepLocked()
		r.full = 2 * len(r.all)
	}
	r.all = append(r.all, ref)
}

func (r *registry[T]) sweepLocked() {
	kept := r.all[:0]
	for _, ref := range r.all {
		if ref.Value() != nil {
			kept = append(kept, ref)
		}
	}
	clear(r.all[len(kept):])
	r.all = kept
}

// live are the objects that have not been collected, in the order in which
// they were made.
func (r *registry[T]) live() []*T {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweepLocked()
	live := make([]*T, 0, len(r.all))
	for _, ref := range r.all {
		if object := ref.Value(); object != nil {
			live = append(live, object)
		}
	}
	return live
}
