package files

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reactord/reactord/coalesce"
)

// Ensure that after the rename of a directory its old paths are other objects:
// the file that is created here is not the one that is deleted.
func TestFS1_FoldStopsAtDirectoryRenames(t *testing.T) {
	changes := []coalesce.Change{
		{Op: coalesce.Create, Path: "/d", Dir: true},
		{Op: coalesce.Create, Path: "/d/f"},
		{Op: coalesce.Write, Path: "/d/f"},
		{Op: coalesce.Close, Path: "/d/f"},
		{Op: coalesce.Rename, From: "/d", Path: "/e", Dir: true},
		{Op: coalesce.Rename, From: "/x", Path: "/d", Dir: true},
		{Op: coalesce.Delete, Path: "/d/f"},
		{Op: coalesce.Create, Path: "/d/g"},
		{Op: coalesce.Delete, Path: "/d/g"},
	}
	want := []coalesce.Change{changes[0], changes[1], changes[3], changes[4], changes[5], changes[6]}
	p := newPending(0, nil)
	if err := p.Merge(changes); err != nil {
		t.Fatal(err)
	}
	got, ok := p.Latch()
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Fatalf("latched (-want +got):\n%s", diff)
	}
}

// Ensure that what folds to nothing is no event.
func TestFS1_NothingIsNoEvent(t *testing.T) {
	p := newPending(0, nil)
	if err := p.Merge([]coalesce.Change{{Op: coalesce.Create, Path: "/f"}, {Op: coalesce.Delete, Path: "/f"}}); err != nil {
		t.Fatal(err)
	}
	if changes, ok := p.Latch(); ok {
		t.Fatalf("latched %v", changes)
	}
}

// Ensure that the latch after something didn't fit says so, once.
func TestDV1_RoomIsTold(t *testing.T) {
	told := 0
	p := newPending(1, func() { told++ })
	one := []coalesce.Change{{Op: coalesce.Create, Path: "/f"}}
	if err := errors.Join(p.Merge(one), p.Ack(one)); err != nil {
		t.Fatal(err)
	}
	if err := p.Merge(one); !errors.Is(err, coalesce.ErrFull) {
		t.Fatalf("Merge() = %v", err)
	}
	p.Latch()
	p.Latch()
	if told != 1 || p.Len() != 0 {
		t.Fatalf("told %d times, %d left", told, p.Len())
	}
}
