package expr

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// names looks over an expression for what is refused in words of our own:
// names that are no field, and ranges.
type names struct {
	env     *Env
	used    []*ast.IdentifierNode
	called  map[*ast.IdentifierNode]bool
	local   map[string]bool // what the expression itself declares by let
	ranges  []ast.Node
	unknown []member
}

// member is a field that an object does not have.
type member struct {
	node   ast.Node
	name   string
	fields []string
}

func newNames(env *Env) *names {
	return &names{env: env, called: map[*ast.IdentifierNode]bool{}, local: map[string]bool{}}
}

// Visit implements ast.Visitor.
func (v *names) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		v.used = append(v.used, n)
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			v.called[callee] = true
		}
	case *ast.VariableDeclaratorNode:
		v.local[n.Name] = true
	case *ast.BinaryNode:
		if n.Operator == ".." {
			v.ranges = append(v.ranges, n)
		}
	case *ast.MemberNode:
		v.member(n)
	}
}

func (v *names) member(n *ast.MemberNode) {
	name, ok := n.Property.(*ast.StringNode)
	object := n.Node.Nature()
	if !ok || !isObject(*object) || object.TypeData == nil || !object.Strict {
		return
	}
	if _, known := object.Fields[name.Value]; !known {
		v.unknown = append(v.unknown, member{n.Property, name.Value, sortedNames(object.Fields)})
	}
}

// fault is the first of what is refused, or nil.
func (v *names) fault(text string) *Error {
	at := func(node ast.Node) int { return byteOffset(text, node.Location().From) }
	for _, id := range v.used {
		_, field := v.env.types[id.Value]
		switch {
		case field || v.local[id.Value]:
		case !v.called[id]:
			return &Error{Offset: at(id), Msg: fmt.Sprintf("unknown field %q; %s", id.Value, v.env.describe())}
		case !strings.HasSuffix(id.Value, internal("")):
			return &Error{Offset: at(id), Msg: fmt.Sprintf("unknown function %q", id.Value)}
		}
	}
	for _, m := range v.unknown {
		return &Error{Offset: at(m.node), Msg: fmt.Sprintf("unknown field %q; there are: %s",
			m.name, strings.Join(m.fields, ", "))}
	}
	for _, node := range v.ranges {
		return &Error{Offset: at(node), Msg: "ranges are not allowed"}
	}
	return nil
}
