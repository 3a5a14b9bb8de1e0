// Package manual makes the page reactord.yaml(5) out of the JSON Schemas of the
// configuration and of the event record, and the examples. It is for the generator
// and its test.
package manual

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pb33f/ordered-map/v2"
)

// Input is what the page is made of.
type Input struct {
	// Schema is that of the configuration, Events that of the event record.
	Schema, Events []byte
	// Examples are configurations by the kind of source they show.
	Examples map[string]string
}

// Page is the manual page, in the language of man(7).
func Page(in Input) ([]byte, error) {
	var p page
	for text, into := range map[*[]byte]*schema{&in.Schema: &p.config, &in.Events: &p.events} {
		if err := json.Unmarshal(*text, into); err != nil {
			return nil, fmt.Errorf("read schema: %w", err)
		}
	}
	p.examples = in.Examples
	p.begin()
	source := p.config.Defs["Source"]
	var kinds, common []string
	for key := source.Properties.Oldest(); key != nil; key = key.Next() {
		if slices.ContainsFunc(source.OneOf, func(one *schema) bool { return slices.Contains(one.Required, key.Key) }) {
			kinds = append(kinds, key.Key)
		} else {
			common = append(common, key.Key)
		}
	}
	p.section("SETTINGS", "Settings")
	p.section("LOG SETTINGS", "LogSettings")
	p.section("QUEUES", "Queue")
	p.line(".SH SOURCES")
	p.text(sentence("", source.Description) + " It has exactly one kind, and beside it:")
	p.keys(source, common)
	p.line(".SS Windows: coalesce")
	p.object(p.config.Defs["Coalesce"])
	for _, kind := range kinds {
		p.kind(kind, source)
	}
	p.section("HANDLERS", "Handler")
	for _, action := range []string{"Exec", "Log"} {
		p.line(".SS Action: " + strings.ToLower(action))
		p.object(p.config.Defs[action])
	}
	p.line(".SH VALUES")
	for _, value := range []string{"Duration", "Size", "Rate", "Stall", "Text"} {
		p.line(".TP", ".I "+strings.ToLower(value))
		p.text(sentence(value, p.config.Defs[value].Description))
	}
	p.line(".SH SEE ALSO", ".BR reactord (8),", ".BR systemd.time (7)")
	return []byte(p.out.String()), nil
}

// schema is what the page needs of a JSON Schema. Keys come in the order of the
// structures.
type schema struct {
	Description string
	Ref         string `json:"$ref"`
	Type        any    // a name, or several
	Enum        []any
	Default     any
	Required    []string
	Items       *schema
	Properties  *orderedmap.OrderedMap[string, *schema]
	OneOf       []*schema
	AnyOf       []*schema
	Defs        map[string]*schema `json:"$defs"`
}

type page struct {
	config, events schema
	examples       map[string]string
	out            strings.Builder
}

func (p *page) begin() {
	p.line(`.\" Made by go generate ./configs from the configuration's structures: change those.`,
		`.TH REACTORD.YAML 5 "" reactord "File formats"`,
		".SH NAME", `reactord.yaml \- which events of a machine matter to reactord, and what runs for them`,
		".SH SYNOPSIS", ".I /etc/reactord/reactord.yaml", ".br", ".I $XDG_CONFIG_HOME/reactord/reactord.yaml",
		".SH DESCRIPTION")
	p.text("The file is YAML. At its top there are settings, queues and sources, of which only sources must be there. " +
		"A key that is not described here is an error; reactord check tells all errors at once, with their places. " +
		"In texts of handlers, ${EXPRESSION} stands for what the event holds; $${ is a literal ${.")
}

func (p *page) line(lines ...string) {
	for _, l := range lines {
		p.out.WriteString(l + "\n")
	}
}

// text writes running text.
func (p *page) text(t string) {
	if t != "" {
		p.line(escaped(t))
	}
}

