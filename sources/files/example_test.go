package files_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/reactord/reactord/coalesce"
	"github.com/reactord/reactord/reactor"
	"github.com/reactord/reactord/sources/files"
)

func Example() {
	dir, err := os.MkdirTemp("", "uploads")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	src, err := files.New("uploads", reactor.NewQueue("uploads"), files.Options{
		Roots:     []string{dir},
		Recursive: true,
		Events:    []coalesce.Op{coalesce.Close, coalesce.Rename},
		Include:   []string{"**/*.jpg"},
	})
	if err != nil {
		panic(err)
	}
	told := make(chan coalesce.Change)
	src.OnEvent(func(changes []coalesce.Change) {
		for _, c := range changes {
			told <- c
		}
	})
	cancelled := make(chan struct{})
	src.OnCancel(func() { close(cancelled) })
	if err := src.Activate(); err != nil {
		panic(err)
	}

	// A writer that does it right: nobody sees the file before it is complete.
	_ = os.WriteFile(filepath.Join(dir, "cat.jpg.part"), []byte("…"), 0o644)
	_ = os.Rename(filepath.Join(dir, "cat.jpg.part"), filepath.Join(dir, "cat.jpg"))

	c := <-told
	fmt.Println(c.Op, filepath.Base(c.Path), "from", filepath.Base(c.From))

	src.Cancel()
	<-cancelled
	// Output: rename cat.jpg from cat.jpg.part
}
