package manual

import (
	"os"
	"path/filepath"
	"strings"
)

// Read finds the input from the directory of package configs.
func Read(dir string) (in Input, err error) {
	if in.Schema, err = os.ReadFile(filepath.Join(dir, "reactord.schema.json")); err != nil {
		return in, err
	}
	if in.Events, err = os.ReadFile(filepath.Join(dir, "../handlers/event.schema.json")); err != nil {
		return in, err
	}
	examples, err := filepath.Glob(filepath.Join(dir, "examples/*.yaml"))
	if err != nil {
		return in, err
	}
	in.Examples = map[string]string{}
	for _, path := range examples {
		text, err := os.ReadFile(path)
		if err != nil {
			return in, err
		}
		in.Examples[strings.TrimSuffix(filepath.Base(path), ".yaml")] = string(text)
	}
	return in, nil
}
