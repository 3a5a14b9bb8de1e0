package files_test

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/reactord/reactord/sources/files"
)

// Each operation, as one event unless it pauses, on a tree that was there before:
//
//	f      a file
//	d/     a directory with d/g in it
func TestOperations(t *testing.T) {
	for _, tc := range []struct {
		name   string
		script func(w *watched)
		want   []string
	}{
		{"FS1_create_and_close", func(w *watched) { w.write("a", "text") }, []string{"create a", "close a"}},
		{"FS1_create_empty", func(w *watched) { w.write("a", "") }, []string{"create a", "close a"}},
		{"FS1_append", func(w *watched) {
			f, err := os.OpenFile(w.path("f"), os.O_APPEND|os.O_WRONLY, 0)
			must(w.t, err)
			_, err = f.WriteString("more")
			must(w.t, err)
			must(w.t, f.Close())
		}, []string{"close f"}},
		{"FS1_truncate", func(w *watched) { must(w.t, os.Truncate(w.path("f"), 0)) }, []string{"write f"}},
		{"FS1_touch_is_attrib_and_close", func(w *watched) {
			must(w.t, os.Chtimes(w.path("f"), time.Unix(1, 0), time.Unix(1, 0)))
		}, []string{"attrib f"}},
		{"FS1_chmod", func(w *watched) { must(w.t, os.Chmod(w.path("f"), 0o600)) }, []string{"attrib f"}},
		{"FS1_chmod_directory", func(w *watched) { must(w.t, os.Chmod(w.path("d"), 0o700)) }, []string{"attrib d dir"}},
		{"FS1_delete", func(w *watched) { w.remove("f") }, []string{"delete f"}},
		{"FS1_delete_below", func(w *watched) { w.remove("d/g") }, []string{"delete d/g"}},
		{"FS1_delete_all", func(w *watched) { must(w.t, os.RemoveAll(w.path("d"))) }, []string{"delete d/g", "delete d dir"}},
		{"FS1_delete_and_recreate", func(w *watched) {
			w.remove("f")
			w.write("f", "")
		}, []string{"delete f", "create f", "close f"}},
		{"FS1_mkdir", func(w *watched) { w.mkdir("n") }, []string{"create n dir"}},
		{"FS1_rmdir", func(w *watched) {
			w.remove("d/g")
			w.remove("d")
		}, []string{"delete d/g", "delete d dir"}},
		{"FS1_symlink_is_not_followed", func(w *watched) { must(w.t, os.Symlink("d", w.path("s"))) }, []string{"create s"}},
		{"FS1_hard_link", func(w *watched) { must(w.t, os.Link(w.path("f"), w.path("d/h"))) }, []string{"create d/h"}},
		{"FS1_fifo", func(w *watched) { must(w.t, syscall.Mkfifo(w.path("p"), 0o600)) }, []string{"create p"}},
		{"FS5_rename", func(w *watched) { w.rename("f", "e") }, []string{"rename e from f"}},
		{"FS5_rename_to_directory", func(w *watched) { w.rename("f", "d/f") }, []string{"rename d/f from f"}},
		{"FS5_rename_over", func(w *watched) { w.rename("f", "d/g") }, []string{"rename d/g from f"}},
		{"FS5_rename_over_then_delete", func(w *watched) {
			w.rename("f", "d/g")
			w.remove("d/g")
		}, []string{"rename d/g from f", "delete d/g"}},
		{"FS5_rename_twice", func(w *watched) {
			w.rename("f", "e")
			w.rename("e", "h")
		}, []string{"rename e from f", "rename h from e"}},
		{"FS5_rename_and_back", func(w *watched) {
			w.rename("f", "e")
			w.rename("e", "f")
		}, []string{"rename e from f", "rename f from e"}},
		{"FS5_rename_directory_is_one_change", func(w *watched) {
			w.rename("d", "e")
			w.write("e/n", "")
		}, []string{"rename e from d dir", "create e/n", "close e/n"}},
		{"FS5_directory_moved_into_another", func(w *watched) {
			w.mkdir("x/y")
			w.pause()
			w.forget()
			w.rename("d", "x/y/d")
			w.write("x/y/d/g", "")
			w.remove("x/y/d/g")
		}, []string{"rename x/y/d from d dir", "close x/y/d/g", "delete x/y/d/g"}},
		{"FS5_old_name_made_again", func(w *watched) {
			w.rename("d", "e")
			w.mkdir("d")
			w.pause()
			w.write("d/n", "")
			w.write("e/n", "")
		}, []string{"rename e from d dir", "create d dir", "create d/n", "close d/n", "create e/n", "close e/n"}},
		{"FS5_moved_in", func(w *watched) {
			outside := w.t.TempDir() + "/o"
			must(w.t, os.WriteFile(outside, []byte("o"), 0o600))
			must(w.t, os.Rename(outside, w.path("o")))
		}, []string{"create o moved"}},
		{"FS5_moved_in_over", func(w *watched) {
			outside := w.t.TempDir() + "/o"
			must(w.t, os.WriteFile(outside, []byte("o"), 0o600))
			must(w.t, os.Rename(outside, w.path("f")))
			w.pause()
			w.remove("f")
		}, []string{"delete f", "create f moved", "delete f"}},
		{"FS5_moved_in_over_then_deleted", func(w *watched) {
			outside := w.t.TempDir() + "/o"
			must(w.t, os.WriteFile(outside, []byte("o"), 0o600))
			must(w.t, os.Rename(outside, w.path("f")))
			w.remove("f")
		}, []string{"delete f"}},
		{"FS5_moved_out", func(w *watched) {
			must(w.t, os.Rename(w.path("f"), w.t.TempDir()+"/f"))
		}, []string{"delete f moved"}},
		{"FS5_directory_moved_out", func(w *watched) {
			outside := w.t.TempDir()
			must(w.t, os.Rename(w.path("d"), outside+"/d"))
			must(w.t, os.WriteFile(outside+"/d/late", nil, 0o600))
		}, []string{"delete d/g moved", "delete d dir moved"}},
		{"FS5_directory_moved_in", func(w *watched) {
			outside := w.t.TempDir() + "/o"
			must(w.t, os.MkdirAll(outside+"/p", 0o700))
			must(w.t, os.WriteFile(outside+"/p/q", []byte("o"), 0o600))
			w.outlive()
			must(w.t, os.Rename(outside, w.path("o")))
			w.pause()
			w.write("o/p/q", "")
		}, []string{"create o dir moved", "create o/p dir moved", "create o/p/q moved", "close o/p/q"}},
		{"FS5_exchange", func(w *watched) {
			exchange(w, "f", "d/g")
			w.pause()
			w.remove("f")
			w.remove("d/g")
		}, []string{"rename d/g from f", "create f from d/g moved", "delete f", "delete d/g"}},
		{"FS5_exchange_of_directories", func(w *watched) {
			w.mkdir("e")
			w.pause()
			w.forget()
			exchange(w, "e", "d")
			w.write("d/n", "")
			w.write("e/n", "")
		}, []string{"rename d from e dir", "create e from d dir moved", "create e/g from d/g moved",
			"create d/n", "close d/n", "create e/n", "close e/n"}},
		{"editor_writes_and_renames_over", func(w *watched) {
			w.write("f.tmp", "new")
			w.rename("f.tmp", "f")
		}, []string{"create f.tmp", "close f.tmp", "rename f from f.tmp"}},
		{"editor_keeps_a_backup", func(w *watched) {
			w.rename("f", "f~")
			w.write("f", "new")
			w.remove("f~")
		}, []string{"rename f~ from f", "create f", "close f", "delete f~"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.Mkdir(dir+"/d", 0o755))
			must(t, os.WriteFile(dir+"/f", []byte("f"), 0o644))
			must(t, os.WriteFile(dir+"/d/g", []byte("g"), 0o644))
			w := watch(t, start(t), files.Options{Roots: []string{dir}, Recursive: true})
			w.settled()
			tc.script(w)
			w.expect(tc.want...)
		})
	}
}
