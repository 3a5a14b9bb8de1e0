package form

import (
	"bytes"
	"errors"
	"io"
	"reflect"

	"go.yaml.in/yaml/v4"
)

// Parse reads a configuration. The document is nil if the text is no YAML;
// otherwise it is filled as far as it can be, whatever the faults. These are in
// no order, and one may be there twice.
func Parse(text []byte) (*Document, *Lines, []Fault) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	lines := NewLines(string(text))
	if f := unreadable(text); f != nil {
		return nil, lines, []Fault{*f}
	}
	root, faults := load(text)
	if root == nil {
		return nil, lines, faults
	}
	d := &decoder{lines: lines, faults: faults, open: map[*yaml.Node]bool{}}
	doc := &Document{}
	d.value(root, reflect.ValueOf(doc).Elem(), rules{key: "the configuration", hint: "it begins with keys such as sources:"})
	if d.visited > maxNodes {
		return nil, lines, d.faults // what was read of it is not worth a look
	}
	return doc, lines, d.faults
}

// load reads the only document of a text.
func load(text []byte) (*yaml.Node, []Fault) {
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	if err != nil {
		return nil, []Fault{syntax(err)}
	}
	var first, second yaml.Node
	err = loader.Load(&first)
	switch {
	case errors.Is(err, io.EOF) || err == nil && isNull(first.Content[0]):
		return nil, []Fault{{Pos: start, Msg: "the configuration is empty", Hint: "it needs at least sources:"}}
	case err != nil:
		return nil, []Fault{syntax(err)}
	}
	var faults []Fault
	if err := loader.Load(&second); err == nil {
		faults = []Fault{{
			Pos:  place(&second),
			Msg:  "a second YAML document begins here; a configuration is one document",
			Hint: "remove the line ---",
		}}
	} else if !errors.Is(err, io.EOF) {
		f := syntax(err)
		f.Msg = "in a second YAML document, which a configuration cannot have: " + f.Msg
		faults = []Fault{f}
	}
	return first.Content[0], faults
}
