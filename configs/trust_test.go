package configs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reactord/reactord/test/need"
)

// CF2: whoever can change the file, or exchange it, must be its owner.
func TestDistrust(t *testing.T) {
	me := uint32(os.Getuid())
	tests := []struct {
		name    string
		prepare func(t *testing.T, dir string) (path string)
		owner   uint32
		want    string // a part of the message and of the hint; empty is trust
	}{
		{"own file", func(t *testing.T, dir string) string { return touch(t, dir+"/a", 0o600) }, me, ""},
		{"readable file", func(t *testing.T, dir string) string { return touch(t, dir+"/a", 0o644) }, me, ""},
		{"writable file", func(t *testing.T, dir string) string { return touch(t, dir+"/a", 0o646) }, me, "a (mode 0646"},
		{"writable directory", func(t *testing.T, dir string) string {
			mode(t, dir, 0o777)
			return touch(t, dir+"/a", 0o600)
		}, me, "(mode 0777"},
		{"sticky directory", func(t *testing.T, dir string) string {
			mode(t, dir, 0o777|os.ModeSticky)
			return touch(t, dir+"/a", 0o600)
		}, me, ""},
		{"link", func(t *testing.T, dir string) string {
			touch(t, dir+"/a", 0o600)
			return link(t, "a", dir+"/l")
		}, me, ""},
		{"link into a writable directory", func(t *testing.T, dir string) string {
			if err := os.Mkdir(dir+"/d", 0o700); err != nil {
				t.Fatal(err)
			}
			mode(t, dir+"/d", 0o777)
			touch(t, dir+"/d/a", 0o600)
			return link(t, "d/../d/a", dir+"/l")
		}, me, "/d (mode 0777"},
		{"link through a directory", func(t *testing.T, dir string) string {
			if err := os.Mkdir(dir+"/d", 0o700); err != nil {
				t.Fatal(err)
			}
			touch(t, dir+"/d/a", 0o600)
			return link(t, dir+"/d", dir+"/l") + "/a"
		}, me, ""},
		{"another's file", func(t *testing.T, dir string) string { return other(t, touch(t, dir+"/a", 0o600)) }, me, "belongs to uid 65533"},
		{"another's link", func(t *testing.T, dir string) string {
			touch(t, dir+"/a", 0o600)
			return other(t, link(t, "a", dir+"/l"))
		}, me, "belongs to uid 65533"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			path := tt.prepare(t, dir)
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			got := distrust(path, info, tt.owner)
			switch {
			case tt.want == "" && got != nil:
				t.Errorf("got %+v", got)
			case tt.want != "" && (got == nil || !strings.Contains(got.msg, tt.want)):
				t.Errorf("got %+v, want %q", got, tt.want)
			case got != nil && !strings.HasPrefix(got.hint, "chmod go-w /") && !strings.HasPrefix(got.hint, "chown root /"):
				t.Errorf("hint %q", got.hint)
			}
		})
	}
}

// A file that is exchanged between the opening and the check is not trusted.
func TestDistrustReplaced(t *testing.T) {
	dir := t.TempDir()
	info, err := os.Stat(touch(t, dir+"/a", 0o600))
	if err != nil {
		t.Fatal(err)
	}
	got := distrust(touch(t, dir+"/b", 0o600), info, uint32(os.Getuid()))
	if got == nil || !strings.Contains(got.msg, "replaced") {
		t.Errorf("got %+v", got)
	}
}

func TestDistrustLoop(t *testing.T) {
	dir := t.TempDir()
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := distrust(link(t, "l", dir+"/l"), info, uint32(os.Getuid()))
	if got == nil || !strings.Contains(got.msg, "cannot follow") {
		t.Errorf("got %+v", got)
	}
}

// Load refuses as root what distrust does, as a fault.
func TestLoadDistrusted(t *testing.T) {
	if os.Geteuid() != 0 {
		need.Skip(t, need.Root, "this is not root")
	}
	file := touch(t, t.TempDir()+"/reactord.yaml", 0o666)
	_, err := Load(file)
	faults, ok := err.(Faults)
	if !ok || len(faults) != 1 || !strings.HasPrefix(err.Error(), file+":1:1: error: refused as root: others can write to ") {
		t.Errorf("got %v", err)
	}
}

func touch(t *testing.T, path string, perm os.FileMode) string {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	mode(t, path, perm)
	return path
}

func mode(t *testing.T, path string, perm os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, perm); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, target, path string) string {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// other gives a file to another user.
func other(t *testing.T, path string) string {
	t.Helper()
	if err := os.Lchown(path, 65533, -1); err != nil {
		need.Skip(t, need.Root, "files can't be given away: %v", err)
	}
	return path
}
