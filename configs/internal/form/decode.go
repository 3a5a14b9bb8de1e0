package form

import (
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxNodes bounds how many nodes are visited, and so what aliases can expand to.
const maxNodes = 100_000

// decoder fills structures from nodes and collects what is wrong.
type decoder struct {
	lines   *Lines
	faults  []Fault
	visited int
	open    map[*yaml.Node]bool // the nodes that are being decoded
}

func (d *decoder) fault(pos Position, hint, format string, args ...any) {
	d.faults = append(d.faults, Fault{Pos: pos, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

// enter resolves an alias and counts the node. It is not ok to go on when the
// node has been refused, which is then told.
func (d *decoder) enter(n *yaml.Node) (*yaml.Node, bool) {
	d.visited++
	if d.visited > maxNodes {
		if d.visited == maxNodes+1 {
			d.fault(place(n), "use fewer aliases", "more than %d values, aliases expanded", maxNodes)
		}
		return n, false
	}
	if n.Kind == yaml.AliasNode {
		if d.open[n.Alias] {
			d.fault(place(n), "", "cycle: alias *%s stands inside of what it stands for", n.Value)
			return n, false
		}
		n = n.Alias
	}
	if n.Style&yaml.TaggedStyle != 0 {
		d.fault(place(n), "", "tag %s: tags are not supported", n.Tag)
		return n, false
	}
	return n, true
}

// value decodes a node into v, which can be set.
func (d *decoder) value(n *yaml.Node, v reflect.Value, r rules) {
	n, ok := d.enter(n)
	if !ok {
		return
	}
	d.open[n] = true
	defer delete(d.open, n)

	target := v
	if v.Kind() == reflect.Pointer {
		target = reflect.New(v.Type().Elem()).Elem()
	}
	if !d.fits(n, target, r) {
		return
	}
	d.fitting(n, target, r)
	if v.Kind() == reflect.Pointer {
		v.Set(target.Addr())
	}
}

// fits reports whether a node is of a kind that v can be written as, and tells
// if not.
func (d *decoder) fits(n *yaml.Node, v reflect.Value, r rules) bool {
	want := written(v)
	switch {
	case isNull(n):
		if r.empty && want == yaml.MappingNode {
			return true
		}
		d.fault(place(n), "", "%s has no value", r.key)
		return false
	case n.Kind == want:
		return true
	}
	if f, ok := shortField(v); ok {
		if want = written(v.FieldByIndex(f.Index)); n.Kind == want {
			return true
		}
	}
	d.fault(place(n), r.hint, "%s must be %s, not %s", r.key, kinds[want], kinds[n.Kind])
	return false
}

// written is the kind of node that v is written as, short forms aside.
func written(v reflect.Value) yaml.Kind {
	if _, isLeaf := v.Addr().Interface().(leaf); isLeaf {
		return yaml.ScalarNode
	}
	if v.Kind() == reflect.Slice {
		return yaml.SequenceNode
	}
	return yaml.MappingNode
}

// fitting decodes a node of a kind that v can be written as.
func (d *decoder) fitting(n *yaml.Node, v reflect.Value, r rules) {
	switch target := v.Addr().Interface().(type) {
	case leaf:
		d.leaf(n, target, r)
	case named:
		d.named(n, target, r)
	case interface{ object() *Object }:
		if f, ok := shortField(v); ok && n.Kind != yaml.MappingNode {
			setDefaults(v)
			*target.object() = Object{Pos: place(n), keys: map[string]Position{f.Tag.Get("yaml"): place(n)}}
			inner := rulesOf(f)
			inner.key = r.key
			d.fitting(n, v.FieldByIndex(f.Index), inner)
			return
		}
		d.object(n, v, target.object(), r)
	default:
		d.list(n, v, r)
	}
}

// shortField is the field that the short form of a structure stands for.
func shortField(v reflect.Value) (reflect.StructField, bool) {
	short, ok := v.Addr().Interface().(Short)
	if !ok {
		return reflect.StructField{}, false
	}
	return find(fields(v.Type()), short.ShortFor())
}

// kinds are the words for what can be written.
var kinds = map[yaml.Kind]string{
	yaml.ScalarNode:   "a single value",
	yaml.SequenceNode: "a list",
	yaml.MappingNode:  "a map",
}

func (d *decoder) leaf(n *yaml.Node, l leaf, r rules) {
	t := l.text()
	*t = Text{Value: n.Value, Pos: place(n), style: n.Style, lines: d.lines}
	if i := strings.IndexByte(n.Value, 0); i >= 0 {
		t.bad = true
		d.fault(t.At(i), "", "%s contains a NUL character", r.key)
		return
	}
	if msg, hint := l.parse(r); msg != "" {
		t.bad = true
		d.fault(t.Pos, hint, "%s", msg)
	}
	if b, isBool := l.(*Bool); isBool && b.On && len(r.later) > 0 {
		d.fault(r.at, r.instead, "%s", notYet(r.key+": true"))
	}
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, r rules) {
	if len(n.Content) == 0 && r.least {
		d.fault(place(n), r.hint, "%s is empty", r.key)
	}
	v.SetZero() // the default
	for _, item := range n.Content {
		element := reflect.New(v.Type().Elem()).Elem()
		d.value(item, element, r)
		v.Set(reflect.Append(v, element))
	}
}

func (d *decoder) named(n *yaml.Node, m named, r rules) {
	for _, p := range d.pairs(n) {
		inner := r
		inner.key, inner.at = p.key.Value, place(p.key)
		name := Text{Value: p.key.Value, Pos: place(p.key), style: p.key.Style, lines: d.lines}
		d.value(p.value, reflect.ValueOf(m.add(name)).Elem(), inner)
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func place(n *yaml.Node) Position { return Position{Line: n.Line, Col: n.Column} }
