// Package leak fails a test that leaves a goroutine, a descriptor or a zombie
// behind.
package leak

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// settle is how long what a test ended has to be gone.
const settle = 5 * time.Second

// Check compares what is there when the test ends with what was there now.
// Call it first: cleanups run in reverse.
func Check(t testing.TB) {
	t.Helper()
	openPoller()
	fds := descriptors(t)
	running := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		if t.Failed() {
			return
		}
		if err := goleak.Find(running); err != nil {
			t.Error(err)
		}
		var extra []string
		for deadline := time.Now().Add(settle); ; time.Sleep(time.Millisecond) {
			if extra = more(descriptors(t), fds); len(extra) == 0 || time.Now().After(deadline) {
				break
			}
		}
		if len(extra) > 0 {
			t.Errorf("descriptors left open: %s", strings.Join(extra, ", "))
		}
		if z := zombies(); len(z) > 0 {
			t.Errorf("zombies left: %v", z)
		}
	})
}

// openPoller has the runtime open its own epoll and event descriptors, which
// it does when first needed and keeps.
var openPoller = sync.OnceFunc(func() {
	if r, w, err := os.Pipe(); err == nil {
		_ = r.Close()
		_ = w.Close()
	}
})

// descriptors are the open ones, number and meaning.
func descriptors(t testing.TB) map[string]bool {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	open := map[string]bool{}
	for _, e := range entries {
		to, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err != nil || strings.HasPrefix(to, "/proc/") {
			continue // the directory just read
		}
		open[e.Name()+" "+to] = true
	}
	return open
}

func more(now, before map[string]bool) []string {
	var extra []string
	for fd := range now {
		if !before[fd] {
			extra = append(extra, fd)
		}
	}
	return extra
}

// zombies are children of ours nobody waited for.
func zombies() []int {
	var found []int
	tasks, _ := os.ReadDir("/proc/self/task")
	for _, task := range tasks {
		text, _ := os.ReadFile("/proc/self/task/" + task.Name() + "/children")
		for _, field := range strings.Fields(string(text)) {
			stat, err := os.ReadFile("/proc/" + field + "/stat")
			if err != nil {
				continue
			}
			if _, rest, ok := strings.Cut(string(stat), ") "); ok && strings.HasPrefix(rest, "Z") {
				pid, _ := strconv.Atoi(field)
				found = append(found, pid)
			}
		}
	}
	return found
}
