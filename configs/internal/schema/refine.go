package schema

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/reactord/reactord/configs/internal/form"
)

// refine brings into the definition of a structure, and of those it holds, what
// their tags say.
func (g *generator) refine(definitions jsonschema.Definitions, t reflect.Type) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if element, ok := named(t); ok {
		if g.mapped(element) == nil {
			g.add(definitions, element)
		}
		return
	}
	definition := definitions[t.Name()]
	if definition == nil || g.refined[t] {
		return
	}
	g.refined[t] = true
	for i := range t.NumField() {
		f := t.Field(i)
		if key := f.Tag.Get("yaml"); key != "" && key != "-" {
			refineField(definition, f, key)
			g.refine(definitions, f.Type)
		}
	}
	refineStruct(definition, reflect.New(t).Interface())
}

// add adds the definition of a structure that only a map of named values holds.
func (g *generator) add(definitions jsonschema.Definitions, t reflect.Type) {
	for name, definition := range g.reflector.ReflectFromType(t).Definitions {
		if definitions[name] == nil {
			definitions[name] = definition
		}
	}
	g.refine(definitions, t)
}

// refineField brings the tags of a field into the schema of its key.
func refineField(definition *jsonschema.Schema, f reflect.StructField, key string) {
	if f.Type == reflect.TypeFor[form.Later]() {
		definition.Properties.Delete(key)
		return
	}
	property, _ := definition.Properties.Get(key)
	if f.Tag.Get("need") == "true" {
		definition.Required = append(definition.Required, key)
	}
	values := property
	if property.Items != nil {
		values = property.Items
	}
	if oneof := f.Tag.Get("oneof"); oneof != "" {
		for _, value := range strings.Split(oneof, "|") {
			values.Enum = append(values.Enum, value)
		}
	}
	if f.Type == reflect.TypeFor[form.Bool]() && f.Tag.Get("later") != "" {
		property.Enum = []any{false}
	}
	if f.Tag.Get("least") == "1" {
		property.MinItems = new(uint64(1))
	}
	if text, given := f.Tag.Lookup("default"); given {
		property.Default = defaultOf(f.Type, text)
	}
	if f.Tag.Get("null") == "empty" {
		if property.AdditionalProperties != nil {
			property.AdditionalProperties = orNull(property.AdditionalProperties)
		}
		nullable := orNull(property)
		nullable.Description, property.Description = property.Description, ""
		definition.Properties.Set(key, nullable)
	}
}

// orNull is a schema that nothing, where a map could be, satisfies too.
func orNull(s *jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{s, {Type: "null"}}}
}

// defaultOf is a default as JSON has it.
func defaultOf(t reflect.Type, text string) any {
	switch {
	case t.Kind() == reflect.Slice:
		return strings.Split(text, "|")
	case t == reflect.TypeFor[form.Bool]():
		return text == "true"
	case t == reflect.TypeFor[form.Int]():
		n, err := strconv.Atoi(text)
		if err != nil {
			panic("schema: default: " + err.Error())
		}
		return n
	default:
		return text
	}
}

// refineStruct brings in which keys exclude each other, and the short form.
func refineStruct(definition *jsonschema.Schema, value any) {
	if chooser, ok := value.(form.Chooser); ok {
		_, _, keys := chooser.Choices()
		for _, key := range keys {
			if _, offered := definition.Properties.Get(key); offered {
				definition.OneOf = append(definition.OneOf, &jsonschema.Schema{Required: []string{key}})
			}
		}
	}
	short, ok := value.(form.Short)
	if !ok {
		return
	}
	property, _ := definition.Properties.Get(short.ShortFor())
	alone := *property
	alone.Description = ""
	long := *definition
	long.Description = ""
	*definition = jsonschema.Schema{
		Description: definition.Description,
		OneOf:       []*jsonschema.Schema{&alone, &long},
	}
}
