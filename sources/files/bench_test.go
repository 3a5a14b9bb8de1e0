package files_test

import (
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources/files"
)

// tree makes dirs directories, a hundred in each, with each files in each.
func tree(b *testing.B, dirs, each int) string {
	b.Helper()
	dir := b.TempDir()
	for i := range dirs {
		path := fmt.Sprintf("%s/d%d/e%d", dir, i/100, i%100)
		must(b, os.MkdirAll(path, 0o755))
		for j := range each {
			must(b, os.WriteFile(fmt.Sprintf("%s/file-%06d", path, j), nil, 0o644))
		}
	}
	return dir
}

// BenchmarkActivate watches a tree. bytes/entry is what stays on the heap for
// each directory and file.
func BenchmarkActivate(b *testing.B) {
	for _, size := range []struct{ dirs, each int }{{10_000, 0}, {1000, 100}} {
		b.Run(fmt.Sprintf("dirs=%d/files=%d", size.dirs, size.dirs*size.each), func(b *testing.B) {
			dir := tree(b, size.dirs, size.each)
			r := reactor.New()
			defer func() { must(b, r.Close()) }()
			b.ReportAllocs()
			var before, after runtime.MemStats
			for b.Loop() {
				b.StopTimer()
				runtime.GC()
				runtime.ReadMemStats(&before)
				b.StartTimer()
				w := activate(b, r, files.Options{Roots: []string{dir}, Recursive: true})
				b.StopTimer()
				runtime.GC()
				runtime.ReadMemStats(&after)
				w.end()
				b.StartTimer()
			}
			entries := size.dirs + size.dirs*size.each
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(entries), "bytes/entry")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*entries), "ns/entry")
		})
	}
}

// BenchmarkChanges makes, writes and removes files in one directory.
func BenchmarkChanges(b *testing.B) {
	r := reactor.New()
	defer func() { must(b, r.Close()) }()
	w := activate(b, r, files.Options{Roots: []string{b.TempDir()}, Recursive: true})
	defer w.end()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		name := fmt.Sprint("f", i%1000)
		w.write(name, "x")
		w.remove(name)
		if i%1000 == 999 {
			w.caughtUp()
			w.forget()
		}
	}
	w.caughtUp()
}
