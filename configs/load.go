package configs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/reactord/reactord/configs/internal/form"
)

// maxSize bounds the size of a configuration file.
const maxSize = 4 << 20

// Load reads the configuration file at path. What is wrong with it comes as
// [Faults]; any other error tells that it could not be read. As root, a file
// that others can change is a fault (CF2): the check is made on the file that
// was opened.
func Load(path string) (*Config, error) {
	text, err := read(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, text)
}

// Parse reads the text of a configuration file. The file is named in faults, and
// relative paths are relative to its directory; it need not exist.
func Parse(file string, text []byte) (*Config, error) {
	if len(text) > maxSize {
		return nil, wholeFile(file, "the configuration is larger than 4 MiB", "")
	}
	dir, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return nil, fmt.Errorf("read configuration %s: %w", file, err)
	}
	doc, lines, faults := form.Parse(text)
	b := &builder{file: file, dir: dir, lines: lines}
	for _, f := range faults {
		b.fault(f.Pos, f.Hint, "%s", f.Msg)
	}
	if doc == nil {
		return nil, b.faults
	}
	config := b.config(doc)
	if len(b.faults) > 0 {
		return nil, b.sorted()
	}
	return config, nil
}

// read returns the text of a file that can be trusted. It does not wait for a
// named pipe to be opened by somebody else.
func read(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no configuration at %s: write one, or name one with --config: %w", path, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	defer func() { _ = f.Close() }() // nothing was written
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read configuration %s: not a regular file", path)
	}
	if os.Geteuid() == 0 {
		if d := distrust(path, info, 0); d != nil {
			return nil, wholeFile(path, d.msg, d.hint)
		}
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return text, nil
}

// wholeFile are the faults of a file as a whole.
func wholeFile(file, msg, hint string) Faults {
	return Faults{{File: file, Line: 1, Col: 1, Msg: msg, Hint: hint}}
}
