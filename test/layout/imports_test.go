// Package layout holds the structure of the tree: which package may import
// which.
package layout

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/reactord/reactord/"

// may is the table: what of ours each folder may import in the code that is
// linked, tests aside. An entry that ends with a slash stands for the folder
// and all below it. A folder may import from its own subfolders.
var may = []struct {
	folder  string
	imports []string
}{
	{"internal/kernel", nil},
	{"internal/clock", nil},
	{"internal/leak", nil},
	{"internal/stack", nil},
	{"coalesce", nil},
	{"internal/expr", nil},
	{"internal/unitbus", nil},
	{"systemd", nil},
	{"reactor", []string{"coalesce", "internal/kernel", "internal/clock"}},
	{"sources/", []string{"reactor", "coalesce", "internal/kernel", "internal/clock", "internal/stack", "internal/unitbus"}},
	{"handlers/", []string{"reactor", "coalesce", "internal/kernel", "internal/clock", "internal/stack", "internal/expr", "internal/unitbus"}},
	{"configs/", []string{"internal/expr", "sources/calendar"}},
	{"internal/journal", []string{"coalesce", "handlers"}},
	{"internal/metrics", nil},
	{"internal/daemon", []string{"internal/kernel", "internal/clock", "coalesce", "reactor", "sources/", "handlers", "configs",
		"internal/expr", "internal/unitbus", "internal/journal", "internal/metrics", "systemd"}},
	{"internal/control", []string{"coalesce", "handlers", "configs", "internal/daemon", "internal/metrics"}},
	{"cmd/", []string{"internal/", "configs", "systemd", "reactor", "handlers", "coalesce"}},
}

// never are modules that a folder must not even reach, so that a program that
// uses the library doesn't carry the daemon's.
var never = map[string][]string{
	"reactor":      {"github.com/rs/zerolog", "go.yaml.in/yaml", "github.com/fsnotify/fsnotify", "github.com/expr-lang/expr"},
	"coalesce":     {"golang.org/x/sys", "github.com/"},
	"sources":      {"github.com/rs/zerolog", "go.yaml.in/yaml", "github.com/expr-lang/expr"},
	"systemd":      {"github.com/", "crypto/tls"},
	"configs":      {"github.com/invopop/jsonschema", "github.com/rs/zerolog"},
	"cmd/reactord": {"github.com/invopop/jsonschema", "testing"},
}

type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func list(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func covers(entry, folder string) bool {
	if root, tree := strings.CutSuffix(entry, "/"); tree {
		return folder == root || strings.HasPrefix(folder, entry)
	}
	return folder == entry
}

func TestImportsPointOneWay(t *testing.T) {
	for _, p := range list(t) {
		folder := strings.TrimPrefix(p.ImportPath, module)
		if strings.HasPrefix(folder, "test/") || strings.HasPrefix(folder, "bench") {
			continue // they import what they test
		}
		at := slices.IndexFunc(may, func(row struct {
			folder  string
			imports []string
		}) bool {
			return covers(row.folder, folder)
		})
		if at < 0 {
			t.Errorf("%s has no row in the table", folder)
			continue
		}
		own := strings.TrimSuffix(may[at].folder, "/")
		for _, imported := range p.Imports {
			of, ours := strings.CutPrefix(imported, module)
			if !ours || strings.HasPrefix(of, own+"/") || (strings.HasPrefix(folder, own+"/") && of == own) {
				continue
			}
			if !slices.ContainsFunc(may[at].imports, func(entry string) bool { return covers(entry, of) }) {
				t.Errorf("%s imports %s: the table doesn't allow it", folder, of)
			}
		}
	}
}

func TestWhatIsNeverLinked(t *testing.T) {
	all := list(t)
	for folder, banned := range never {
		at := slices.IndexFunc(all, func(p pkg) bool { return p.ImportPath == path.Join(module, folder) })
		if at < 0 {
			t.Errorf("no package %s", folder)
			continue
		}
		for _, dep := range all[at].Deps {
			if i := slices.IndexFunc(banned, func(b string) bool { return dep == b || strings.HasPrefix(dep, b) }); i >= 0 && !strings.HasPrefix(dep, module) {
				t.Errorf("%s reaches %s", folder, dep)
			}
		}
	}
}
