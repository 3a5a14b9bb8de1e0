package form

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// pair is a key of a map with its value.
type pair struct{ key, value *yaml.Node }

// pairs are the keys of a map with their values, those merged by "<<" last. A
// key that is there twice is told.
func (d *decoder) pairs(n *yaml.Node) []pair {
	var own, mergedIn []pair
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, ok := d.enter(n.Content[i])
		if !ok {
			continue
		}
		switch first := seen[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			d.fault(place(key), "", "a key must be a single value, not %s", kinds[key.Kind])
		case first != nil:
			d.fault(place(key), "", "duplicate key %q; it is first at line %d, column %d", key.Value, first.Line, first.Column)
		case key.Tag == "!!merge":
			seen[key.Value] = key
			mergedIn = append(mergedIn, d.merge(n.Content[i+1])...)
		default:
			seen[key.Value] = key
			own = append(own, pair{key, n.Content[i+1]})
		}
	}
	for _, p := range mergedIn {
		if seen[p.key.Value] == nil {
			seen[p.key.Value] = p.key
			own = append(own, p)
		}
	}
	return own
}

// merge are the pairs that the value of a key "<<" brings in.
func (d *decoder) merge(n *yaml.Node) []pair {
	n, ok := d.enter(n)
	if !ok {
		return nil
	}
	d.open[n] = true
	defer delete(d.open, n)
	var all []pair
	switch n.Kind {
	case yaml.MappingNode:
		all = d.pairs(n)
	case yaml.SequenceNode:
		for _, item := range n.Content {
			all = append(all, d.merge(item)...)
		}
	default:
		d.fault(place(n), "", "only maps can be merged")
	}
	return all
}

// object decodes a map into a structure.
func (d *decoder) object(n *yaml.Node, v reflect.Value, o *Object, r rules) {
	setDefaults(v)
	o.Pos, o.keys = place(n), map[string]Position{}
	known := fields(v.Type())
	for _, p := range d.pairs(n) {
		f, found := find(known, p.key.Value)
		if !found {
			d.unknown(p.key, known)
			continue
		}
		o.keys[p.key.Value] = place(p.key)
		inner := rulesOf(f)
		inner.at = place(p.key)
		if f.Type == reflect.TypeFor[Later]() {
			d.fault(inner.at, inner.instead, "%s", notYet(inner.key))
			continue
		}
		d.value(p.value, v.FieldByIndex(f.Index), inner)
	}
	d.complete(v, o, r)
}

// complete tells what a map lacks, or has too much of.
func (d *decoder) complete(v reflect.Value, o *Object, r rules) {
	pos := r.at
	if !pos.IsSet() {
		pos = o.Pos
	}
	known := fields(v.Type())
	for _, f := range known {
		if key := f.Tag.Get("yaml"); f.Tag.Get("need") == "true" && !o.Has(key) {
			d.fault(pos, "", "%s is missing in %s", key, r.key)
		}
	}
	c, ok := v.Addr().Interface().(Chooser)
	if !ok {
		return
	}
	what, on, keys := c.Choices()
	var there, offered []string
	for _, key := range keys {
		if o.Has(key) {
			there = append(there, key)
		}
		if f, _ := find(known, key); f.Type != reflect.TypeFor[Later]() {
			offered = append(offered, key)
		}
	}
	switch len(there) {
	case 0:
		d.fault(pos, "", "no %s on this %s: it needs one of %s", what, on, strings.Join(offered, ", "))
	case 1:
	case 2:
		d.fault(second(o, there), "write exactly one of them", "two %ss on one %s: %s", what, on, strings.Join(there, " and "))
	default:
		d.fault(second(o, there), "write exactly one of them", "%d %ss on one %s: %s", len(there), what, on, strings.Join(there, ", "))
	}
}

// second is the place of the second of several keys, in the order of the file.
func second(o *Object, keys []string) Position {
	places := make([]Position, len(keys))
	for i, key := range keys {
		places[i] = o.Key(key)
	}
	slices.SortFunc(places, func(a, b Position) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return places[1]
}

func (d *decoder) unknown(key *yaml.Node, known []reflect.StructField) {
	var keys []string
	for _, f := range known {
		if f.Type != reflect.TypeFor[Later]() {
			keys = append(keys, f.Tag.Get("yaml"))
		}
	}
	hint := Suggest(key.Value, keys)
	if hint == "" {
		hint = fmt.Sprintf("known here: %s", strings.Join(keys, ", "))
	}
	d.fault(place(key), hint, "unknown key %q", key.Value)
}

func find(known []reflect.StructField, key string) (reflect.StructField, bool) {
	for _, f := range known {
		if f.Tag.Get("yaml") == key {
			return f, true
		}
	}
	return reflect.StructField{}, false
}
