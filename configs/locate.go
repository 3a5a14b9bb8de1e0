package configs

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/reactord/reactord/configs/internal/form"
)

// path makes a path absolute and cleans it; symbolic links stay as they are
// (EV4). A path that was not written is empty.
func (b *builder) path(t *form.Text) string {
	if !t.IsSet() {
		return ""
	}
	return b.pathIn(t, t.Value, 0)
}

// pathIn is the path that stands at an offset of a text.
func (b *builder) pathIn(t *form.Text, path string, offset int) string {
	pos := t.At(offset)
	switch {
	case path == "":
		b.fault(pos, "", "a path is empty")
		return ""
	case strings.Contains(path, "${"):
		b.fault(pos, "write ~/ for the home directory", "path %q: there is no ${…} in paths", path)
		return ""
	case filepath.IsAbs(path):
		return filepath.Clean(path)
	case path == "~" || strings.HasPrefix(path, "~/"):
		return b.inHome(pos, path)
	case strings.HasPrefix(path, "~"):
		b.fault(pos, "write the directory itself, or ./"+path+" for a file of that name", "path %q: only ~/ is understood", path)
		return ""
	default:
		return filepath.Join(b.dir, path)
	}
}

func (b *builder) inHome(pos Position, path string) string {
	home, err := os.UserHomeDir()
	if err != nil || !filepath.IsAbs(home) {
		b.fault(pos, "write an absolute path", "path %q: the home directory is not known", path)
		return ""
	}
	return filepath.Join(home, path[1:])
}

// longestSocket is how long the path of a unix socket can be (unix(7)).
const longestSocket = 107

// socket is the path of a unix socket that stands at an offset of a text; one
// that begins with @ is an abstract one.
func (b *builder) socket(t *form.Text, path string, offset int) string {
	offset = min(offset, len(t.Value))
	if !strings.HasPrefix(path, "@") {
		path = b.pathIn(t, path, offset)
	}
	if len(path) > longestSocket {
		b.fault(t.At(offset), "", "the path of a socket has at most %d bytes, and this has %d", longestSocket, len(path))
	}
	return path
}
