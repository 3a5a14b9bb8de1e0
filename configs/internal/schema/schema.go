// Package schema makes the JSON Schema of the configuration out of the
// structures it is decoded into: their types, their tags and their comments. It
// is for the generator and its test; the daemon embeds what was generated.
package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/reactord/reactord/configs/internal/form"
)

// The schema's address, and that of the package whose comments become
// descriptions.
const (
	id      = "https://raw.githubusercontent.com/reactord/reactord/main/configs/reactord.schema.json"
	configs = "github.com/reactord/reactord/configs"
)

// Generate returns the schema as indented JSON. It reads the comments of the
// structures, and so has to be run in the directory of package configs.
func Generate() ([]byte, error) {
	r := &jsonschema.Reflector{
		FieldNameTag:               "yaml",
		RequiredFromJSONSchemaTags: true,
		Anonymous:                  true,
	}
	if err := r.AddGoComments(configs, "internal/form", jsonschema.WithFullComment()); err != nil {
		return nil, fmt.Errorf("read comments: %w", err)
	}
	for name, text := range r.CommentMap {
		r.CommentMap[name] = strings.Join(strings.Fields(text), " ")
	}
	g := &generator{reflector: r, refined: map[reflect.Type]bool{}}
	r.Mapper = g.mapped
	root := r.Reflect(&form.Document{})
	g.refine(root.Definitions, reflect.TypeFor[form.Document]())
	delete(root.Definitions, reflect.TypeFor[form.Later]().Name())
	for t, definition := range leaves(r) {
		root.Definitions[t.Name()] = definition
	}
	root.ID = id
	root.Title = "reactord.yaml"

	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(root); err != nil {
		return nil, fmt.Errorf("encode schema: %w", err)
	}
	return out.Bytes(), nil
}

// leaves are the definitions of the values that are one scalar.
func leaves(r *jsonschema.Reflector) map[reflect.Type]*jsonschema.Schema {
	definitions := map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[form.Text]():     {Extras: map[string]any{"type": []string{"string", "number", "boolean"}}},
		reflect.TypeFor[form.Duration](): {Type: "string", Pattern: `^([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+$`},
		reflect.TypeFor[form.Size]():     {Type: "string", Pattern: `^[0-9]+ ?(B|KiB|MiB|GiB)$`},
		reflect.TypeFor[form.Stall]():    {Type: "string", Pattern: `^[0-9][0-9a-zµ.]*/[0-9][0-9a-zµ.]*$`},
		reflect.TypeFor[form.Rate]():     {Type: "string", Pattern: `^[1-9][0-9]*/([0-9]+(\.[0-9]*)?)?(ns|us|µs|ms|s|m|h)$`},
	}
	for t, definition := range definitions {
		definition.Description = r.CommentMap[t.PkgPath()+"."+t.Name()]
	}
	return definitions
}

// generator refines what the reflector makes of the structures by what their
// tags say.
type generator struct {
	reflector *jsonschema.Reflector
	refined   map[reflect.Type]bool
}

// mapped is the schema of a type that is no plain structure, or nil.
func (g *generator) mapped(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[form.Text](), reflect.TypeFor[form.Duration](), reflect.TypeFor[form.Size](), reflect.TypeFor[form.Rate](), reflect.TypeFor[form.Stall]():
		return &jsonschema.Schema{Ref: "#/$defs/" + t.Name()}
	case reflect.TypeFor[form.Choice]():
		return &jsonschema.Schema{Type: "string"}
	case reflect.TypeFor[form.Bool]():
		return &jsonschema.Schema{Type: "boolean"}
	case reflect.TypeFor[form.Int]():
		return &jsonschema.Schema{Type: "integer", Minimum: "0"}
	}
	if element, ok := named(t); ok {
		return &jsonschema.Schema{Type: "object", AdditionalProperties: g.element(element)}
	}
	return nil
}

// element is the schema of what a map of named values holds.
func (g *generator) element(t reflect.Type) *jsonschema.Schema {
	if s := g.mapped(t); s != nil {
		return s
	}
	return &jsonschema.Schema{Ref: "#/$defs/" + t.Name()}
}

// named is the type of the values of a form.Named.
func named(t reflect.Type) (element reflect.Type, ok bool) {
	if t.Kind() != reflect.Struct || !strings.HasPrefix(t.Name(), "Named[") {
		return nil, false
	}
	entries, _ := t.FieldByName("Entries")
	value, _ := entries.Type.Elem().FieldByName("Value")
	return value.Type, true
}
