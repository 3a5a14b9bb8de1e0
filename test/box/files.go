package box

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Copy puts a copy of a file of the host into the box, replacing what is there, and
// makes missing directories. The file appears whole or not at all, so that a
// program that runs can be replaced too.
func (b *Box) Copy(hostPath, boxPath string, mode fs.FileMode) {
	b.t.Helper()
	f, err := os.Open(hostPath)
	if err != nil {
		b.t.Fatalf("copy into the box: %v", err)
	}
	defer f.Close()
	if err := b.put(f, boxPath, mode); err != nil {
		b.t.Fatalf("copy %s into the box: %v", hostPath, err)
	}
}

// Write is Copy for data in memory.
func (b *Box) Write(boxPath, data string, mode fs.FileMode) {
	b.t.Helper()
	if err := b.put(bytes.NewBufferString(data), boxPath, mode); err != nil {
		b.t.Fatalf("write %s in the box: %v", boxPath, err)
	}
}

// put goes through an os.Root: a plain path below /proc/PID/root would follow an
// absolute link of the box out onto the host.
func (b *Box) put(r io.Reader, boxPath string, mode fs.FileMode) error {
	rel, err := filepath.Rel("/", boxPath)
	if err != nil {
		return fmt.Errorf("%s: not an absolute path", boxPath)
	}
	root, err := os.OpenRoot(b.hostPath("/"))
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.MkdirAll(filepath.Dir(rel), 0o755); err != nil {
		return err
	}
	temp := filepath.Join(filepath.Dir(rel), ".box-"+rand.Text())
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	if err == nil {
		err = f.Chmod(mode)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = root.Rename(temp, rel)
	}
	if err != nil {
		_ = root.Remove(temp)
	}
	return err
}

// hostPath returns where the host sees a path of the box.
func (b *Box) hostPath(boxPath string) string {
	return fmt.Sprintf("/proc/%d/root%s", b.pid, boxPath)
}