// escaped is text in which nothing means something to roff.
func escaped(t string) string {
	t = strings.NewReplacer(`\`, `\e`, "-", `\-`, "’", `\(cq`, "…", "...").Replace(t)
	if strings.HasPrefix(t, ".") || strings.HasPrefix(t, "'") {
		t = `\&` + t
	}
	return t
}

// sentence is a description, which begins with the name of a field or structure,
// with key in its place.
func sentence(key, description string) string {
	first, rest, found := strings.Cut(description, " ")
	if !found || key == "" {
		return description
	}
	if strings.EqualFold(strings.ReplaceAll(key, "_", ""), first) {
		return key + " " + rest
	}
	return description
}

func (p *page) section(title, definition string) {
	p.line(".SH " + title)
	p.object(p.config.Defs[definition])
}

// object describes a map, and its short form if it has one.
func (p *page) object(s *schema) {
	long := s
	for _, form := range s.OneOf {
		if form.Properties != nil {
			long = form
		}
	}
	p.text(s.Description)
	if long != s && long.Description != s.Description {
		p.text(long.Description)
	}
	var keys []string
	for key := long.Properties.Oldest(); key != nil; key = key.Next() {
		keys = append(keys, key.Key)
	}
	p.keys(long, keys)
}

func (p *page) keys(s *schema, keys []string) {
	for _, key := range keys {
		value, _ := s.Properties.Get(key)
		p.line(".TP", ".B "+escaped(key)+p.takes(value))
		p.text(sentence(key, value.Description))
		if value.Default != nil {
			if list, ok := value.Default.([]any); !ok || len(list) < 5 {
				text, _ := json.Marshal(value.Default)
				p.text("Default: " + strings.Trim(string(text), `"`) + ".")
			} else {
				p.text("Default: all.")
			}
		}
	}
}

// takes is what a key's value is, set behind its name.
func (p *page) takes(s *schema) string {
	for _, form := range slices.Concat(s.AnyOf, s.OneOf) {
		if form.Type != "null" {
			return p.takes(form)
		}
	}
	name, _ := s.Type.(string)
	switch {
	case s.Ref != "":
		name = strings.ToLower(s.Ref[strings.LastIndex(s.Ref, "/")+1:])
	case len(s.Enum) > 0:
		var values []string
		for _, v := range s.Enum {
			values = append(values, fmt.Sprint(v))
		}
		name = strings.Join(values, " | ")
	case s.Type == "array" && s.Items != nil:
		name = "[" + strings.TrimPrefix(p.takes(s.Items), ` \fR`) + ", ...]"
		return ` \fR` + name
	case s.Type == "object":
		name = "map"
	}
	return ` \fR` + escaped(name)
}

// kind describes a kind of source: its keys, the fields of its events, an example.
func (p *page) kind(kind string, source *schema) {
	p.line(".SH SOURCE: " + strings.ToUpper(kind))
	value, _ := source.Properties.Get(kind)
	if value.Ref == "" {
		p.text(sentence(kind, value.Description))
		p.line(".PP", ".B "+kind+p.takes(value))
	} else {
		p.object(p.config.Defs[value.Ref[strings.LastIndex(value.Ref, "/")+1:]])
	}
	p.line(".SS Fields of its events")
	for field := p.events.Properties.Oldest(); field != nil; field = field.Next() {
		if about, ok := described(field.Value.Description, kind); ok {
			p.line(".TP", ".B "+escaped(field.Key))
			p.text(about)
		}
	}
	p.line(".TP", ".B id source kind time attempt data")
	p.text("As all events have them.")
	if example := p.examples[kind]; example != "" {
		p.line(".SS Examples", ".EX")
		for l := range strings.Lines(example) {
			if !strings.HasPrefix(l, "# yaml-language-server") {
				p.line(escaped(strings.TrimRight(l, "\n")))
			}
		}
		p.line(".EE")
	}
}

// described is what a description of an event's field says for a kind: it has a
// part for each, as in "read, port: the messages; custom: the payloads".
func described(description, kind string) (string, bool) {
	for _, part := range strings.Split(description, "; ") {
		of, about, found := strings.Cut(part, ": ")
		if found && slices.Contains(strings.Split(of, ", "), kind) {
			about = strings.TrimSuffix(about, ".")
			return strings.ToUpper(about[:1]) + about[1:] + ".", true
		}
	}
	return "", false
}
