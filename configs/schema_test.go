package configs_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/reactord/reactord/configs"
	"github.com/reactord/reactord/configs/internal/schema"
)

func TestSchemaIsFresh(t *testing.T) {
	want, err := schema.Generate()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, configs.Schema) {
		t.Error("reactord.schema.json is not what the structures say: run go generate ./configs")
	}
}

// What is not there yet is not offered.
func TestSchemaWithoutPlans(t *testing.T) {
	planned := map[string][]string{
		"Source":  {"on_failure", "on_each_failure"},
		"Handler": {"http", "emit", "signal", "unit", "append", "steps", "retry", "on_success", "on_failure"},
		"Exec":    {"user", "group", "umask", "nice", "ionice", "limits", "run"},
	}
	var parsed struct {
		Defs map[string]json.RawMessage `json:"$defs"`
	}
	if err := json.Unmarshal(configs.Schema, &parsed); err != nil {
		t.Fatal(err)
	}
	for name, keys := range planned {
		definition, ok := parsed.Defs[name]
		if !ok {
			t.Errorf("no definition of %s", name)
		}
		for _, key := range keys {
			if bytes.Contains(definition, []byte(`"`+key+`"`)) {
				t.Errorf("%s offers %s", name, key)
			}
		}
	}
	for _, value := range []string{"fanotify", "polling", "restart"} {
		if bytes.Contains(configs.Schema, []byte(`"`+value+`"`)) {
			t.Errorf("%s is offered", value)
		}
	}
}

// Every example is loaded, satisfies the schema, and names it in its first line,
// so that editors find it.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("examples/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	checker := compiled(t)
	kinds := map[string]bool{}
	for _, file := range slices.Concat(files, more) {
		t.Run(filepath.ToSlash(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			config, err := configs.Parse(file, text)
			if err != nil {
				t.Fatal(err)
			}
			for _, source := range config.Sources {
				kinds[source.Kind] = true
			}
			if err := checker.Validate(asJSON(t, text)); err != nil {
				t.Error(err)
			}
			first, _, _ := strings.Cut(string(text), "\n")
			path, ok := strings.CutPrefix(first, "# yaml-language-server: $schema=")
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), path)); !ok || err != nil {
				t.Errorf("first line %q: %v", first, err)
			}
		})
	}
	for _, kind := range []string{"timer", "read", "write", "vnode", "files", "signal", "process", "custom"} {
		if !kinds[kind] {
			t.Errorf("no example of %s", kind)
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	checker := compiled(t)
	for name, text := range map[string]string{
		"unknown key":     "sources: { x: { custom: add, handlr: { log: x } } }",
		"no kind":         "sources: { x: { handler: { log: x } } }",
		"two kinds":       "sources: { x: { custom: add, timer: { every: 1s }, handler: { log: x } } }",
		"no handler":      "sources: { x: { custom: add } }",
		"two actions":     "sources: { x: { custom: add, handler: { log: x, exec: [x] } } }",
		"planned action":  "sources: { x: { custom: add, handler: { http: { url: x } } } }",
		"bad duration":    "sources: { x: { timer: { every: 10 }, handler: { log: x } } }",
		"bad choice":      "sources: { x: { files: { paths: [/a], engine: polling }, handler: { log: x } } }",
		"planned setting": "sources: { x: { files: { paths: [/a], remember: true }, handler: { log: x } } }",
		"no list":         "sources: { x: { files: { paths: /a }, handler: { log: x } } }",
		"empty list":      "sources: { x: { files: { paths: [] }, handler: { log: x } } }",
		"no sources":      "queues: {}",
	} {
		if err := checker.Validate(asJSON(t, []byte(text))); err == nil {
			t.Errorf("%s: the schema allows it", name)
		}
		if _, err := configs.Parse("x.yaml", []byte(text)); err == nil {
			t.Errorf("%s: it is loaded", name)
		}
	}
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(configs.Schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("reactord.schema.json", parsed); err != nil {
		t.Fatal(err)
	}
	return compiler.MustCompile("reactord.schema.json")
}

// asJSON is a YAML text as an editor sees it: times are texts.
func asJSON(t *testing.T, text []byte) any {
	t.Helper()
	var value any
	if err := yaml.Load(text, &value); err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}
