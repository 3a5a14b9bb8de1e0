package expr

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	exprlang "github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm/runtime"
)

// pathFunctions are those on paths; of an absent path they give an absent value.
var pathFunctions = map[string]func(string) string{
	"base": filepath.Base,
	"dir":  filepath.Dir,
	"ext":  filepath.Ext,
}

// orderings are the operators that fail on an absent value. The functions of
// this table stand for them and give false then.
var orderings = map[string]func(a, b any) bool{
	"<":  runtime.Less,
	"<=": runtime.LessOrEqual,
	">":  runtime.More,
	">=": runtime.MoreOrEqual,
}

// truth is the function that stands around what has to be true or false: absent
// is false.
const truth = "truth"

// internal is the name under which a function is known to the library: one that
// cannot be written, so that it never meets a field (dir is both).
func internal(name string) string { return name + "()" }

func functions() []exprlang.Option {
	var all []exprlang.Option
	for name, f := range pathFunctions {
		all = append(all, exprlang.Function(internal(name), func(params ...any) (any, error) {
			path, known := params[0].(string)
			if !known {
				return nil, nil
			}
			return f(path), nil
		}, f))
	}
	for operator, f := range orderings {
		all = append(all, exprlang.Function(internal(operator), func(params ...any) (any, error) {
			if params[0] == nil || params[1] == nil {
				return false, nil
			}
			return f(sized(params[0]), sized(params[1])), nil
		}, new(func(a, b any) bool)))
	}
	return append(all, exprlang.Function(internal(truth), func(params ...any) (any, error) {
		switch v := params[0].(type) {
		case nil:
			return false, nil
		case bool:
			return v, nil
		default:
			return nil, fmt.Errorf("a %T is not true or false", v)
		}
	}, new(func(any) bool)))
}

// sized is a number that only stands as text in a payload, since it is too large for
// the others, as one that is about as large. Other values stay.
func sized(value any) any {
	n, large := value.(json.Number)
	if !large {
		return value
	}
	f, _ := n.Float64() // infinite where it is out of range
	return f
}

// calls gives calls of our functions their internal names.
type calls struct{}

// Visit implements ast.Visitor.
func (*calls) Visit(node *ast.Node) {
	call, ok := (*node).(*ast.CallNode)
	if !ok {
		return
	}
	callee, ok := call.Callee.(*ast.IdentifierNode)
	if !ok {
		return
	}
	if _, ours := pathFunctions[callee.Value]; ours {
		callee.Value = internal(callee.Value)
	}
}
