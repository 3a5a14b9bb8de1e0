package sources_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/reactord/reactord/internal/leak"
	"github.com/reactord/reactord/sources"
	"github.com/reactord/reactord/test/need"
)

// PR2: a process that has ended and was reaped is known by its name, its file and how
// it ended.
func TestPR2_Endings(t *testing.T) {
	leak.Check(t)
	e, err := sources.OpenEndings()
	if err != nil {
		need.Skip(t, need.Root, "%v", err)
	}
	defer e.Close()
	shell, err := exec.LookPath("bash")
	must(t, err)
	text, err := os.ReadFile(shell)
	must(t, err)
	path := filepath.Join(t.TempDir(), "a-name-longer-than-the-kernel-keeps")
	must(t, os.WriteFile(path, text, 0o755))
	var st unix.Stat_t
	must(t, unix.Stat(path, &st))
	for i := range 50 {
		cmd := exec.Command(path, "-c", "exit 7")
		if i%2 == 1 {
			cmd = exec.Command(path, "-c", "kill -9 $$")
		}
		_ = cmd.Run()
		end, ok := e.Of(cmd.Process.Pid)
		if !ok || end.Name != sources.KeptName(filepath.Base(path)) {
			t.Fatalf("%v, %+v", ok, end)
		}
		if end.Inode != 0 && (end.Inode != st.Ino || end.Device != st.Dev) {
			t.Errorf("file %d on %#x, want %d on %#x", end.Inode, end.Device, st.Ino, st.Dev)
		}
		if i%2 == 0 && end.Status.Code != 7 || i%2 == 1 && end.Status.Signal != unix.SIGKILL {
			t.Errorf("%+v", end.Status)
		}
	}
	if end, ok := e.Of(os.Getpid()); ok {
		t.Errorf("this process has ended: %+v", end)
	}
}
